"""The one reader of comma separated lists, as pandas and Excel write them.

Fields may be quoted, and separated by commas, semicolons, tabs or bars;
delimiters at the end of lines and lines of nothing else are no fields. A list
need not begin with a header; its columns are found by their names if it does.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from .report import ReadReport

DELIMITERS = (',', ';', '\t', '|')
NAMES: Mapping[str, tuple[str, ...]] = {
    'image': (
        'image',
        'imagename',
        'imagepath',
        'img',
        'imgname',
        'imgpath',
        'filename',
        'filepath',
        'file',
        'path',
        'pth',
        'name',
        'number',
        'id',
    ),
    'label': ('label', 'labels', 'class', 'emotion', 'expression', 'exp'),
    'split': ('split', 'phase', 'usage', 'set', 'subset'),
}
"""What a column holds to its names, without case, blanks and underscores."""

_MARKS = re.compile(r'[\s_-]+')
_SEPARATOR = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_LONGEST = 5
"""Lines that a quoted field may run over."""


class Row(NamedTuple):
    """A row, its fields without blanks around them.

    ``error`` says why its quotes are no CSV; then the line is its one field.
    """

    line: int
    fields: list[str]
    text: str
    error: str = ''


def find_delimiter(line: str, least: int = 2) -> str:
    """The first delimiter that gives so many fields, else most of them.

    >>> find_delimiter('a.png,"(0; 0; 48; 48)",4')
    ','
    >>> find_delimiter('a.png;0,5;4', 3)
    ';'
    """
    counts = {}
    for mark in DELIMITERS:
        try:
            counts[mark] = len(split_fields(line, mark)) if mark in line else 1
        except csv.Error:
            counts[mark] = 1
        if counts[mark] >= least:
            return mark
    return max(counts, key=lambda mark: counts[mark])


def split_fields(line: str, delimiter: str) -> list[str]:
    """The fields of a line, without blanks around them.

    Raises:
        csv.Error: Its quotes are no CSV.
    """
    if (
        '"' not in line and '\r' not in line
    ):  # what the csv module does, without making a reader
        fields = line.split(delimiter)
        if ' ' in line or '\t' in line or not line.isascii():
            return [field.strip() for field in fields]
        return fields
    reader = csv.reader(
        [f'{part}\n' for part in line.split('\n')],
        delimiter=delimiter,
        skipinitialspace=True,
        strict=True,
    )
    return [field.strip() for field in next(reader)]


def trim(fields: list[str], width: int) -> list[str]:
    """Without empty fields beyond the last column."""
    while len(fields) > width and not fields[-1]:
        del fields[-1]
    return fields


def parse_rows(lines: Iterable[str], least: int = 2) -> Iterator[Row]:
    """The rows of a list; a blank line is one without fields.

    Args:
        lines: Without a byte-order mark; line ends may be there or not.
        least: Fields that the delimiter must give, if any does.
    """
    numbered = enumerate(lines, 1)
    ahead: deque[tuple[int, str]] = deque()
    delimiter, width = '', 0
    while True:
        number, line = ahead.popleft() if ahead else next(numbered, (0, ''))
        if not number:
            return
        text = line.rstrip('\r\n')
        if not delimiter and (mark := _SEPARATOR.fullmatch(text.strip())):
            delimiter = mark[1]  # Excel's own first line
            continue
        if not text or text.isspace():
            yield Row(number, [], text)
            continue
        delimiter = delimiter or find_delimiter(text, least)
        try:
            row = Row(number, split_fields(text, delimiter), text)
        except csv.Error as error:
            ahead += itertools.islice(numbered, _LONGEST - len(ahead))
            row = _join(number, text, ahead, delimiter, width, str(error))
        if not row.fields[-1]:
            trim(row.fields, width)
            if not any(row.fields):
                row.fields.clear()
        width = width or len(row.fields)
        yield row


def read_rows(
    path: Path, lines: Iterable[str], report: ReadReport, least: int = 2
) -> Iterator[Row]:
    """Those of :func:`parse_rows` that are not blank; which are reported."""
    blank = 0
    for row in parse_rows(lines, least):
        if row.fields:
            yield row
        else:
            blank += 1
    report.note_blank(path, blank)


def _join(
    number: int,
    text: str,
    ahead: deque[tuple[int, str]],
    delimiter: str,
    width: int,
    error: str,
) -> Row:
    """The row whose quoted field runs over the next lines, if it does."""
    whole = text
    for count, (_, line) in enumerate(ahead, 1):
        whole += '\n' + line.rstrip('\r\n')
        try:
            fields = trim(split_fields(whole, delimiter), width)
        except csv.Error:
            continue
        if width in (0, len(fields)):
            for _ in range(count):
                ahead.popleft()
            return Row(number, fields, whole)
    return Row(number, [text.strip()], text, error)


def good_rows(
    path: Path, rows: Iterable[Row], report: ReadReport
) -> Iterator[Row]:
    """The rows whose quotes are CSV; another one is a problem."""
    for row in rows:
        if row.error:
            report.add(
                'bad quotes',
                f'{path}, line {row.line}: no CSV: {row.error}: '
                f'{row.text[:60]!r}',
            )
        else:
            yield row


def find_columns(fields: Sequence[str], *kinds: str) -> list[int] | None:
    """Where a header names these columns, each once; else None.

    >>> find_columns(['', 'Image Name', 'label'], 'image', 'label')
    [1, 2]
    """
    names = [_MARKS.sub('', field.lower()) for field in fields]
    places = []
    for kind in kinds:
        words = NAMES.get(kind, (_MARKS.sub('', kind),))
        known = [name for name in words if name in names]
        if not known or names.count(known[0]) > 1:
            return None
        places.append(names.index(known[0]))
    return places if len(set(places)) == len(places) else None
