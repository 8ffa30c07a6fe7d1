"""Writes KDEF's layouts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from ..reading.splits import assign_folds
from ._images import encode, put

CODES = ('AF', 'AN', 'DI', 'HA', 'NE', 'SA', 'SU')
VIEWS = ('FL', 'HL', 'S', 'HR', 'FR')
SUBJECTS = tuple(f'{sex}{n:02d}' for sex in 'FM' for n in range(1, 36))


def write(
    root: Path, images_per_class: int, seed: int, *, folders: bool = False
) -> list[tuple[str, str, int]]:
    """Write photographs that are named as KDEF's are.

    Args:
        root: Made if it is missing.
        images_per_class: Number of images of each class, 2 or more: each of
            another subject, for as long as there are subjects.
        seed: Another seed gives other images.
        folders: Put them into one folder a subject and session.

    Returns:
        (split, relative path, label) of every image, with the split that
        ``fold=0, num_folds=10, seed=0`` gives.
    """
    count = len(CODES) * max(2, images_per_class)
    subjects = [SUBJECTS[number % len(SUBJECTS)] for number in range(count)]
    folds = assign_folds(subjects, 10, 0)
    found = []
    for number, (subject, fold) in enumerate(
        zip(subjects, folds, strict=True)
    ):
        label = number % len(CODES)
        view = VIEWS[number % len(VIEWS)]
        session = 'AB'[number // len(SUBJECTS) % 2]
        name = f'{session}{subject}{CODES[label]}{view}.JPG'
        path = f'{name[:4]}/{name}' if folders else name
        put(root / path, encode(seed + number))
        found.append(('train' if fold else 'test', path, label))
    return found


WRITERS: dict[str, Callable[[Path, int, int], list[tuple[str, str, int]]]] = {
    'official': write,
    'subject-folders': partial(write, folders=True),
}
