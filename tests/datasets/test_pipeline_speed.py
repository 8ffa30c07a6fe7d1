"""Images a second through the training pipeline, beside torchvision's."""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.config import Config
from mmengine.dataset import default_collate
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder

from csgresnet_mm.datasets import RAFDB

CONFIG = Path(__file__).parents[2] / 'configs' / 'csgresnet18_rafdb.py'
COUNTS = (1290, 281, 717, 4772, 1982, 705, 2524)  # 12,271; with test 15,339
DISTINCT = 200
ROUNDS = 3


def write_faces(root: Path) -> None:
    """RAF-DB's official layout and class folders; images are links."""
    case = np.random.default_rng(0)
    pictures = []
    for number in range(DISTINCT):
        small = case.integers(0, 256, (12, 12, 3), np.uint8)
        image = cv2.resize(small, (100, 100), interpolation=cv2.INTER_CUBIC)
        path = root / f'{number}.jpg'
        cv2.imwrite(str(path), image)
        pictures.append(path)
    aligned = root / 'basic' / 'Image' / 'aligned'
    lists = root / 'basic' / 'EmoLabel'
    aligned.mkdir(parents=True)
    lists.mkdir()
    labels = np.repeat(np.arange(7), COUNTS)
    lines = []
    for number, label in enumerate(case.permutation(labels), 1):
        picture = pictures[number % DISTINCT]
        os.link(picture, aligned / f'train_{number:05d}_aligned.jpg')
        folder = root / 'folders' / str(label)
        folder.mkdir(parents=True, exist_ok=True)
        os.link(picture, folder / f'{number}.jpg')
        lines.append(f'train_{number:05d}.jpg {label + 1}\n')
    for number in range(1, 3069):
        picture = pictures[number % DISTINCT]
        os.link(picture, aligned / f'test_{number:04d}_aligned.jpg')
        lines.append(f'test_{number:04d}.jpg {1 + number % 7}\n')
    (lists / 'list_patition_label.txt').write_text(''.join(lines))


def seconds(loader: DataLoader) -> float:
    start = time.perf_counter()
    count = sum(len(batch['inputs']) for batch in loader)
    assert count == sum(COUNTS)
    return time.perf_counter() - start


def as_entries(batch) -> dict:
    return dict(inputs=default_collate([image for image, _ in batch]))


@pytest.mark.slow
@pytest.mark.speed
def test_not_slower_than_torchvision(tmp_path: Path) -> None:
    write_faces(tmp_path)
    pipeline = Config.fromfile(CONFIG).train_dataloader.dataset.pipeline
    ours = RAFDB(tmp_path / 'basic', pipeline=pipeline)
    theirs = ImageFolder(
        tmp_path / 'folders',
        transforms.Compose(
            [
                transforms.Resize((130, 130)),
                transforms.RandomCrop(112),
                transforms.RandomRotation(
                    10, transforms.InterpolationMode.BILINEAR
                ),
                transforms.RandomHorizontalFlip(),
                transforms.PILToTensor(),
            ]
        ),
    )
    options = dict(batch_size=64, shuffle=True, num_workers=2)
    loaders = {
        'ours': DataLoader(ours, collate_fn=default_collate, **options),
        'torchvision': DataLoader(theirs, collate_fn=as_entries, **options),
    }
    times: dict[str, list[float]] = {name: [] for name in loaders}
    for _ in range(ROUNDS):
        for name, loader in loaders.items():
            times[name].append(seconds(loader))
    median = {name: statistics.median(own) for name, own in times.items()}
    rates = {name: sum(COUNTS) / own for name, own in median.items()}
    print(f'images/s with 2 workers: {rates}')
    assert median['ours'] <= median['torchvision']
