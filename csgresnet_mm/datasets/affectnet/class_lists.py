"""AffectNet's labels in lists: an image and a label a line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DatasetError
from ..reading.checks import Review
from ..reading.files import FolderIndex, list_files
from ..reading.folders import find_split_folders
from ..reading.label_list import read_label_list
from ..reading.layouts import Layout
from ..reading.names import find_class, find_split
from ..reading.report import ReadReport
from ..reading.table import Table
from .annotations import (
    BIG_FOLDERS,
    CLASSES,
    LABELS,
    annotated,
    as_tested,
    image_columns,
    is_plain_path,
)

if TYPE_CHECKING:
    from .dataset import AffectNet

_LIST = re.compile(r'([a-z_-]+)_annotations_([78])class\.txt')
_HINT = ' (8, 9 and 10 are None, Uncertain and No-Face)'


def find_lists(folder: Path) -> dict[str, dict[int, Path]]:
    """Split to number of classes to its list; val is 'val' still.

    Raises:
        DatasetError: Two lists are of the same split and number of classes.
    """
    lists: dict[str, dict[int, Path]] = {}
    homes = find_split_folders(folder, lambda place: bool(_lists_in(place)))
    for split, home in homes.items():
        for path in _lists_in(home):
            name = _LIST.fullmatch(path.name.lower())
            if name is None or find_split(name[1]) != split:
                continue
            of_split = lists.setdefault(split, {})
            first = of_split.setdefault(int(name[2]), path)
            if first != path:
                raise DatasetError(
                    f'{folder}: {first} and {path} are both the list of '
                    f'{split!r} with {name[2]} classes'
                )
    return lists


def _lists_in(folder: Path) -> list[Path]:
    if folder.name in BIG_FOLDERS:
        return []
    return [
        path
        for path in list_files(folder, '.txt')
        if _LIST.fullmatch(path.name.lower())
    ]


def read_lists(
    data: AffectNet, home: Path, split: str, report: ReadReport
) -> Table:
    """The images of a split's list with as many classes, else with 8.

    Raises:
        DatasetError: The split is not there, or see :func:`read_one`.
    """
    lists = data.choose(home, as_tested(find_lists(home), home, report), split)
    path, table = read_one(
        lists, data.num_classes, data.label_base, data.files, report
    )
    report.where = f'{report.layout}: {path}'
    return annotated(data, table, path, report)


def read_one(
    lists: Mapping[int, Path],
    num_classes: int,
    label_base: int | str,
    files: FolderIndex,
    report: ReadReport,
) -> tuple[Path, Table]:
    """The list read and its rows; images lie in ``images`` beside it.

    Args:
        lists: Number of classes to the list with so many.
        num_classes: 7 or 8. Without a list of 7, that of 8 is read.
        label_base: What the lowest label is: 0, 1 or 'auto'.
        files: Reads the list.
        report: Takes malformed lines.

    Raises:
        DatasetError: 8 classes are asked for, and the list has 7; or most
            images are named after another class than their label's.
    """
    path = lists.get(num_classes) or lists.get(8)
    if path is None:
        raise DatasetError(
            f'{lists[7]}: has no Contempt; num_classes=8 needs a list '
            '..._8class.txt'
        )
    table = read_label_list(
        path,
        report,
        num_classes=7 if path == lists.get(7) else 8,
        base=label_base,
        hint=_HINT,
        files=files,
    )
    images, names = f'{path.parent}/images', table.extra['image']
    review = Review(table, report)
    review.drop(
        np.array(['/' in n or not is_plain_path(n) for n in names], bool),
        'path escape',
        lambda row: (
            f'{names[row]!r} is a path; a file name in {images} is expected'
        ),
    )
    review.flush()
    paths = [f'{images}/{name}' for name in names[review.keep]]
    table = table.take(review.keep).replace(**image_columns(paths))
    _compare_names(path, table, report)
    return path, table


def _compare_names(path: Path, table: Table, report: ReadReport) -> None:
    """Labels against names such as ``happy_0012.png``, where there are any.

    Raises:
        DatasetError: Most disagree: the labels are in another order.
    """
    names = table.extra['image']
    words = [find_class(name.partition('_')[0], CLASSES) for name in names]
    shown = np.array([-1 if label is None else label for label in words])
    other = np.flatnonzero((shown >= 0) & (shown != table.label))
    if not len(other):
        return
    named, first = int((shown >= 0).sum()), int(other[0])
    label = int(table.label[first])
    text = (
        f'{path}: {len(other)} of {named} images that are named after '
        f'a class are listed as another (first: line {table.line[first]}, '
        f'{names[first]!r} with label {label}, {LABELS[label]})'
    )
    if 2 * len(other) > named:
        raise DatasetError(
            f'{text}: its labels are not in the order {", ".join(CLASSES)}'
        )
    report.warn(text)


LAYOUT = Layout(
    'lists',
    lambda folder: bool(find_lists(folder)),
    (
        'train_set/train_annotations_?class.txt',
        'valid_set/valid_annotations_?class.txt',
    ),
    read_lists,
)
