"""Writes CK+'s layouts: sequences, class folders, and a table of arrays."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ..reading.splits import assign_folds
from ._images import encode, pixels, put

CLASSES = (
    'anger',
    'contempt',
    'disgust',
    'fear',
    'happy',
    'sadness',
    'surprise',
)
"""In the order of the official labels 1..7, and of the labels returned."""

Found = list[tuple[str, str, int]]
_SUBJECTS = 12
_SHOWN = 3


class _Sequence(NamedTuple):
    name: str
    label: int
    length: int
    split: str

    @property
    def subject(self) -> str:
        return self.name.split('_')[0]

    @property
    def folder(self) -> str:
        return self.name.replace('_', '/')

    def frame(self, number: int) -> str:
        return f'{self.name}_{number:08d}'


def _sequences(images_per_class: int) -> list[_Sequence]:
    """Three images each; two of every class or more, of twelve subjects."""
    count = max(2, -(-images_per_class // _SHOWN)) * len(CLASSES)
    names = [
        f'S{5 + number % _SUBJECTS:03d}_{1 + number // _SUBJECTS:03d}'
        for number in range(count)
    ]
    subjects = [name.split('_')[0] for name in sorted(names)]
    folds = dict(zip(subjects, assign_folds(subjects, 10, 0), strict=True))
    return sorted(
        _Sequence(
            name,
            number % len(CLASSES),
            5 + number % 8,
            'train' if folds[name.split('_')[0]] else 'test',
        )
        for number, name in enumerate(names)
    )


def write_official(root: Path, images_per_class: int, seed: int) -> Found:
    """Write ``cohn-kanade-images`` and ``Emotion``.

    Args:
        root: Made if it is missing.
        images_per_class: Number of images of each class, in threes, six or
            more.
        seed: Another seed gives other images.

    Returns:
        (split, relative path, label) of the last three frames of every
        sequence, with the split that ``fold=0, num_folds=10, seed=0`` gives.
    """
    found: Found = []
    number = 0
    for sequence in _sequences(images_per_class):
        for frame in range(1, sequence.length + 1):
            path = (
                f'cohn-kanade-images/{sequence.folder}/'
                f'{sequence.frame(frame)}.png'
            )
            put(root / path, encode(seed + number, suffix='.png'))
            number += 1
            if frame > sequence.length - _SHOWN:
                found.append((sequence.split, path, sequence.label))
        name = f'{sequence.frame(sequence.length)}_emotion.txt'
        text = f'   {sequence.label + 1:.7e}\n'
        put(root / 'Emotion' / sequence.folder / name, text.encode())
    (root / 'Emotion/S999/001').mkdir(parents=True, exist_ok=True)
    unlabelled = root / 'cohn-kanade-images/S999/001/S999_001_00000001.png'
    put(unlabelled, encode(seed + number, suffix='.png'))
    return found


def write_folders(
    root: Path, images_per_class: int, seed: int, *, folder: str = 'CK+48/'
) -> Found:
    """Write ``CK+48/<class>``, the last three frames of every sequence.

    Args:
        root: Made if it is missing.
        images_per_class: As in :func:`write_official`.
        seed: Another seed gives other images.
        folder: Holds the class folders.

    Returns:
        As in :func:`write_official`.
    """
    found: Found = []
    for sequence in _sequences(images_per_class):
        for frame in range(sequence.length)[-_SHOWN:]:
            path = (
                f'{folder}{CLASSES[sequence.label]}/'
                f'{sequence.frame(1 + frame)}.png'
            )
            data = encode(seed + len(found), size=48, grey=True, suffix='.png')
            put(root / path, data)
            found.append((sequence.split, path, sequence.label))
    return found


def write_csv(root: Path, images_per_class: int, seed: int) -> Found:
    """Write ``ckextended.csv``, which knows no subjects.

    Args:
        root: Made if it is missing.
        images_per_class: Number of images of each class in each split;
            neutral ones, which are not read by default, beside them.
        seed: Another seed gives other images.

    Returns:
        (split, ``ckextended.csv#row``, label) of every row that is not
        neutral, with the split that its Usage says.
    """
    emotions = (0, 7, 1, 2, 3, 4, 5)  # of CLASSES: FER2013's, and 7
    usages = {'train': 'Training', 'val': 'PublicTest', 'test': 'PrivateTest'}
    lines = ['emotion,pixels,Usage']
    found: Found = []
    for split, usage in usages.items():
        for label in [*range(len(CLASSES)), None] * images_per_class:
            if label is not None:
                row = len(lines) - 1
                found.append((split, f'ckextended.csv#{row}', label))
            image = pixels(seed + len(lines), size=48, grey=True)
            text = ' '.join(map(str, image.ravel().tolist()))
            emotion = 6 if label is None else emotions[label]
            lines.append(f'{emotion},{text},{usage}')
    put(root / 'ckextended.csv', ''.join(f'{line}\n' for line in lines))
    return found


WRITERS: dict[str, Callable[[Path, int, int], Found]] = {
    'official': write_official,
    'ck48': write_folders,
    'class-folders': partial(write_folders, folder=''),
    'csv': write_csv,
}
