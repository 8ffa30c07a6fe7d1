"""AffectNet as released in 2021: one .npy file a label."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from .affectnet_entries import Entry, to_samples
from .errors import DatasetError
from .reading.files import FolderIndex, image_stem, is_hidden, unpack_hint
from .reading.folders import find_split_folders
from .reading.layouts import Layout
from .reading.report import ReadReport
from .reading.small_files import read_small_files
from .reading.tables import parse_whole
from .sample import Sample

SUFFIX = '_exp.npy'
_HEADER = re.compile(
    rb'\{\'descr\': \'(?P<type>[<>=|][a-zA-Z][0-9]{0,6})\', '
    rb'\'fortran_order\': (?:True|False), \'shape\': \((?:1,)?\), \} *\n'
)


def find_splits(folder: Path) -> dict[str, Path]:
    """Split to its folder, for sub-folders that hold ``annotations``.

    Raises:
        DatasetError: Two folders are the same split.
    """
    splits = find_split_folders(folder, _has_annotations)
    splits.pop('', None)
    return splits


def _has_annotations(folder: Path) -> bool:
    return (folder / 'annotations').is_dir()


def read_npy_labels(
    folder: Path, num_classes: int, files: FolderIndex, problems: ReadReport
) -> list[Sample]:
    """The images of ``<folder>/images`` with ``<folder>/annotations``.

    Args:
        folder: train_set or val_set.
        num_classes: 7 or 8.
        files: Scans folders.
        problems: Takes unreadable labels, and those whose image is missing.

    Raises:
        DatasetError: A folder is missing, or holds no labels.
    """
    annotations, images = folder / 'annotations', folder / 'images'
    for path in (annotations, images):
        if not path.is_dir():
            raise DatasetError(
                f'{path}: no such folder; expected images/<id>.jpg and '
                f'annotations/<id>{SUFFIX}{unpack_hint(folder, folder.parent)}'
            )
    files.mark_files(annotations, SUFFIX)
    names = sorted(
        name
        for name in os.listdir(annotations)
        if name.endswith(SUFFIX) and not is_hidden(name)
    )
    if not names:
        raise DatasetError(
            f'{annotations}: holds no <id>{SUFFIX}{unpack_hint(annotations)}'
        )
    labels = _read_labels(str(annotations), names, problems)
    by_stem = images_by_stem(str(images), files)
    entries = []
    for name, label in zip(names, labels, strict=True):
        if label is not None:
            key = name[: -len(SUFFIX)]
            image = by_stem.get(key, f'{key}.jpg')
            entries.append(Entry(str(images), image, label))
    _warn_unlabelled(images, set(by_stem), names, problems)
    return to_samples(
        str(annotations),
        entries,
        num_classes,
        files,
        problems,
        lambda entry: f'{annotations}/{image_stem(entry.name)}{SUFFIX}',
    )


def images_by_stem(folder: str, files: FolderIndex) -> dict[str, str]:
    """Name without suffix to the name of the image.

    Raises:
        DatasetError: Two images have one name.
    """
    by_stem: dict[str, str] = {}
    for name in files.images(folder):
        first = by_stem.setdefault(image_stem(name), name)
        if first != name:
            raise DatasetError(
                f'{folder}: {first} and {name} belong to the same label'
            )
    return by_stem


def _warn_unlabelled(
    images: Path, stems: set[str], names: Sequence[str], problems: ReadReport
) -> None:
    left = sorted(stems.difference(name[: -len(SUFFIX)] for name in names))
    if left:
        problems.warn(
            f'{images}: {len(left)} images have no annotations/<id>{SUFFIX} '
            f'(first: {left[0]!r}) and are left out'
        )


def _read_labels(
    folder: str, names: Sequence[str], problems: ReadReport
) -> list[int | None]:
    """Label of each file; None where it cannot be read."""
    labels: list[int | None] = []
    for name, data in zip(
        names, read_small_files(folder, names, 'labels'), strict=True
    ):
        label = decode_label(data) if isinstance(data, bytes) else data
        if isinstance(label, str):
            problems.add('unreadable label', f'{folder}/{name}: {label}')
        labels.append(label if isinstance(label, int) else None)
    return labels


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
)
