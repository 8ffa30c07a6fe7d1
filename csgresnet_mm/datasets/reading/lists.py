"""Lists: one image a line, whatever separates what is said of it.

A list becomes a table whose columns hold the fields as they were written;
what they should be is for :mod:`~.checks`. Two forms are read: fields between
white space, and those of :mod:`~.delimited`, which may begin with a header. A
byte-order mark, CRLF and blank lines change nothing: the latter are counted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ..errors import DatasetError
from .columns import parse_whole
from .delimited import Row, find_columns, parse_rows
from .files import text_lines
from .report import ParseProblem, ReadReport
from .table import Table

_SEPARATED = re.compile('[,;|]')


class Form(NamedTuple):
    """What a list looks like.

    Args:
        columns: Of a list without header, in order. A header names them in
            any order, by these names or by those of :data:`~.delimited.NAMES`.
        separated: Whether a delimiter separates them: False for white space,
            None where the list itself shows it.
        numbers: The columns that hold a whole number in every row: a first
            row where they do not is a header. None: there is no header.
        optional: How many of the last columns may be missing in all rows.
        line: What a line is, for errors; the columns by default.
        header: Whether the list has to begin with a header.
    """

    columns: Sequence[str]
    separated: bool | None = None
    numbers: Sequence[str] | None = None
    optional: int = 0
    line: str = ''
    header: bool = False

    def shown(self, width: int | None = None) -> str:
        """The first columns, or those that are needed, as a line."""
        width = width or len(self.columns) - self.optional
        if self.line:
            return ' '.join(self.line.split()[:width])
        mark = ' ' if self.separated is False else ','
        return mark.join(self.columns[:width])


class Listed(NamedTuple):
    """A list as it was read.

    ``table`` has a column of text, in ``extra``, for each of the form's, and
    no image yet. ``blank`` lines were passed over. ``header`` says whether
    the list began with one.
    """

    table: Table
    problems: list[ParseProblem]
    blank: int
    header: bool


def read_list(path: Path, text: str, form: Form) -> Listed:
    """Read a list of images.

    Args:
        path: Named in errors.
        text: What it holds, with LF ends and no byte-order mark.
        form: What it looks like.

    Raises:
        DatasetError: It has a header that does not name the columns.
    """
    lines = text_lines(text)
    first = next((line for line in lines if line.strip()), '')
    separated = form.separated
    if separated is None:
        separated = path.suffix.lower() == '.csv' or bool(
            _SEPARATED.search(first)
        )
    if separated:
        parsed = list(parse_rows(lines, len(form.columns) - form.optional))
    else:
        parsed = [
            Row(number, line.split(), line)
            for number, line in enumerate(lines, 1)
        ]
    rows = [row for row in parsed if row.fields]
    places, header = range(len(form.columns)), False
    if form.header or (separated and form.numbers is not None and rows):
        first_row = rows[0] if rows else Row(1, [], '')
        places, header = _header(path, first_row, form)
    blank = len(parsed) - len(rows)
    return _collect(path, rows, form, places, header, blank)


def _header(path: Path, row: Row, form: Form) -> tuple[Sequence[int], bool]:
    """Where the columns are, and whether the first row says so.

    A row that is data is not lost.
    """
    needed = form.columns[: len(form.columns) - form.optional]
    places = find_columns(row.fields, *needed)
    if places is not None:
        return places, True
    if form.header:
        raise DatasetError(
            f'{path}, line {row.line}: header is {row.text[:60]!r}; expected '
            f'{form.shown()!r}'
        )
    fields = dict(zip(form.columns, row.fields, strict=False))
    whole = [fields.get(name) for name in form.numbers or ()]
    if all(text and parse_whole(text) is not None for text in whole):
        return range(len(form.columns)), False
    raise DatasetError(
        f'{path}, line {row.line}: header is {",".join(row.fields)!r}; '
        f'expected {",".join(needed)!r}, or no header'
    )


def _collect(
    path: Path,
    rows: Sequence[Row],
    form: Form,
    places: Sequence[int],
    header: bool,
    blank: int,
) -> Listed:
    """Rows of the right width as columns; the others are problems."""
    shown = form.shown()
    width = len(form.columns) - form.optional
    if header:
        names = form.columns[:width]
        width, shown = len(rows[0].fields), ','.join(rows[0].fields)
        rows = rows[1:]
    else:
        whole = sum(len(row.fields) == len(form.columns) for row in rows)
        if 2 * whole > len(rows):
            width = len(form.columns)
            shown = form.shown(width)
        names = form.columns[:width]
    mark = ' ' if form.separated is not True else ','
    columns: list[list[str]] = [[] for _ in names]
    numbers: list[int] = []
    problems: list[ParseProblem] = []
    for row in rows:
        problem = _wrong(row, width, mark, shown)
        if problem is not None:
            cause, text = problem
            place = (len(numbers), str(path), row.line)
            problems.append(ParseProblem(*place, cause, row.text, text))
            continue
        numbers.append(row.line)
        for column, spot in zip(columns, places, strict=False):
            column.append(row.fields[spot])
    table = Table.of(
        [''] * len(numbers),
        file=str(path),
        line=numbers,
        extra=dict(zip(names, columns, strict=True)),
    )
    return Listed(table, problems, blank, header)


def _wrong(
    row: Row, width: int, mark: str, shown: str
) -> tuple[str, str] | None:
    """Why a row has not the fields expected: cause and text; or None."""
    if row.error:
        return 'bad quotes', f'no CSV: {row.error}: {row.text[:60]!r}'
    if len(row.fields) == width:
        return None
    return (
        'wrong number of fields',
        f'{len(row.fields)} fields {mark.join(row.fields)!r}; expected '
        f'{width}: {shown!r}',
    )


def require_rows(
    path: Path, listed: Listed, table: Table, form: Form, report: ReadReport
) -> None:
    """Report blank lines, and refuse a list of which nothing is left.

    Raises:
        DatasetError: The table is empty.
    """
    report.note_blank(path, listed.blank)
    if not len(table):
        raise DatasetError(f'{path}: holds no line "{form.shown()}"')
