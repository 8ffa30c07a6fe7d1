"""A table as a file: a zip of JSON, text and plain arrays, no pickle."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..table import NUMBERS, TEXTS, Table

_UTF8 = ('utf-8', 'surrogateescape')
_EXTRA = 'extra.'
"""Stands before the names of the columns that a data set declares."""


def pack(head: dict[str, Any], table: Table, file: Any) -> None:
    """Write a table, and a head of plain values, to an open binary file.

    Columns of which nothing is known are left out.
    """
    folders: dict[str, int] = {}
    split = [os.path.split(path) for path in table.path.tolist()]
    texts: dict[str, Iterable[str]] = {'path': [name for _, name in split]}
    arrays: dict[str, np.ndarray] = {
        'folder': np.array(
            [folders.setdefault(folder, len(folders)) for folder, _ in split],
            np.int32,
        )
    }
    for name, column in table.columns():
        own = f'{_EXTRA}{name}' if name in table.extra else name
        if name == 'path' or _is_empty(name, column):
            continue
        if column.dtype.hasobject:
            texts[own] = column.tolist()
        else:
            arrays[own] = column
    head = dict(head, folders=list(folders), count=len(table))
    with zipfile.ZipFile(file, 'w') as archive:
        archive.writestr('head.json', json.dumps(head))
        for name, lines in texts.items():
            archive.writestr(f'{name}.txt', '\0'.join(lines).encode(*_UTF8))
        for name, array in arrays.items():
            with archive.open(f'{name}.npy', 'w') as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def _is_empty(name: str, column: np.ndarray) -> bool:
    """Whether nothing is known of any row."""
    if name in TEXTS:
        return not column.any()
    if name in NUMBERS:
        return bool((column == NUMBERS[name]).all())
    return column.dtype.kind == 'f' and bool(np.isnan(column).all())


def unpack(head: dict[str, Any], archive: zipfile.ZipFile) -> Table:
    """Read a table back.

    Raises:
        ValueError: Columns differ in length.
        KeyError: One is missing. Damage is zipfile's and zlib's to raise.
        TypeError: There is one that no table has.
    """
    count = int(head['count'])
    columns: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for member in archive.namelist():
        name, suffix = os.path.splitext(member)
        if suffix == '.json':
            continue
        values: Any
        if suffix == '.txt':
            lines = archive.read(member).decode(*_UTF8).split('\0')
            values = np.array(lines if count else [], object)
        else:
            with archive.open(member) as file:
                values = np.lib.format.read_array(file, allow_pickle=False)
        if len(values) != count:
            raise ValueError(
                f'{member} holds {len(values)} values, expected {count}'
            )
        own = extra if name.startswith(_EXTRA) else columns
        own[name.removeprefix(_EXTRA)] = values
    prefixes = [f'{folder}/' if folder else '' for folder in head['folders']]
    paths = [
        prefixes[folder] + name
        for folder, name in zip(
            columns.pop('folder').tolist(), columns.pop('path'), strict=True
        )
    ]
    return Table.of(paths, extra=extra, **columns)
