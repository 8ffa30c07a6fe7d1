"""A data set is a table: one row an image, one column a thing known of it.

Whatever a reader finds goes into the same columns, so that checks, splits,
folds and the cache are written once, on columns: a split, a fold or a part
that is held out is a mask.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

UNLABELLED = -(2**31)
"""The label of an image that has none; no list can say it."""

TEXTS = ('path', 'name', 'split', 'group', 'file')
"""Columns of text, '' where nothing is known: arrays of objects."""
NUMBERS = {'label': UNLABELLED, 'size': -1, 'row': -1, 'line': 0}
"""Columns of integers (int64) to what stands where nothing is known."""
WIDTHS = {'box': 4, 'score': 0, 'votes': 0}
"""Columns of several numbers (float64), NaN where nothing is known, to how
many they are; 0: as many as are given."""


@dataclasses.dataclass(frozen=True)
class Table:
    """Images of a data set, and all that is known of each.

    Made by :meth:`of`, which fills in the columns that are not given.

    Args:
        path: Of the image; of a row of an array, the file, ``#`` and the row.
        name: The image's, whatever the layout; held-out parts are chosen by
            it.
        label: In the data set's native order, from 0; as a list wrote it
            while it is read. :data:`UNLABELLED` where there is none.
        split: 'train', 'val' or 'test'.
        group: Subject or photograph, which no part may cut.
        box: (n, 4): left, top, right, bottom in pixels, of a face that is to
            be cropped.
        votes: (n, k), as they were given.
        score: (n, classes), shares of the native classes: a soft label.
        row: In an array, where images are no files.
        size: Bytes of the file; -1 where there is none.
        file: The list that the row was read from, '' for none.
        line: Of that list, from 1; 0 where it has no lines.
        extra: Columns that one data set declares, by name.
    """

    path: NDArray[Any]
    name: NDArray[Any]
    label: NDArray[np.int64]
    split: NDArray[Any]
    group: NDArray[Any]
    box: NDArray[np.float64]
    votes: NDArray[np.float64]
    score: NDArray[np.float64]
    row: NDArray[np.int64]
    size: NDArray[np.int64]
    file: NDArray[Any]
    line: NDArray[np.int64]
    extra: Mapping[str, NDArray[Any]]

    @classmethod
    def of(
        cls,
        path: Sequence[str] | NDArray[Any],
        *,
        extra: Mapping[str, ArrayLike] | None = None,
        **columns: ArrayLike,
    ) -> Table:
        """A table of these columns; one value stands for all rows.

        Raises:
            ValueError: The columns differ in length.
            TypeError: There is no such column.
        """
        count = len(path)
        made: dict[str, Any] = {}
        for name in TEXTS:
            given = path if name == 'path' else columns.pop(name, '')
            made[name] = _text(given, count)
        for name, nothing in NUMBERS.items():
            given = columns.pop(name, nothing)
            made[name] = _filled(np.asarray(given, np.int64), (count,))
        for name, width in WIDTHS.items():
            given = np.asarray(columns.pop(name, np.nan), np.float64)
            width = given.shape[1] if given.ndim == 2 else width
            made[name] = _filled(given, (count, width))
        if columns:
            raise TypeError(f'a table has no column {", ".join(columns)}')
        made['extra'] = {
            name: _extra(given, count) for name, given in (extra or {}).items()
        }
        return cls(**made)

    def __len__(self) -> int:
        return len(self.path)

    @property
    def labelled(self) -> NDArray[np.bool_]:
        """Mask of the rows that have a label."""
        return self.label != UNLABELLED

    def columns(self) -> Iterator[tuple[str, NDArray[Any]]]:
        """Name and values of every column, those of ``extra`` last."""
        for field in dataclasses.fields(self):
            if field.name != 'extra':
                yield field.name, getattr(self, field.name)
        yield from self.extra.items()

    def take(self, rows: NDArray[Any] | slice) -> Table:
        """The rows of a mask, a slice or an array of indices."""
        columns = {name: column[rows] for name, column in self.columns()}
        extra = {name: columns.pop(name) for name in self.extra}
        return Table(**columns, extra=extra)

    def replace(self, **columns: Any) -> Table:
        """The same rows with other columns, given as to :meth:`of`."""
        own = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
        }
        return Table.of(**{**own, **columns})

    def where(self, row: int) -> str:
        """Where a row was read: list and line, or the image itself."""
        if not self.file[row]:
            return str(self.path[row])
        line = f', line {self.line[row]}' if self.line[row] else ''
        return f'{self.file[row]}{line}'

    def counts(self, classes: int) -> tuple[int, ...]:
        """Labelled rows of each class."""
        counts = np.bincount(self.label[self.labelled], minlength=classes)
        return tuple(counts.tolist())

    def entries(
        self, order: Sequence[int], num_classes: int
    ) -> list[dict[str, Any]]:
        """MMEngine's data list.

        Args:
            order: Native label to the label to give.
            num_classes: Length of a soft label.
        """
        new = list(order)
        entries: list[dict[str, Any]] = [
            {'img_path': path, 'gt_label': new[label]}
            for path, label in zip(
                self.path.tolist(), self.label.tolist(), strict=True
            )
        ]
        for row in np.flatnonzero(~np.isnan(self.box).any(axis=1)):
            entries[row]['box'] = tuple(self.box[row].tolist())
        for row, group in enumerate(self.group.tolist()):
            if group:
                entries[row]['group'] = group
        known = ~np.isnan(self.score).any(axis=1) & bool(self.score.shape[1])
        for row in np.flatnonzero(known):
            score = np.zeros(num_classes, np.float32)
            score[new] = self.score[row]
            entries[row]['gt_score'] = score
        for row in np.flatnonzero(self.row >= 0):
            entries[row]['row'] = int(self.row[row])
        return entries


def join(tables: Sequence[Table]) -> Table:
    """The rows of several tables, which have the same columns, in order."""
    columns = [dict(table.columns()) for table in tables]
    joined = {
        name: np.concatenate([c[name] for c in columns]) for name in columns[0]
    }
    extra = {name: joined.pop(name) for name in tables[0].extra}
    return Table(**joined, extra=extra)


def _text(given: Any, count: int) -> NDArray[Any]:
    if isinstance(given, str):
        column = np.empty(count, object)
        column[:] = given
        return column
    return _filled(np.asarray(given, object), (count,))


def _extra(given: Any, count: int) -> NDArray[Any]:
    """Text stays Python's: an array of numpy's own drops a NUL at its end."""
    if isinstance(given, str) or (count and isinstance(given[0], str)):
        return _text(given, count)
    column = np.asarray(given)
    return _filled(column, (count, *column.shape[1:]))


def _filled(column: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """The column, where one value stands for all rows in each of them.

    Raises:
        ValueError: It has another length.
    """
    if column.ndim == 0 or column.shape == shape:
        return np.full(shape, column) if column.ndim == 0 else column
    raise ValueError(f'a column of shape {column.shape}; expected {shape}')
