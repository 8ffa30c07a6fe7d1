"""Networks and test data of finished runs."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpretrain.registry import DATASETS
from torch import nn

from csgresnet_mm.apis.run_folder import WEIGHTS
from csgresnet_mm.apis.trained import load_trained
from csgresnet_mm.paper.files import CONFIG
from csgresnet_mm.paper.results import Result


def load_model(result: Result) -> nn.Module:
    """The trained network, in evaluation mode, on the GPU if there is one."""
    model = load_trained(result.folder / CONFIG, result.folder / WEIGHTS).model
    return model.to('cuda' if torch.cuda.is_available() else 'cpu')


def load_test_data(result: Result) -> Any:
    """The test set that the run was evaluated on."""
    config = Config.fromfile(result.folder / CONFIG)
    init_default_scope('mmpretrain')
    kind = 'test' if result.run.protocol == 'honest' else 'val'
    return DATASETS.build(config[f'{kind}_dataloader'].dataset)
