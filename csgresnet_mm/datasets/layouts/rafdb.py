"""Writes RAF-DB's layouts: as distributed, and as class folders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ._images import encode, put

CLASSES = (
    'Surprise',
    'Fear',
    'Disgust',
    'Happiness',
    'Sadness',
    'Anger',
    'Neutral',
)
Found = list[tuple[str, str, int]]


class Face(NamedTuple):
    """An image; ``stem`` is its name in the set, ``label`` from 0."""

    split: str
    stem: str
    label: int


def make_faces(
    images_per_class: int,
    num_classes: int = 7,
    digits: tuple[int, int] = (5, 4),
) -> list[Face]:
    """Faces of train, then half as many of test, classes interleaved.

    Args:
        images_per_class: Number of training images of each class.
        num_classes: Number of classes.
        digits: Of the numbers in the names of train and of test.
    """
    counts = {'train': images_per_class, 'test': (images_per_class + 1) // 2}
    return [
        Face(split, f'{split}_{number + 1:0{width}d}', number % num_classes)
        for (split, each), width in zip(counts.items(), digits, strict=True)
        for number in range(each * num_classes)
    ]


def write_official(
    root: Path,
    images_per_class: int,
    seed: int,
    *,
    faces: Callable[[int], list[Face]] = make_faces,
    lists: Sequence[str] = ('list_patition_label.txt',),
    folder: str = 'aligned',
    suffix: str = '_aligned.jpg',
    listed: str = '.jpg',
    base: int = 1,
) -> Found:
    """Write EmoLabel and Image, and boxes where ``folder`` is 'original'.

    Args:
        root: Made if it is missing.
        images_per_class: Number of training images of each class.
        seed: Another seed gives other images.
        faces: Gives the images of the set.
        lists: One list of all images, or ``train.txt`` and ``test.txt``.
        folder: Name below Image.
        suffix: Of the files' names.
        listed: Suffix of the names in the lists.
        base: What the lowest label is.

    Returns:
        (split, relative path, label) of every image, in order.
    """
    own = faces(images_per_class)
    for name in lists:
        text = '\n'.join(
            f'{face.stem}{listed} {face.label + base}'
            for face in own
            if len(lists) == 1 or name == f'{face.split}.txt'
        )
        put(root / 'EmoLabel' / name, text)
    size = 16 if folder == 'original' else 8
    found = []
    for number, face in enumerate(own):
        path = f'Image/{folder}/{face.stem}{suffix}'
        put(root / path, encode(seed + number, size=size))
        found.append((face.split, path, face.label))
        if folder == 'original':
            place = root / 'Annotation' / 'boundingbox'
            box = '4.000000 3.000000 12.000000 13.000000\n'
            put(place / f'{face.stem}_boundingbox.txt', box)
    return found


def write_folders(
    root: Path,
    images_per_class: int,
    seed: int,
    *,
    folders: tuple[str, str] = ('train', 'test'),
    names: Sequence[str] = (),
    csv: str | None = None,
) -> Found:
    """Write ``<split>/<class>/<image>``.

    Args:
        root: Made if it is missing.
        images_per_class: Number of training images of each class.
        seed: Another seed gives other images.
        folders: Of train and of test.
        names: Of the class folders; 1, 2, ... by default.
        csv: Folder of ``train_labels.csv`` and ``test_labels.csv``; None
            writes none.

    Returns:
        (split, relative path, label) of every image, in order.
    """
    own = make_faces(images_per_class)
    places = dict(zip(('train', 'test'), folders, strict=True))
    found = []
    for number, face in enumerate(own):
        kind = names[face.label] if names else str(face.label + 1)
        path = f'{places[face.split]}/{kind}/{face.stem}_aligned.jpg'
        put(root / path, encode(seed + number))
        found.append((face.split, path, face.label))
    for split in places if csv is not None else ():
        rows = [
            f'{face.stem}_aligned.jpg,{face.label + 1}'
            for face in own
            if face.split == split
        ]
        text = '\n'.join(['image,label', *rows, ''])
        put(root / (csv or '') / f'{split}_labels.csv', text)
    return found


WRITERS: dict[str, Callable[[Path, int, int], Found]] = {
    'official': write_official,
    'original': partial(write_official, folder='original', suffix='.jpg'),
    'two lists': partial(
        write_official,
        lists=('train.txt', 'test.txt'),
        folder='aligned_224',
        suffix='.jpg',
        listed='_aligned.jpg',
    ),
    'kaggle': partial(
        write_folders, folders=('DATASET/train', 'DATASET/test'), csv=''
    ),
    'train and valid': partial(write_folders, folders=('train', 'valid')),
    'train_set and test_set': partial(
        write_folders, folders=('train_set', 'test_set')
    ),
    'named': partial(write_folders, names=CLASSES),
}
