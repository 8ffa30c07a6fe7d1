"""A table as a file: a zip of JSON, text and plain arrays, no pickle."""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..reading.table import NUMBERS, TEXTS, Table

DAMAGED = (
    OSError,
    EOFError,
    MemoryError,  # a shape that is not the array's
    RuntimeError,  # zipfile's, where a damaged flag says encrypted
    zipfile.BadZipFile,
    zlib.error,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,  # a head of another shape
)
"""What reading a damaged file of ours may raise."""
_UTF8 = ('utf-8', 'surrogateescape')
_EXTRA = 'extra.'
"""Stands before the names of the columns that a data set declares."""


def pack(head: dict[str, Any], table: Table, file: Any) -> None:
    """Write a table, and a head of plain values, to an open binary file.

    Columns of which nothing is known are left out. Of text, each value is
    written once, with the rows' numbers of them; a path is a folder's number
    and a name.
    """
    split = [os.path.split(path) for path in table.path.tolist()]
    texts: dict[str, Iterable[str]] = {'path': [name for _, name in split]}
    arrays: dict[str, np.ndarray] = {}
    values: dict[str, list[str]] = {}
    values['path'], arrays['path'] = _numbered([place for place, _ in split])
    for name, column in table.columns():
        key = f'{_EXTRA}{name}' if name in table.extra else name
        if name == 'path' or _is_empty(name, column):
            continue
        if name == 'name':
            texts[key] = column.tolist()
        elif column.dtype.hasobject:
            values[key], arrays[key] = _numbered(column.tolist())
        else:
            arrays[key] = column
    members = [f'{name}.txt' for name in texts]
    members += [f'{name}.npy' for name in arrays]
    head = dict(head, values=values, count=len(table), members=members)
    with zipfile.ZipFile(file, 'w') as archive:
        archive.writestr('head.json', json.dumps(head))
        for name, lines in texts.items():
            archive.writestr(f'{name}.txt', '\0'.join(lines).encode(*_UTF8))
        for name, array in arrays.items():
            with archive.open(f'{name}.npy', 'w') as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def _numbered(column: list[str]) -> tuple[list[str], np.ndarray]:
    """The values of a column, each once, and the number of each row's."""
    number_of: dict[str, int] = {}
    numbers = [number_of.setdefault(value, len(number_of)) for value in column]
    return list(number_of), np.array(numbers, np.int32)


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
    values = head['values']
    columns: dict[str, Any] = {}
    texts: dict[str, list[str]] = {}
    for member in head['members']:
        name, suffix = os.path.splitext(member)
        column: Any
        if suffix == '.txt':
            column = archive.read(member).decode(*_UTF8).split('\0')
            texts[name] = column = column if count else []
        else:
            with archive.open(member) as file:
                column = np.lib.format.read_array(file, allow_pickle=False)
            columns[name] = column
        if len(column) != count:
            raise ValueError(
                f'{member} holds {len(column)} values, expected {count}'
            )
    folders = [f'{folder}/' if folder else '' for folder in values['path']]
    paths = [
        folders[number] + name
        for number, name in zip(
            columns.pop('path').tolist(), texts.pop('path'), strict=True
        )
    ]
    for name in values.keys() & columns.keys():
        columns[name] = np.array(values[name], object)[columns[name]]
    extra = {
        name.removeprefix(_EXTRA): columns.pop(name)
        for name in list(columns)
        if name.startswith(_EXTRA)
    }
    return Table.of(paths, extra=extra, **columns, **texts)
