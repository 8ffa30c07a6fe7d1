"""Writes FER2013's layouts: CSV files, and class folders."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ._images import encode, pixels, put

CLASSES = ('angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral')
VERBAL = (
    'angry',
    'disgusted',
    'fearful',
    'happy',
    'sad',
    'surprised',
    'neutral',
)
USAGES = {'train': 'Training', 'val': 'PublicTest', 'test': 'PrivateTest'}

Found = list[tuple[str, str, int]]


class FerRow(NamedTuple):
    """A row of the CSV; the seed chooses its 48x48 pixels."""

    split: str
    label: int
    seed: int


def make_rows(
    images_per_class: int, seed: int, num_classes: int = 7
) -> list[FerRow]:
    """Rows in the set's order: all of train, of val, of test.

    val and test have half as many as train.
    """
    half = (images_per_class + 1) // 2
    counts = {'train': images_per_class, 'val': half, 'test': half}
    kinds = [
        (split, label)
        for split, count in counts.items()
        for _ in range(count)
        for label in range(num_classes)
    ]
    return [
        FerRow(split, label, seed + index)
        for index, (split, label) in enumerate(kinds)
    ]


def csv_text(rows: Iterable[FerRow], header: str) -> str:
    """A CSV of rows; the header names its columns in any order."""
    lines = [header]
    columns = [name.strip().lower() for name in header.split(',')]
    for row in rows:
        image = pixels(row.seed, 48, grey=True)
        fields = {
            'emotion': str(row.label),
            'pixels': ' '.join(map(str, image.ravel().tolist())),
            'usage': USAGES[row.split],
        }
        lines.append(','.join(fields[column] for column in columns))
    return '\n'.join(lines) + '\n'


def write_csv(
    root: Path,
    images_per_class: int,
    seed: int,
    *,
    name: str = 'fer2013.csv',
    header: str = 'emotion,pixels,Usage',
) -> Found:
    """Write one CSV of all rows.

    Args:
        root: Made if it is missing.
        images_per_class: Number of training images of each class.
        seed: Another seed gives other images.
        name: Of the file.
        header: First line; the columns follow it.

    Returns:
        (split, ``<name>#<row>``, label) of every row, in order.
    """
    rows = make_rows(images_per_class, seed)
    put(root / name, csv_text(rows, header))
    return [
        (row.split, f'{name}#{number}', row.label)
        for number, row in enumerate(rows)
    ]


def write_split_csvs(
    root: Path,
    images_per_class: int,
    seed: int,
    *,
    names: Sequence[str] = ('train', 'val', 'test'),
    labelled: bool = True,
) -> Found:
    """Write ``train.csv``, and ``val.csv`` and ``test.csv``.

    Args:
        root: Made if it is missing.
        images_per_class: Number of training images of each class.
        seed: Another seed gives other images.
        names: Of the three files.
        labelled: False writes what the challenge gave out: no val.csv, and
            a test.csv without labels.

    Returns:
        (split, ``<name>#<row>``, label) of every labelled row, in order.
    """
    rows = make_rows(images_per_class, seed)
    found = []
    for split, name in zip(('train', 'val', 'test'), names, strict=True):
        own = [row for row in rows if row.split == split]
        if labelled or split == 'train':
            put(root / f'{name}.csv', csv_text(own, 'emotion,pixels'))
            found += [
                (split, f'{name}.csv#{number}', row.label)
                for number, row in enumerate(own)
            ]
        elif split == 'test':
            put(root / f'{split}.csv', csv_text(own, 'pixels'))
    return found


def write_folders(
    root: Path,
    images_per_class: int,
    seed: int,
    *,
    folders: Sequence[str] = ('train', 'test', 'test'),
    splits: Sequence[str] = ('train', 'val', 'test'),
    names: Sequence[str] = CLASSES,
    stem: str = '{usage}_{number}',
    suffix: str = '.jpg',
) -> Found:
    """Write ``<split>/<class>/<image>``.

    Args:
        root: Made if it is missing.
        images_per_class: Number of training images of each class.
        seed: Another seed gives other images.
        folders: Of train, of val and of test.
        splits: What is read of each, in the same order.
        names: Of the classes.
        stem: Of a file's name: usage, number of the row, index in its class
            folder.
        suffix: Of a file's name.

    Returns:
        (split, relative path, label) of every image, in order of split.
    """
    places = dict(zip(USAGES, folders, strict=True))
    reads = dict(zip(USAGES, splits, strict=True))
    counts: dict[str, int] = {}
    found = []
    for number, row in enumerate(make_rows(images_per_class, seed)):
        folder = f'{places[row.split]}/{names[row.label]}'
        index = counts.get(folder, 0)
        counts[folder] = index + 1
        name = stem.format(usage=USAGES[row.split], number=number, index=index)
        path = f'{folder}/{name}{suffix}'
        put(root / path, encode(row.seed, 48, grey=True, suffix=suffix))
        found.append((reads[row.split], path, row.label))
    return found


WRITERS: dict[str, Callable[[Path, int, int], Found]] = {
    'csv': write_csv,
    'icml': partial(
        write_csv, name='icml_face_data.csv', header='emotion, Usage, pixels'
    ),
    'split csv': write_split_csvs,
    'split csv by usage': partial(
        write_split_csvs, names=('training', 'publictest', 'privatetest')
    ),
    'challenge': partial(write_split_csvs, labelled=False),
    'folders': write_folders,
    'folders by usage': partial(
        write_folders,
        folders=('Training', 'PublicTest', 'PrivateTest'),
        stem='{index}',
    ),
    'folders without halves': partial(
        write_folders,
        splits=('train', 'test', 'test'),
        names=VERBAL,
        stem='im{index}',
        suffix='.png',
    ),
    'train and validation': partial(
        write_folders,
        folders=('images/train', 'images/validation', 'images/validation'),
        splits=('train', 'val', 'val'),
        stem='{number}',
    ),
}
