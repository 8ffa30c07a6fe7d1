"""Some ninety images of one's own, in class folders without splits."""

from __future__ import annotations

import re
import sys
import time

import cv2
import numpy as np
import pytest
import torch

from csgresnet_mm.engine.safe_loading import load_from_local
from tests.tools.conftest import ROOT

IMAGES = 30
"""Of each class."""
IN_THIS_PROCESS = [
    f'{split}_dataloader.{option}'
    for split in ('train', 'val', 'test')
    for option in ('num_workers=0', 'persistent_workers=False')
]


def draw_face(rng, kind, side=64):
    """Two eyes and a mouth, of any colours, on noise."""
    skin = rng.integers(120, 256, 3).tolist()
    ink = rng.integers(0, 60, 3).tolist()
    image = np.full((side, side, 3), skin, np.uint8)
    x, y = (side // 2 + int(n) for n in rng.integers(-4, 5, 2))
    for eye in (x - 10, x + 10):
        cv2.circle(image, (eye, y - 12), 3, ink, -1)
    width = int(rng.integers(10, 15))
    if kind == 'open':
        cv2.circle(image, (x, y + 12), width // 2 + 2, ink, -1)
    else:
        middle, start = (y + 6, 0) if kind == 'smile' else (y + 18, 180)
        cv2.ellipse(
            image, (x, middle), (width, 9), 0, start, start + 180, ink, 3
        )
    noisy = image + rng.normal(0, 8, image.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


@pytest.fixture(scope='module')
def faces(tmp_path_factory):
    root = tmp_path_factory.mktemp('small') / 'faces'
    rng = np.random.default_rng(0)
    for kind in ('frown', 'open', 'smile'):
        (root / kind).mkdir(parents=True)
        for number in range(IMAGES):
            path = str(root / kind / f'{number}.png')
            assert cv2.imwrite(path, draw_face(rng, kind))
    (root / '.ipynb_checkpoints').mkdir()  # as notebooks leave it
    return root


@pytest.fixture(scope='module')
def train_small(run_command, faces, tmp_path_factory):
    def run(name, *options, **environment):
        work_dir = tmp_path_factory.mktemp('run')
        output = run_command(
            sys.executable,
            ROOT / 'tools' / 'train.py',
            ROOT / 'configs' / f'{name}.py',
            '--work-dir',
            work_dir,
            '--cfg-options',
            *IN_THIS_PROCESS,
            *options,
            CUSTOM_ROOT=str(faces),
            CUSTOM_CLASSES='3',
            **environment,
        )
        return work_dir, output

    return run


@pytest.mark.slow
def test_F10_ninety_images_of_three_classes(train_small):
    """Above 90 %, in some 40 s of one core's time."""
    begin = time.perf_counter()
    work_dir, output = train_small(
        'csgresnet18_small_custom', OMP_NUM_THREADS='2'
    )
    seconds = time.perf_counter() - begin
    found = re.findall(r'accuracy/top1: (\d+\.\d+)', output)
    print(f'{found} %, {seconds:.0f} s')
    assert len(found) == 6
    assert float(found[-1]) > 90
    assert (work_dir / 'epoch_30.pth').is_file()


def test_F10_another_head_on_an_own_checkpoint(train_small):
    """The line of README, with one epoch of small pictures."""
    epoch = 'train_cfg.max_epochs=1'
    first, _ = train_small(
        'csgresnet18_small_custom', epoch, 'train_cfg.val_interval=1'
    )
    own = first / 'epoch_1.pth'
    state = load_from_local(str(own))
    weights = state['state_dict']
    weights['head.fc.weight'] = torch.zeros(7, 128)  # seven other classes
    weights['head.fc.bias'] = torch.zeros(7)
    torch.save({'state_dict': weights, 'meta': {}}, own)
    second, output = train_small(
        'csgresnet18_custom-pre_custom',
        epoch,
        'train_dataloader.dataset.pipeline.1.scale=(36,36)',
        'train_dataloader.dataset.pipeline.2.crop_size=32',
        'val_dataloader.dataset.pipeline.1.scale=(32,32)',
        PRETRAINED_PTH=str(own),
    )
    after = load_from_local(str(second / 'epoch_1.pth'))['state_dict']
    assert after['head.fc.weight'].shape == (3, 128)
    kept = [
        key
        for key, value in after.items()
        if key.startswith('backbone') and value.equal(weights[key])
    ]
    assert 'backbone.layer2.1.conv2.weight' in kept
    assert 'backbone.layer3.0.conv1.weight' not in kept
