"""RAF-DB repacked as class folders, with or without CSV lists beside them."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DatasetError
from ..reading.checks import Review, each_once, file_names, images_present
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
    for name, wrong in (
        ('label_file=', data.label_file is not None),
        ("alignment='original'", data.alignment == 'original'),
    ):
        if wrong:
            raise DatasetError(
                f'{folder}: {name} needs the layout as distributed; '
                'here are class folders'
            )
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
    table = _by_own_names(folder, table, report)
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
        name=np.array(
            [
                rafdb_key(stem)
                or f'{os.path.basename(os.path.dirname(path))}/{stem}'
                for stem, path in zip(table.name, table.path, strict=True)
            ],
            object,
        )
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


def _by_own_names(folder: Path, table: Table, report: ReadReport) -> Table:
    """Splits by the names' prefixes, else by the folders."""
    own = np.array(
        [
            rafdb_split(stem) or split
            for stem, split in zip(table.name, table.split, strict=True)
        ],
        object,
    )
    review = Review(table, report)
    review.drop(
        own == '',
        'no split',
        lambda row: (
            'starts with neither train_ nor test_, and no folder says its '
            'split'
        ),
    )
    moved = (table.split != '') & (table.split != own)
    altered = np.array([rafdb_key(stem) is None for stem in table.name], bool)
    review.drop(
        moved & (table.split != 'val') & altered,
        'altered copy in the wrong split',
        lambda row: (
            f'an altered copy of a {own[row]!r} image inside the '
            f'{table.split[row]!r} folder'
        ),
    )
    ways = Counter(
        f'{table.split[row]!r} to {own[row]!r}'
        for row in np.flatnonzero(moved & review.keep)
    )
    kept = review.done(split=own)
    if ways:
        shown = ', '.join(f'{count} from {way}' for way, count in ways.items())
        report.warn(f'{folder}: image names outrank folder names: {shown}')
    return kept


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
    base = 1 if data.label_base == 'auto' else data.label_base
    rows = read_label_list(path, report, files=data.files, base=base)
    review = Review(rows, report)
    shown = file_names(review, 'image')
    keys = [plain_stem(image_stem(name)) for name in shown]
    each_once(review, keys, {}, shown)
    rows = review.done()
    shown = rows.extra['image']
    row_of = {
        plain_stem(image_stem(name)): row for row, name in enumerate(shown)
    }
    found = np.array(
        [
            row_of.get(plain_stem(stem), -1) if own == split else -1
            for stem, own in zip(table.name, table.split, strict=True)
        ],
        np.int64,
    )
    on_list = found >= 0
    label = np.where(on_list, rows.label[found], -1)
    listed = table.replace(
        file=np.full(len(table), str(path), object),
        line=np.where(on_list, rows.line[found], 0),
    )
    classes = data.native
    review = Review(listed, report)
    review.drop(
        on_list & (label != table.label),
        'labels disagree',
        lambda row: (
            f'{shown[found[row]]!r} is {classes[label[row]]}, its folder '
            f'{os.path.dirname(table.path[row])} is '
            f'{classes[table.label[row]]}'
        ),
    )
    review.tell()
    missing = Review(rows, report)
    absent = np.ones(len(rows), bool)
    absent[found[on_list]] = False
    missing.drop(
        absent,
        'missing image',
        lambda row: (
            f'image {shown[row]!r} is missing; looked in '
            f'{reader.splits[split]}'
        ),
    )
    missing.tell()
    unlisted = int(((table.split == split) & ~on_list).sum())
    if unlisted:
        report.warn(f'{path}: does not list {unlisted} images of {split!r}')
    return table.take(review.keep), unlisted == 0


def _find_csv(places: list[Path]) -> dict[str, Path]:
    """Split to its ``<split>_labels.csv``."""
    found: dict[str, Path] = {}
    for place in places:
        for path in list_files(place, '.csv'):
            stem = path.stem.lower()
            split = find_split(stem.removesuffix('_labels'))
            if stem.endswith('_labels') and split is not None:
                found.setdefault(split, path)
    return found
