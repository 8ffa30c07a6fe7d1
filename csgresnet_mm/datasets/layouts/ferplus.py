"""Writes FER+'s layouts: votes beside FER2013's images, and class folders."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ._images import encode, put
from .fer2013 import USAGES, FerRow, Found, csv_text, make_rows

CLASSES = (
    'neutral',
    'happiness',
    'surprise',
    'sadness',
    'anger',
    'disgust',
    'fear',
    'contempt',
)
FOLDERS = {
    'train': 'FER2013Train',
    'val': 'FER2013Valid',
    'test': 'FER2013Test',
}
HEADER = ','.join(('Usage', 'Image name', *CLASSES, 'unknown', 'NF'))


class PlusRow(NamedTuple):
    """A row of FER2013's CSV, its image's name and two sets of votes.

    ``label`` is that of ``votes`` by majority, -1 if there is none.
    """

    image: FerRow
    name: str
    votes: list[int]
    old_votes: list[int]
    label: int


def make_plus_rows(images_per_class: int, seed: int) -> list[PlusRow]:
    """Rows of the eight classes, and two a split that have no label.

    One of these has no name and holds no face, so that from there on the
    number in a name is not that of the row. The first row of class 1 has
    other votes in label.csv: for class 0.
    """
    rows: list[PlusRow] = []
    numbered = 0
    for split in USAGES:
        own = [
            row
            for row in make_rows(images_per_class, seed, len(CLASSES))
            if row.split == split
        ]
        for position, row in enumerate(own):
            if position == 1:
                for name, votes in _unlabelled(numbered):
                    image = FerRow(split, 0, seed + 10000 + len(rows))
                    rows.append(PlusRow(image, name, votes, votes, -1))
                numbered += 1
            votes = _votes(row.label)
            old = _votes(0) if position == 1 else votes
            image = FerRow(split, row.label % 7, seed + len(rows))
            name = f'fer{numbered:07d}.png'
            numbered += 1
            rows.append(PlusRow(image, name, votes, old, row.label))
    return rows


def _votes(label: int) -> list[int]:
    """Ten votes: six for a class, three for the next, one unknown."""
    votes = [0] * 10
    votes[label] += 6
    votes[(label + 1) % len(CLASSES)] += 3
    votes[8] += 1
    return votes


def _unlabelled(number: int) -> list[tuple[str, list[int]]]:
    return [
        ('', [0] * 9 + [10]),
        (f'fer{number:07d}.png', [5, 5] + [0] * 8),
    ]


def _new_votes(rows: list[PlusRow]) -> str:
    lines = [HEADER]
    for row in rows:
        votes = ','.join(map(str, row.votes))
        lines.append(f'{USAGES[row.image.split]},{row.name},{votes}')
    return '\n'.join(lines) + '\n'


def _label_csv(rows: list[PlusRow], split: str, boxed: bool) -> str:
    lines = []
    for row in rows:
        if row.image.split != split or not row.name:
            continue
        votes = row.old_votes if boxed else row.votes
        box = '"(0, 0, 48, 48)",' * boxed
        lines.append(f'{row.name},{box}{",".join(map(str, votes))}\n')
    return ''.join(lines)


def write_csv(
    root: Path,
    images_per_class: int,
    seed: int,
    *,
    name: str = 'fer2013.csv',
    header: str = 'emotion,pixels,Usage',
    labels: str = 'data',
) -> Found:
    """Write ``fer2013new.csv``, label.csv files and FER2013's CSV.

    Args:
        root: Made if it is missing.
        images_per_class: Number of training images of each class.
        seed: Another seed gives other images.
        name: Of FER2013's CSV.
        header: Its first line.
        labels: Folder of the folders with label.csv.

    Returns:
        (split, ``<name>#<row>``, label) by the majority of fer2013new.csv.
    """
    rows = make_plus_rows(images_per_class, seed)
    put(root / 'fer2013new.csv', _new_votes(rows))
    put(root / name, csv_text((row.image for row in rows), header))
    for split, folder in FOLDERS.items():
        path = root / labels / folder / 'label.csv'
        put(path, _label_csv(rows, split, True))
    return [
        (row.image.split, f'{name}#{number}', row.label)
        for number, row in enumerate(rows)
        if row.label >= 0
    ]


def write_images(
    root: Path, images_per_class: int, seed: int, *, boxed: bool = True
) -> Found:
    """Write what the authors' script writes, and ``fer2013new.csv``.

    Args:
        root: Made if it is missing.
        images_per_class: Number of training images of each class.
        seed: Another seed gives other images.
        boxed: Whether label.csv is the authors' own, or of their script.

    Returns:
        (split, relative path, label) by the majority of fer2013new.csv.
    """
    rows = make_plus_rows(images_per_class, seed)
    put(root / 'fer2013new.csv', _new_votes(rows))
    found = []
    for split, folder in FOLDERS.items():
        path = root / 'data' / folder / 'label.csv'
        put(path, _label_csv(rows, split, boxed))
    for row in rows:
        if not row.name:
            continue
        place = f'data/{FOLDERS[row.image.split]}/{row.name}'
        put(
            root / place,
            encode(row.image.seed, 48, grey=True, suffix='.png'),
        )
        if row.label >= 0:
            found.append((row.image.split, place, row.label))
    return found


def write_folders(root: Path, images_per_class: int, seed: int) -> Found:
    """Write ``train|validation|test/<class>``.

    Returns:
        (split, relative path, label) of every image.
    """
    places = {'train': 'train', 'val': 'validation', 'test': 'test'}
    found = []
    for row in make_plus_rows(images_per_class, seed):
        if row.label < 0:
            continue
        split = row.image.split
        path = f'{places[split]}/{CLASSES[row.label]}/{row.name}'
        put(root / path, encode(row.image.seed, 48, True, '.png'))
        found.append((split, path, row.label))
    return found


WRITERS: dict[str, Callable[[Path, int, int], Found]] = {
    'csv': write_csv,
    'icml': partial(
        write_csv,
        name='icml_face_data.csv',
        header='emotion, Usage, pixels',
    ),
    'png': write_images,
    'png, votes by the script': partial(write_images, boxed=False),
    'folders': write_folders,
}
