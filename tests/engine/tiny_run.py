"""Runs that take a moment: three colours, learned by one linear layer."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from mmengine.config import Config
from mmengine.model import BaseModule
from mmengine.runner import Runner
from mmpretrain.datasets import BaseDataset
from mmpretrain.registry import DATASETS, MODELS

from csgresnet_mm.engine import safe_loading

CLASSES = ('Anger', 'Happiness', 'Sadness')
COLOURS = {'Anger': 0, 'Happiness': 1, 'Sadness': 2}
RUNS = count()
"""MMEngine shares state between runners of one experiment name."""


@DATASETS.register_module()
class TinyColours(BaseDataset):
    """Images of 2x2 pixels, of one colour a class name.

    ``order`` numbers the classes; ``counts`` are their images, in that
    order; ``named`` are the names given out, if they are to lie; ``metainfo``
    is more of the metainfo.
    """

    def __init__(
        self,
        order: Sequence[str] = CLASSES,
        counts: Sequence[int] = (4, 4, 4),
        named: Sequence[str] | None = None,
        metainfo: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self.order = order
        self.counts = counts
        super().__init__(
            ann_file='',
            pipeline=[dict(type='PackInputs')],
            metainfo=dict(metainfo or {}, classes=tuple(named or order)),
            **kwargs,
        )

    def load_data_list(self) -> list[dict[str, Any]]:
        data = []
        for label, number in enumerate(self.counts):
            image = np.zeros((2, 2, 3), np.uint8)
            image[..., COLOURS.get(self.order[label], label % 3)] = 2
            data += [
                dict(img=image, img_path=f'{label}/{i}.png', gt_label=label)
                for i in range(number)
            ]
        return data


@MODELS.register_module()
class TinyPixels(BaseModule):
    """The pixels are the features."""

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor]:
        return (x.flatten(1),)


def model(num_classes: int = 3, **loss: Any) -> dict[str, Any]:
    return dict(
        type='ImageClassifier',
        backbone=dict(type='TinyPixels'),
        head=dict(
            type='LinearClsHead',
            num_classes=num_classes,
            in_channels=12,
            loss=dict(dict(type='CrossEntropyLoss'), **loss),
            topk=(1,),
        ),
    )


def loader(dataset: dict[str, Any], shuffle: bool) -> dict[str, Any]:
    return dict(
        dataset=dataset,
        sampler=dict(type='DefaultSampler', shuffle=shuffle),
        collate_fn=dict(type='default_collate'),
        batch_size=4,
        num_workers=0,
    )


def runner(
    work_dir: Path,
    *,
    train: dict[str, Any] | None = None,
    val: dict[str, Any] | None = None,
    test: dict[str, Any] | None = None,
    hooks: Sequence[dict[str, Any]] = (),
    epochs: int = 8,
    **options: Any,
) -> Runner:
    """A runner on data sets ``TinyColours`` with these arguments.

    ``options`` are merged into the config, their dots read as in the tools.
    """
    config: dict[str, Any] = dict(
        model=model(),
        default_scope='mmpretrain',
        work_dir=str(work_dir),
        experiment_name=f'tiny_{next(RUNS)}',
        custom_hooks=list(hooks),
        randomness=dict(seed=0),
    )
    if train is not None:
        config.update(
            train_dataloader=loader(_colours(train), True),
            train_cfg=dict(by_epoch=True, max_epochs=epochs),
            optim_wrapper=dict(
                optimizer=dict(type='SGD', lr=0.2, momentum=0.9)
            ),
        )
    for split, arguments in (('val', val), ('test', test)):
        if arguments is not None:
            config[f'{split}_dataloader'] = loader(_colours(arguments), False)
            config[f'{split}_evaluator'] = dict(type='Accuracy', topk=(1,))
            config[f'{split}_cfg'] = {}
    safe_loading.install()  # the originals read no checkpoint without it
    made = Config(config)
    made.merge_from_dict(copy.deepcopy(options))
    # What the machine has takes longer to find out than the run
    with patch('mmengine.runner.runner.collect_env', dict):
        return Runner.from_cfg(made)


def _colours(arguments: dict[str, Any]) -> dict[str, Any]:
    return dict(dict(type='TinyColours'), **arguments)


def log_of(run: Runner) -> str:
    """What a run logged."""
    return Path(run.log_dir, f'{run.timestamp}.log').read_text()
