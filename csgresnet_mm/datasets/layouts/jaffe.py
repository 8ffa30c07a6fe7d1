"""Writes JAFFE's layouts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from ..reading.splits import assign_folds
from ._images import encode, put

CODES = ('AN', 'DI', 'FE', 'HA', 'NE', 'SA', 'SU')
CLASSES = ('angry', 'disgust', 'fear', 'happy', 'neutral', 'sad', 'surprise')
SUBJECTS = ('KA', 'KL', 'KM', 'KR', 'MK', 'NA', 'NM', 'TM', 'UY', 'YM')


def write(
    root: Path,
    images_per_class: int,
    seed: int,
    *,
    suffix: str = '.tiff',
    folders: bool = False,
) -> list[tuple[str, str, int]]:
    """Write images that are named as JAFFE's are.

    Args:
        root: Made if it is missing.
        images_per_class: Number of images of each class, 2 or more, so that
            all ten subjects occur.
        seed: Another seed gives other images.
        suffix: Of the files' names.
        folders: Put them into one folder a class.

    Returns:
        (split, relative path, label) of every image, with the split that
        ``fold=0, num_folds=10, seed=0`` gives.
    """
    count = len(CODES) * max(2, images_per_class)
    faces = [
        (SUBJECTS[number % len(SUBJECTS)], number % len(CODES), number)
        for number in range(count)
    ]
    subjects = [subject for subject, _, _ in faces]
    folds = assign_folds(subjects, len(SUBJECTS), 0)
    found = []
    for (subject, label, number), fold in zip(faces, folds, strict=True):
        take = 1 + number // (len(SUBJECTS) * len(CODES))
        name = f'{subject}.{CODES[label]}{take}.{1 + number}{suffix}'
        path = f'{CLASSES[label]}/{name}' if folders else name
        put(root / path, encode(seed + number, grey=True, suffix=suffix))
        found.append(('train' if fold else 'test', path, label))
    return found


WRITERS: dict[str, Callable[[Path, int, int], list[tuple[str, str, int]]]] = {
    'official': write,
    'jpg': partial(write, suffix='.jpg'),
    'png': partial(write, suffix='.png'),
    'class-folders': partial(write, suffix='.jpg', folders=True),
}
