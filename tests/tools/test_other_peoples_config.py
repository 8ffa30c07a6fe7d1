"""A config outside this repository, with MMPretrain's own tool."""

import sys

import numpy as np
import pytest
from mmcv import imwrite

from csgresnet_mm.engine.mmpretrain_tools import find_tool

CONFIG = """
custom_imports = dict(imports=['csgresnet_mm'], allow_failed_imports=False)
default_scope = 'mmpretrain'
model = dict(
    type='ImageClassifier',
    backbone=dict(type='GResNet', depth=18, channel_shift=dict(stage=3)),
    neck=[
        dict(type='GlobalAveragePooling'),
        dict(type='OrientationMaxPooling'),
    ],
    head=dict(
        type='LinearClsHead', num_classes=2, in_channels=128, topk=(1,)))
train_dataloader = dict(
    batch_size=2,
    num_workers=0,
    persistent_workers=False,
    pin_memory=False,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='CustomDataset',
        data_root='{root}',
        with_label=True,
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='Resize', scale=(32, 32)),
            dict(type='PackInputs'),
        ]))
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.01))
train_cfg = dict(by_epoch=True, max_epochs=1)
"""


@pytest.fixture
def class_folders(tmp_path):
    rng = np.random.default_rng(0)
    for label in ('joy', 'rest'):
        for index in range(2):
            pixels = rng.integers(0, 256, (32, 32, 3), np.uint8)
            imwrite(pixels, str(tmp_path / 'images' / label / f'{index}.png'))
    return tmp_path / 'images'


def test_mmpretrains_own_tool_trains(class_folders, run_command, tmp_path):
    config = tmp_path / 'mine.py'
    config.write_text(CONFIG.replace('{root}', str(class_folders)))
    empty = tmp_path / 'empty'
    empty.mkdir()
    output = run_command(
        sys.executable, find_tool('train.py'), config, cwd=empty
    )
    assert 'Saving checkpoint at 1 epochs' in output
    assert (empty / 'work_dirs' / 'mine' / 'epoch_1.pth').is_file()
