"""Copies of AffectNet in one folder a class."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DatasetError
from ..reading.checks import Review, each_once
from ..reading.columns import parse_whole
from ..reading.delimited import find_columns, good_rows, read_rows
from ..reading.files import FolderIndex, text_lines
from ..reading.folders import ClassFolders, find_split_folders
from ..reading.known_copies import WHOLE, sample_of
from ..reading.layouts import Layout
from ..reading.names import find_class
from ..reading.report import ReadReport
from ..reading.table import Table
from .annotations import CLASSES, as_tested, of_classes, with_bytes

if TYPE_CHECKING:
    from .dataset import AffectNet

PACK_LIST = 'labels.csv'


def read_folders(
    data: AffectNet, home: Path, split: str, report: ReadReport
) -> Table:
    """The images of ``<split>/<class>``; without splits all are train.

    A folder's name is its class. ``labels.csv``, which comes with the 96x96
    sample, holds a model's guesses: it is compared, and never believed. A
    number that lies in several folders is AffectNet's own, of one image:
    none of them is left.

    Raises:
        DatasetError: The split or Contempt is not there; nothing says what
            numbered folders mean; or see :class:`~..reading.folders.
            ClassFolders`.
    """
    splits = find_split_folders(home)
    splits = {own or 'train': path for own, path in splits.items()}
    reader = _reader(data, home, splits, report)
    table, proven = reader.read()
    if not proven:
        raise reader.needs_order('they are numbered from 1')
    _compare_guesses(home / PACK_LIST, table, data.files, report)
    if len(table) < WHOLE['AffectNet']:
        report.warn(sample_of('AffectNet', home, len(table)))
    tested = as_tested({own: own for own in splits}, home, report)
    own = data.choose(home, tested, split)
    table = table.take(table.split == own)
    review = Review(table, report)
    keys = [
        stem if stem.isdecimal() else path
        for stem, path in zip(table.name, table.path, strict=True)
    ]
    each_once(review, keys, {'path': table.path})
    table = of_classes(review.done(), home, data.num_classes, report)
    report.where = f'{report.layout}: {home}'
    return with_bytes(table, report)


def _reader(
    data: AffectNet, home: Path, splits: dict[str, Path], report: ReadReport
) -> ClassFolders:
    names = {n for path in splits.values() for n in data.files.folders(path)}
    classes = CLASSES[: _count_classes(names)]
    if len(classes) < data.num_classes:
        raise DatasetError(
            f'{home}: the class folders {", ".join(sorted(names))} have '
            f'no Contempt; num_classes={data.num_classes} needs it'
        )
    order = data.folder_order
    published = {
        'train': data.PUBLISHED['train'],
        'train of the first release': data.FIRST_RELEASE['train'],
    }
    return ClassFolders(
        splits,
        classes,
        {name: own[: len(classes)] for name, own in published.items()},
        report,
        data.files,
        folder_order=classes if order == 'affectnet' else order,
        label_base=data.label_base,
    )


def _count_classes(names: Iterable[str]) -> int:
    """7 or 8, by the names of the class folders."""
    if any(find_class(name, CLASSES) == 7 for name in names):
        return 8
    numbers = {parse_whole(name) for name in names if name.isdecimal()}
    return 8 if 8 in numbers or {0, 7} <= numbers else 7


# ---- labels.csv ------------------------------------------------------


def _compare_guesses(
    path: Path, table: Table, files: FolderIndex, report: ReadReport
) -> None:
    """Say how often the CSV's guess is not the folder's class."""
    if not path.is_file():
        return
    guesses = _read_guesses(path, files, report)
    names = map(os.path.basename, table.path)
    guessed = [
        guesses.get(key, -1)
        for key in zip(table.label.tolist(), names, strict=True)
    ]
    guess = np.array(guessed, np.int64)
    other = np.flatnonzero((guess >= 0) & (guess != table.label))
    if len(other):
        report.warn(
            f'{path}: {len(other)} of {(guess >= 0).sum()} images lie in the '
            'folder of another class than it says (first: '
            f'{table.path[other[0]]}, {CLASSES[guess[other[0]]]}); the folder '
            "is used: the list holds a model's guesses, and its relFCs is no "
            'confidence'
        )


def _read_guesses(
    path: Path, files: FolderIndex, report: ReadReport
) -> dict[tuple[int, str], int]:
    """(Class of the folder, file name) to the class guessed."""
    rows = read_rows(path, text_lines(files.text(path)), report)
    header = next(rows, None)
    places = header and find_columns(header.fields, 'image', 'label')
    guesses: dict[tuple[int, str], int] = {}
    unread = 0
    for row in good_rows(path, rows, report):
        image, guess = '', ''
        if places and len(row.fields) > max(places):
            image, guess = (row.fields[place] for place in places)
        folder, name = ['', *image.split('/')][-2:]
        place, label = find_class(folder, CLASSES), find_class(guess, CLASSES)
        if place is None or label is None:
            unread += 1
        else:
            guesses[place, name] = label
    if unread:
        report.warn(
            f'{path}: {unread} rows do not name a class folder, an image '
            "and a class (columns 'pth' and 'label'), and are not compared"
        )
    return guesses


LAYOUT = Layout(
    'folders',
    lambda folder: bool(find_split_folders(folder)),
    ('train/<class>/*.jpg', 'val/<class>/*.jpg'),
    read_folders,
)
