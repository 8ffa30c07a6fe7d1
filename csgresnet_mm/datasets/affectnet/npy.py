"""AffectNet as released in 2021: one .npy file a label."""

from __future__ import annotations

import os
import re
import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DatasetError
from ..reading.checks import Review
from ..reading.columns import parse_whole
from ..reading.files import FolderIndex, is_hidden, unpack_hint
from ..reading.folders import find_split_folders
from ..reading.layouts import Layout
from ..reading.report import ReadReport
from ..reading.small_files import read_small_files
from ..reading.table import Table
from .annotations import LABELS, annotated, as_tested, images_by_stem

if TYPE_CHECKING:
    from .dataset import AffectNet

SUFFIX = '_exp.npy'
_KNOWN = frozenset(range(len(LABELS)))
_HEADER = re.compile(
    rb'\{\'descr\': \'(?P<type>[<>=|][a-zA-Z][0-9]{0,6})\', '
    rb'\'fortran_order\': (?:True|False), \'shape\': \((?:1,)?\), \} *\n'
)


def find_splits(folder: Path) -> dict[str, Path]:
    """Split to its folder, for sub-folders that hold ``annotations``.

    Raises:
        DatasetError: Two folders are the same split.
    """
    splits = find_split_folders(
        folder, lambda place: (place / 'annotations').is_dir()
    )
    splits.pop('', None)
    return splits


def read_labels(
    data: AffectNet, home: Path, split: str, report: ReadReport
) -> Table:
    """The images of ``<split>/images`` with ``<split>/annotations``.

    Raises:
        DatasetError: The split or a folder is missing, or holds no labels.
    """
    splits = as_tested(find_splits(home), home, report)
    folder = data.choose(home, splits, split)
    annotations, images = folder / 'annotations', folder / 'images'
    for path in (annotations, images):
        if not path.is_dir():
            raise DatasetError(
                f'{path}: no such folder; expected images/<id>.jpg and '
                f'annotations/<id>{SUFFIX}{unpack_hint(folder, folder.parent)}'
            )
    table, labels, left = _label_files(annotations, images, data.files)
    review = Review(table, report)
    unread = np.array([isinstance(label, str) for label in labels], bool)
    review.drop(unread, 'unreadable label', lambda row: str(labels[row]))
    table = review.done()
    if left:
        report.warn(
            f'{images}: {len(left)} images have no annotations/<id>{SUFFIX} '
            f'(first: {left[0]!r}) and are left out'
        )
    written = [label for label in labels if isinstance(label, int)]
    table = annotated(data, table, annotations, report, written)
    report.where = f'{report.layout}: {folder}'
    return table.replace(file='')


def _label_files(
    annotations: Path, images: Path, files: FolderIndex
) -> tuple[Table, list[int | str], list[str]]:
    """One row a file of a label, what each holds, and images without one.

    The label of a row is -1 where the file holds none of AffectNet's.
    """
    listed = _list_labels(annotations, files)
    labels = [
        decode_label(content) if isinstance(content, bytes) else content
        for content in read_small_files(str(annotations), listed, 'labels')
    ]
    by_stem = images_by_stem(str(images), files.images(images))
    keys = [name.removesuffix(SUFFIX) for name in listed]
    names = [by_stem.get(key, f'{key}.jpg') for key in keys]
    table = Table.of(
        [f'{images}/{name}' for name in names],
        name=keys,
        label=[label if label in _KNOWN else -1 for label in labels],
        file=[f'{annotations}/{name}' for name in listed],
        extra={'image': names},
    )
    return table, labels, sorted(by_stem.keys() - set(keys))


def _list_labels(folder: Path, files: FolderIndex) -> list[str]:
    """Sorted names of the files of labels.

    Raises:
        DatasetError: There are none.
    """
    files.mark_files(folder, SUFFIX)
    names = sorted(
        name
        for name in os.listdir(folder)
        if name.endswith(SUFFIX) and not is_hidden(name)
    )
    if not names:
        raise DatasetError(
            f'{folder}: holds no <id>{SUFFIX}{unpack_hint(folder)}'
        )
    return names


@lru_cache(maxsize=4096)
def decode_label(data: bytes) -> int | str:
    """The label in a .npy file, or what is wrong with it.

    The files hold one number, usually as text, in a 0-d array. Only what
    ``numpy.save`` writes for that is read: no pickle, no larger array.

    Args:
        data: The whole file.
    """
    if data[:6] != b'\x93NUMPY' or data[6:8] not in (b'\1\0', b'\2\0'):
        return f'no .npy file: it starts with {data[:8]!r}'
    width = 2 if data[6] == 1 else 4
    start = 8 + width
    end = start + int.from_bytes(data[8:start], 'little')
    header = data[start:end]
    match = _HEADER.fullmatch(header)
    if match is None:
        return (
            f'holds {header[:80]!r}; a 0-d array of one number, or of its '
            'text, is expected'
        )
    kind = match['type'].decode()
    if kind[1] not in 'USbiuf':
        return f'holds type {kind!r}; a number or text is expected'
    try:
        dtype = np.dtype(kind)
    except TypeError:
        return f'holds type {kind!r}; a number or text is expected'
    if not dtype.itemsize or len(data) - end != dtype.itemsize:
        return (
            f'holds {len(data) - end} bytes of data; {kind!r} needs '
            f'{dtype.itemsize}'
        )
    if kind[1] == 'U':  # of which numpy makes no text without a look
        code = np.dtype(np.uint32).newbyteorder(dtype.byteorder)
        codes = np.frombuffer(data, code, -1, end)
        if codes.max() > sys.maxunicode:
            return f'holds {data[end:]!r} as {kind!r}, which is no text'
    return _to_label(np.frombuffer(data, dtype, 1, end)[0])


def _to_label(value: object) -> int | str:
    """A scalar of numpy as an integer, or what is wrong with it."""
    if isinstance(value, bytes):
        value = value.decode('latin-1')
    if isinstance(value, str):
        label = parse_whole(value)
    elif isinstance(value, np.floating):
        label = int(value) if float(value).is_integer() else None
    else:
        label = int(value) if isinstance(value, np.integer) else None
    if label is None:
        return f'label {str(value)!r} is not an integer'
    return label


LAYOUT = Layout(
    '2021',
    lambda folder: bool(find_splits(folder)),
    (
        'train_set/images/*.jpg',
        'train_set/annotations/*_exp.npy',
        'val_set/annotations/*_exp.npy',
    ),
    read_labels,
)
