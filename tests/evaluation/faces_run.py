"""Runs on a few generated faces, by a small ResNet."""

from __future__ import annotations

import copy
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

from mmengine.config import Config
from mmengine.runner import Runner

from csgresnet_mm.engine import safe_loading

RUNS = count()
"""MMEngine shares state between runners of one experiment name."""

PIPELINE = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(40, 40), interpolation='bilinear'),
    dict(type='PackInputs'),
]


def faces(root: Path, split: str, sizes: tuple[int, int], **options: Any):
    """Config of a split of the demo faces."""
    return dict(
        dict(
            type='DemoFaces',
            data_root=str(root),
            split=split,
            num_train=sizes[0],
            num_test=sizes[1],
            pipeline=PIPELINE,
        ),
        **options,
    )


def loader(dataset: dict[str, Any], shuffle: bool = False) -> dict[str, Any]:
    return dict(
        dataset=dataset,
        sampler=dict(type='DefaultSampler', shuffle=shuffle),
        collate_fn=dict(type='default_collate'),
        batch_size=28,
        num_workers=0,
    )


def settings(work_dir: Path, epochs: int, **loaders: Any) -> dict[str, Any]:
    """A config; loaders are ``train=``, ``val=`` and ``test=`` data sets."""
    config: dict[str, Any] = dict(
        default_scope='mmpretrain',
        work_dir=str(work_dir),
        experiment_name=f'faces_{next(RUNS)}',
        randomness=dict(seed=0),
        model=dict(
            type='ImageClassifier',
            backbone=dict(
                type='ResNet', depth=18, stem_channels=16, base_channels=16
            ),
            neck=dict(type='GlobalAveragePooling'),
            head=dict(
                type='LinearClsHead',
                num_classes=7,
                in_channels=128,
                loss=dict(type='CrossEntropyLoss'),
                topk=(1,),
            ),
        ),
        data_preprocessor=dict(
            num_classes=7, mean=[127.5] * 3, std=[64] * 3, to_rgb=True
        ),
        default_hooks=dict(checkpoint=dict(type='CheckpointHook', interval=1)),
    )
    for split, dataset in loaders.items():
        config[f'{split}_dataloader'] = loader(dataset, split == 'train')
        if split == 'train':
            config['train_cfg'] = dict(by_epoch=True, max_epochs=epochs)
            config['optim_wrapper'] = dict(
                optimizer=dict(type='SGD', lr=0.05, momentum=0.9)
            )
        else:
            config[f'{split}_cfg'] = {}
            config[f'{split}_evaluator'] = [
                dict(type='Accuracy', topk=(1,)),
                dict(
                    type='SavePredictions',
                    out_file=str(work_dir / f'{split}.npz'),
                ),
            ]
    return config


def build(config: dict[str, Any], **options: Any) -> Runner:
    """A runner, of options with dots too."""
    safe_loading.install()  # the originals read no checkpoint without it
    made = Config(copy.deepcopy(config))
    made.merge_from_dict(options)
    # What the machine has takes longer to find out than the run
    with patch('mmengine.runner.runner.collect_env', dict):
        return Runner.from_cfg(made)
