"""Writes small trees of CK+ whose every frame is chosen by a test."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from pathlib import Path

import cv2
import numpy as np

from csgresnet_mm.datasets.ckplus import CKPlus

OFFICIAL = (
    'Neutral',
    'Anger',
    'Contempt',
    'Disgust',
    'Fear',
    'Happy',
    'Sad',
    'Surprise',
)
FOLDERS = (
    'anger',
    'contempt',
    'disgust',
    'fear',
    'happy',
    'sadness',
    'surprise',
)
# Sequence to its official label and its number of frames: ten subjects, of
# whom the first two are recorded twice
SEQUENCES = {
    'S005_001': (3, 5),
    'S005_003': (1, 4),
    'S010_002': (7, 6),
    'S010_004': (1, 4),
    'S011_001': (2, 5),
    'S014_001': (3, 9),
    'S022_001': (4, 4),
    'S026_001': (5, 12),
    'S032_001': (6, 4),
    'S050_001': (7, 5),
    'S501_001': (2, 4),
    'S999_018': (4, 7),
}


@functools.cache
def encode(suffix: str) -> bytes:
    data = cv2.imencode(suffix, np.full((8, 9), 70, np.uint8))[1]
    return data.tobytes()


def write_image(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode(path.suffix))
    return path


def image_path(root: Path, name: str, frame: int) -> Path:
    folder = root / 'cohn-kanade-images' / name.replace('_', '/')
    return folder / f'{name}_{frame:08d}.png'


def label_path(root: Path, name: str, frame: int | None = None) -> Path:
    frame = SEQUENCES[name][1] if frame is None else frame
    folder = root / 'Emotion' / name.replace('_', '/')
    return folder / f'{name}_{frame:08d}_emotion.txt'


def write_official(
    root: Path, sequences: Mapping[str, tuple[int, int]] = SEQUENCES
) -> None:
    """Both folders of the release."""
    for name, (label, length) in sequences.items():
        for frame in range(1, 1 + length):
            write_image(image_path(root, name, frame))
        path = label_path(root, name, length)
        path.parent.mkdir(parents=True)
        path.write_text(f'   {label}.0000000e+00\n')


def write_folders(
    root: Path, sequences: Mapping[str, tuple[int, int]] = SEQUENCES
) -> None:
    """CK+48: the last three frames."""
    for name, (label, length) in sequences.items():
        for frame in range(length - 2, length + 1):
            folder = root / FOLDERS[label - 1]
            write_image(folder / f'{name}_{frame:08d}.png')


def samples(data: CKPlus) -> list[tuple[str, int]]:
    """(name of the frame, label) of every entry."""
    infos = [data.get_data_info(index) for index in range(len(data))]
    return [(Path(i['img_path']).stem, i['gt_label']) for i in infos]


def all_folds(root: Path, **kwargs) -> list[tuple[str, int]]:
    """Train and test of a fold together, sorted."""
    both = [CKPlus(root, split, **kwargs) for split in ('train', 'test')]
    return sorted(pair for data in both for pair in samples(data))


def shown(
    frames: int = 3, without: Iterable[str] = ()
) -> list[tuple[str, int]]:
    """(name of the frame, label) of the last frames, labels from 0."""
    return [
        (f'{name}_{frame:08d}', label - 1)
        for name, (label, length) in SEQUENCES.items()
        for frame in range(length - frames + 1, length + 1)
        if name not in without and f'{name}_{frame:08d}' not in without
    ]
