"""Writes ExpW's layouts: a list of faces beside whole photographs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from ..reading.splits import choose_groups
from ._images import encode, put

CLASSES = ('angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral')
_SIZE = 32
_BOXES = ((2, 1, 13, 14), (5, 17, 29, 17))
"""Top, left, right, bottom of the first and of the second face."""


def write(
    root: Path,
    images_per_class: int,
    seed: int,
    *,
    prefix: str = 'data/',
    label: str = 'label/',
    image: str = 'image/',
) -> list[tuple[str, str, int]]:
    """Write ``label.lst`` and ``origin``; two faces in every photograph.

    Args:
        root: Made if it is missing.
        images_per_class: Number of faces of each class.
        seed: Another seed gives other images.
        prefix: Holds both.
        label: Folder of the list, or ''.
        image: Folder of ``origin``, or ''.

    Returns:
        (split, relative path, label) of every face in the order of the list,
        with the split that ``test_ratio=0.1, seed=0`` gives.
    """
    faces: list[tuple[str, str, int]] = []
    lines = []
    for number in range(len(CLASSES) * images_per_class):
        photograph, face = divmod(number, 2)
        kind = number % len(CLASSES)
        name = f'{CLASSES[photograph % 7]}_person_{photograph}.jpg'
        box = ' '.join(map(str, _BOXES[face]))
        confidence = f'{20 + number % 30}.5'
        lines.append(f'{name} {face} {box} {confidence} {kind}')
        path = f'{prefix}{image}origin/{name}'
        if face == 0:
            put(root / path, encode(seed + photograph, size=_SIZE))
        faces.append((name, path, kind))
    text = ''.join(f'{line}\n' for line in lines)
    put(root / f'{prefix}{label}label.lst', text)
    in_test = choose_groups([name for name, _, _ in faces], 0.1, 0)
    return [
        ('test' if chosen else 'train', path, kind)
        for (_, path, kind), chosen in zip(faces, in_test, strict=True)
    ]


WRITERS: dict[str, Callable[[Path, int, int], list[tuple[str, str, int]]]] = {
    'official': write,
    'without data': partial(write, prefix=''),
    'list and origin': partial(write, prefix='', label='', image=''),
}
