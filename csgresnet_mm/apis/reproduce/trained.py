"""Networks and test data of finished runs."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpretrain.registry import DATASETS, MODELS
from torch import nn

from csgresnet_mm.apis.reproduce.files import CONFIG, WEIGHTS
from csgresnet_mm.apis.reproduce.results import Result
from csgresnet_mm.engine import safe_loading


def load_model(result: Result) -> nn.Module:
    """The trained network, in evaluation mode, on the GPU if there is one."""
    config = Config.fromfile(result.folder / CONFIG)
    init_default_scope('mmpretrain')
    preprocessor = dict(type='ClsDataPreprocessor', **config.data_preprocessor)
    settings = dict(config.model, data_preprocessor=preprocessor)
    settings['backbone'] = dict(settings['backbone'], init_cfg=None)
    model = MODELS.build(settings)
    saved = safe_loading.load_from_local(str(result.folder / WEIGHTS), 'cpu')
    model.load_state_dict(saved['state_dict'])
    return model.to('cuda' if torch.cuda.is_available() else 'cpu').eval()


def load_test_data(result: Result) -> Any:
    """The test set that the run was evaluated on."""
    config = Config.fromfile(result.folder / CONFIG)
    init_default_scope('mmpretrain')
    kind = 'test' if result.run.protocol == 'honest' else 'val'
    return DATASETS.build(config[f'{kind}_dataloader'].dataset)
