"""RAF-DB repacked as class folders, with or without CSV lists beside them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import DatasetError
from ..reading.checks import (
    Mask,
    Review,
    each_once,
    images_present,
    splits_of_names,
)
from ..reading.columns import file_names
from ..reading.files import image_stem, list_files
from ..reading.folders import ClassFolders, find_split_folders
from ..reading.label_list import read_label_list
from ..reading.names import find_split
from ..reading.report import ReadReport
from ..reading.table import Table
from .names import is_rafdb_copy, plain_stem, rafdb_key, rafdb_split

if TYPE_CHECKING:
    from .dataset import RAFDB


def is_class_folders(folder: Path) -> bool:
    """Whether ``<split>/<class>`` or ``<class>`` folders are there."""
    return bool(find_split_folders(folder))


def read_folders(
    data: RAFDB, folder: Path, split: str, report: ReadReport
) -> Table:
    """The images of a split, each once.

    Raises:
        DatasetError: See :class:`~.reading.folders.ClassFolders`; the
            folders are numbered from 1 and hold images of another set; or
            the split is not there.
    """
    reader = ClassFolders(
        find_split_folders(folder),
        data.native,
        data.PUBLISHED,
        report,
        data.files,
        folder_order=data.folder_order,
        label_base=data.label_base,
    )
    table, proven = reader.read()
    table, listed = _compare_csv(data, folder, reader, split, table, report)
    if not proven and not listed:
        _require_names(reader, table)
    table = _by_names(folder, table, report)
    _check_split(data, folder, split, reader, table)
    table = table.take(table.split == split)
    review = Review(table, report)
    images_present(review, table)
    keys = [
        rafdb_key(stem) or path
        for stem, path in zip(table.name, table.path, strict=True)
    ]
    each_once(review, keys, {'label': table.label})
    table = review.done()
    report.where = f'class folders {folder}/{{{",".join(reader.splits)}}}'
    data.look_for_copies(table.name, report)
    return table.replace(
        name=[
            rafdb_key(stem)
            or f'{os.path.basename(os.path.dirname(path))}/{stem}'
            for stem, path in zip(table.name, table.path, strict=True)
        ]
    )


def _require_names(reader: ClassFolders, table: Table) -> None:
    """Numbers from 1 are RAF-DB's labels where all names are RAF-DB's."""
    strange = [
        path
        for path, stem in zip(table.path, table.name, strict=True)
        if not is_rafdb_copy(stem)
    ]
    if strange:
        raise reader.needs_order(
            f'{len(strange)} of {len(table)} images do not carry '
            f"RAF-DB's names (first: {strange[0]})"
        )


def _check_split(
    data: RAFDB, folder: Path, split: str, reader: ClassFolders, table: Table
) -> None:
    """Whether the split is there, and none is to be split off beside it."""
    there = set(table.split)
    if 'val' in there and split == 'train':
        data.refuse_second_val(reader.splits['val'])
    if split in there:
        return
    if split == 'val':
        raise data.no_val(folder)
    if split == 'test' and 'val' in there:
        raise DatasetError(
            f'{reader.splits["val"]}: its images carry no test_ names, '
            'so it is not known to be the official test set; use '
            "split='val'"
        )


def _by_names(folder: Path, table: Table, report: ReadReport) -> Table:
    """Splits by the names' prefixes, else by the folders."""
    split = table.split
    own = np.array(
        [
            rafdb_split(stem) or folder_split
            for stem, folder_split in zip(table.name, split, strict=True)
        ],
        object,
    )
    altered = np.array([rafdb_key(stem) is None for stem in table.name], bool)
    moved = (split != '') & (split != own)
    return splits_of_names(
        Review(table, report),
        folder,
        own,
        moved=moved,
        misplaced=moved & altered & (split != 'val'),
        unnamed=(
            'no split',
            'starts with neither train_ nor test_, and no folder says its '
            'split',
        ),
    )


# ---- CSV lists -------------------------------------------------------


def _compare_csv(
    data: RAFDB,
    folder: Path,
    reader: ClassFolders,
    split: str,
    table: Table,
    report: ReadReport,
) -> tuple[Table, bool]:
    """Check a split's folders against its CSV list, if there is one.

    Returns:
        The images without those on which the two disagree, and whether
        the list names every image of the split.
    """
    places = [folder] if folder == data.root else [folder, folder.parent]
    path = _find_csv(places).get(split) if split in reader.splits else None
    if path is None:
        return table, False
    rows = _read_csv(data, path, report)
    row_of = {
        plain_stem(image_stem(name)): row
        for row, name in enumerate(rows.extra['image'])
    }
    row = np.array(
        [
            row_of.get(plain_stem(stem), -1) if of == split else -1
            for stem, of in zip(table.name, table.split, strict=True)
        ],
        np.int64,
    )
    agree = _compare_labels(data.native, table, path, rows, row, report)
    _report_absent(rows, row, reader.splits[split], report)
    unlisted = int(((table.split == split) & (row < 0)).sum())
    if unlisted:
        report.warn(f'{path}: does not list {unlisted} images of {split!r}')
    return table.take(agree), unlisted == 0


def _read_csv(data: RAFDB, path: Path, report: ReadReport) -> Table:
    """The rows of a CSV list, each image once."""
    base = 1 if data.label_base == 'auto' else data.label_base
    rows = read_label_list(path, report, files=data.files, base=base)
    review = Review(rows, report)
    names = file_names(review, 'image')
    keys = [plain_stem(image_stem(name)) for name in names]
    each_once(review, keys, {}, names)
    return review.done()


def _compare_labels(
    classes: Sequence[str],
    table: Table,
    path: Path,
    rows: Table,
    row: NDArray[np.int64],
    report: ReadReport,
) -> Mask:
    """Mask of the images whose folder does not contradict the list.

    Args:
        classes: Of the labels.
        table: Of the folders.
        path: The list.
        rows: Of the list.
        row: That of each image; -1 where it is not listed.
        report: Takes contradictions.
    """
    label = np.append(rows.label, -1)[row]
    line = np.append(rows.line, 0)[row]
    review = Review(table.replace(file=str(path), line=line), report)
    review.drop(
        (row >= 0) & (label != table.label),
        'labels disagree',
        lambda image: (
            f'{rows.extra["image"][row[image]]!r} is {classes[label[image]]}, '
            f'its folder {os.path.dirname(table.path[image])} is '
            f'{classes[table.label[image]]}'
        ),
    )
    review.flush()
    return review.keep


def _report_absent(
    rows: Table, row: NDArray[np.int64], folder: Path, report: ReadReport
) -> None:
    """Rows of a list that no image has."""
    absent = np.ones(len(rows), bool)
    absent[row[row >= 0]] = False
    review = Review(rows, report)
    review.drop(
        absent,
        'missing image',
        lambda row: (
            f'image {rows.extra["image"][row]!r} is missing; looked in '
            f'{folder}'
        ),
    )
    review.flush()


def _find_csv(places: list[Path]) -> dict[str, Path]:
    """Split to its ``<split>_labels.csv``."""
    lists: dict[str, Path] = {}
    for place in places:
        for path in list_files(place, '.csv'):
            stem = path.stem.lower()
            split = find_split(stem.removesuffix('_labels'))
            if stem.endswith('_labels') and split is not None:
                lists.setdefault(split, path)
    return lists
