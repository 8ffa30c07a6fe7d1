"""An index as a file: a zip of JSON, text and plain arrays, no pickle."""

from __future__ import annotations

import json
import os
import zipfile
from typing import Any, NamedTuple

import numpy as np

from .sample import Sample

_UTF8 = ('utf-8', 'surrogateescape')


class Index(NamedTuple):
    """What reading a split gave."""

    samples: list[Sample]
    sizes: np.ndarray
    layout: str


def pack(head: dict[str, Any], index: Index, file: Any) -> None:
    """Write an index, and a head of plain values, to an open binary file."""
    samples = index.samples
    folders: dict[str, int] = {}
    split = [os.path.split(sample.path) for sample in samples]
    arrays: dict[str, np.ndarray] = {
        'folder': np.array(
            [folders.setdefault(folder, len(folders)) for folder, _ in split],
            np.int32,
        ),
        'label': np.array([sample.label for sample in samples], np.int32),
        'size': index.sizes,
    }
    if any(sample.box is not None for sample in samples):
        arrays['box'] = np.array(
            [sample.box or [np.nan] * 4 for sample in samples], np.float64
        )
    if any(sample.score is not None for sample in samples):
        width = max(len(sample.score or ()) for sample in samples)
        arrays['score'] = np.array(
            [sample.score or [np.nan] * width for sample in samples],
            np.float64,
        )
    if any(sample.row is not None for sample in samples):
        arrays['row'] = np.array(
            [-1 if sample.row is None else sample.row for sample in samples],
            np.int64,
        )
    head = dict(head, folders=list(folders), count=len(samples))
    texts = {
        'names': [name for _, name in split],
        'keys': [sample.key for sample in samples],
        'groups': [sample.group for sample in samples],
    }
    with zipfile.ZipFile(file, 'w') as archive:
        archive.writestr('head.json', json.dumps(head))
        for name, lines in texts.items():
            archive.writestr(name, '\0'.join(lines).encode(*_UTF8))
        for name, array in arrays.items():
            with archive.open(f'{name}.npy', 'w') as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def unpack(head: dict[str, Any], archive: zipfile.ZipFile) -> Index:
    """Read an index back.

    Raises:
        ValueError: Columns differ in length.
        KeyError: One is missing. Damage is zipfile's and zlib's to raise.
    """
    count = int(head['count'])
    members = set(archive.namelist())

    def texts(name: str) -> list[str]:
        lines = archive.read(name).decode(*_UTF8).split('\0')
        return _counted(name, lines if count else [], count)

    def array(name: str) -> np.ndarray:
        with archive.open(f'{name}.npy') as member:
            found = np.lib.format.read_array(member, allow_pickle=False)
        return _counted(name, found, count)

    def optional(name: str) -> list[Any]:
        if f'{name}.npy' not in members:
            return [None] * count
        found = array(name)
        if name == 'row':
            return [None if row < 0 else row for row in found.tolist()]
        missing = np.isnan(found).any(axis=1).tolist()
        return [
            None if skip else tuple(values)
            for skip, values in zip(missing, found.tolist(), strict=True)
        ]

    prefixes = [f'{folder}/' if folder else '' for folder in head['folders']]
    paths = [
        prefixes[folder] + name
        for folder, name in zip(
            array('folder').tolist(), texts('names'), strict=True
        )
    ]
    columns = (
        paths,
        array('label').tolist(),
        texts('keys'),
        optional('box'),
        texts('groups'),
        optional('score'),
        optional('row'),
    )
    samples = list(map(Sample._make, zip(*columns, strict=True)))
    return Index(samples, array('size'), head['layout'])


def _counted(name: str, found: Any, count: int) -> Any:
    if len(found) != count:
        raise ValueError(f'{name} holds {len(found)} values, expected {count}')
    return found
