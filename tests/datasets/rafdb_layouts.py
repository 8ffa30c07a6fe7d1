"""Writes RAF-DB's layouts with tiny generated images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

CLASSES = (
    'Surprise',
    'Fear',
    'Disgust',
    'Happiness',
    'Sadness',
    'Anger',
    'Neutral',
)


class Face(NamedTuple):
    """An image of the set; ``label`` counts from 0 in native order."""

    split: str
    number: int
    label: int

    @property
    def key(self) -> str:
        width = 5 if self.split == 'train' else 4
        return f'{self.split}_{self.number:0{width}d}'


def faces(train: int = 2, test: int = 1) -> list[Face]:
    """So many of each class, classes interleaved."""
    return [
        Face(split, 1 + index, index % 7)
        for split, each in (('train', train), ('test', test))
        for index in range(7 * each)
    ]


def encode(
    color: Sequence[int] = (40, 90, 200), suffix: str = '.jpg'
) -> bytes:
    """An 8x8 image of one colour (BGR)."""
    image = np.full((8, 8, 3), color, np.uint8)
    return cv2.imencode(suffix, image)[1].tobytes()


def write_image(path: Path, data: bytes | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode(suffix=path.suffix) if data is None else data)
    return path


def of(split: str, found: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Those whose names begin as a split's do."""
    return [(p, n) for p, n in found if Path(p).name.startswith(split)]


def write_official(
    root: Path,
    images: Iterable[Face],
    *,
    lists: Sequence[str] = ('list_patition_label.txt',),
    folder: str = 'aligned',
    stored: str = '{key}_aligned.jpg',
) -> list[tuple[str, int]]:
    """EmoLabel and Image; returns what a reader must give, in order.

    ``lists`` holds one name for all images, or 'train.txt' and 'test.txt'.
    """
    images = list(images)
    (root / 'EmoLabel').mkdir(parents=True, exist_ok=True)
    for name in lists:
        split = Path(name).stem
        own = [
            i
            for i in images
            if split not in ('train', 'test') or i.split == split
        ]
        text = '\n'.join(f'{image.key}.jpg {image.label + 1}' for image in own)
        (root / 'EmoLabel' / name).write_text(text)
    found = []
    for image in images:
        path = root / 'Image' / folder / stored.format(key=image.key)
        write_image(path)
        found.append((str(path), image.label))
    return found


def write_boxes(root: Path, images: Iterable[Face], text: str) -> None:
    folder = root / 'Annotation' / 'boundingbox'
    folder.mkdir(parents=True, exist_ok=True)
    for image in images:
        (folder / f'{image.key}_boundingbox.txt').write_text(text)


def write_folders(
    root: Path,
    images: Iterable[Face],
    *,
    folders: dict[str, str] | None = None,
    name: Callable[[int], str] = lambda label: str(label + 1),
    stored: str = '{key}_aligned.jpg',
) -> list[tuple[str, int]]:
    """``<split>/<class>/<image>``; returns what a reader must give."""
    folders = folders or {'train': 'train', 'test': 'test'}
    found = []
    for image in images:
        path = (
            root
            / folders[image.split]
            / name(image.label)
            / stored.format(key=image.key)
        )
        write_image(path)
        found.append((str(path), image.label))
    return found


def write_counts(
    root: Path, counts: Sequence[int], name: Callable[[int], str], stem: str
) -> None:
    """Class folders with so many files of one byte; never to be decoded."""
    for label, count in enumerate(counts):
        folder = root / name(label)
        folder.mkdir(parents=True)
        for number in range(count):
            (folder / f'{stem}{label}_{number}.jpg').write_bytes(b'x')
