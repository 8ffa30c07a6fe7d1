"""Label lists: one image and one label a line.

Two forms are read. Space separated: ``name label``, or ``name label kind``
where most lines have three fields (occlusion lists). Comma separated, see
:mod:`~.tables`: ``image,label``, header optional. A byte-order mark,
CRLF and blank lines change no label: they are passed over and logged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import DatasetError
from .files import FolderIndex
from .report import ReadReport
from .tables import Row as CsvRow
from .tables import (
    find_columns,
    good_rows,
    parse_whole,
    read_rows,
    text_lines,
)

LABEL_BASES = ('auto', 0, 1)
_COMMA = re.compile('[,;|]')
_CONTROL = re.compile(r'[\x00-\x1f\x7f]')


@dataclass(frozen=True)
class Row:
    """One line of a list; ``label`` counts from 0 once it is returned."""

    line: int
    name: str
    label: int


def read_label_list(
    path: Path,
    problems: ReadReport,
    *,
    num_classes: int = 7,
    base: int | str = 'auto',
    hint: str = '',
    files: FolderIndex | None = None,
) -> list[Row]:
    """Read a label list.

    Args:
        path: The list; .csv, or one with commas, is comma separated.
        problems: Takes malformed lines.
        num_classes: Labels are base .. base + num_classes - 1.
        base: 0, 1 or 'auto': a list with a 0 counts from 0, one with
            ``num_classes`` from 1; both or neither is an error.
        hint: Added to the error of a label out of range.
        files: Reads the list, and remembers that it did.

    Returns:
        Rows in the order of the file, labels from 0.

    Raises:
        DatasetError: The list cannot be read, holds nothing, its base is
            not clear, it is another set's, or (``on_error='raise'``) a line
            is malformed.
    """
    lines = text_lines((files or FolderIndex()).text(path))
    first = next((line for line in lines if line.strip()), '')
    if path.suffix.lower() == '.csv' or _COMMA.search(first):
        found = list(
            good_rows(path, read_rows(path, lines, problems), problems)
        )
        numbered = _image_and_label(path, found, problems)
    else:
        numbered = [
            (number, line.split())
            for number, line in enumerate(lines, 1)
            if line.strip()
        ]
        if len(lines) > len(numbered):
            blank = len(lines) - len(numbered)
            problems.note(f'{path}: passed over {blank} blank lines')
    rows = _parse(path, numbered, problems)
    if not rows:
        raise DatasetError(f'{path}: holds no line "name label"')
    if base == 'auto':
        base = _find_base(path, rows, num_classes)
    return _rebase(path, rows, int(base), num_classes, problems, hint)


def _image_and_label(
    path: Path, rows: Sequence[CsvRow], problems: ReadReport
) -> list[tuple[int, list[str]]]:
    """Lines and fields, of the header's two columns if there is one.

    The first row is dropped if it is the header, and only then.
    """
    numbered = [(row.line, row.fields) for row in rows]
    if not numbered:
        return numbered
    number, fields = numbered[0]
    places = find_columns(fields, 'image', 'label')
    if places is None:
        if len(fields) >= 2 and parse_whole(fields[1]) is not None:
            return numbered
        raise DatasetError(
            f'{path}, line {number}: header is {",".join(fields)!r}; '
            "expected 'image,label', or no header"
        )
    chosen = []
    for line, own in numbered[1:]:
        if len(own) == len(fields):
            chosen.append((line, [own[place] for place in places]))
            continue
        problems.add(
            'wrong number of fields',
            f'{path}, line {line}: {len(own)} fields {" ".join(own)!r}; '
            f'expected {len(fields)}: {",".join(fields)!r}',
        )
    return chosen


def _parse(
    path: Path,
    numbered: Sequence[tuple[int, list[str]]],
    problems: ReadReport,
) -> list[Row]:
    """Fields to rows, labels as written."""
    three = sum(len(fields) == 3 for _, fields in numbered)
    width = 3 if 2 * three > len(numbered) else 2
    form = 'name label kind' if width == 3 else 'name label'
    rows = []
    for number, fields in numbered:
        where = f'{path}, line {number}'
        if len(fields) != width:
            problems.add(
                'wrong number of fields',
                f'{where}: {len(fields)} fields {" ".join(fields)!r}; '
                f'expected {width}: {form!r}',
            )
        elif (label := parse_whole(fields[1])) is None:
            problems.add(
                'label not an integer',
                f'{where}: label {fields[1]!r} is not an integer',
            )
        elif not fields[0] or _CONTROL.search(fields[0]):
            problems.add('bad name', f'{where}: {fields[0]!r} is no file name')
        else:
            rows.append(Row(number, fields[0], label))
    return rows


def _find_base(path: Path, rows: Sequence[Row], num_classes: int) -> int:
    """0 or 1, where the labels tell."""
    first = {row.label: row.line for row in reversed(rows)}
    low, high = first.get(0), first.get(num_classes)
    if low is not None and high is not None:
        raise DatasetError(
            f'{path}: labels 0 (line {low}) and {num_classes} (line {high}) '
            'both occur, so it counts neither from 0 nor from 1; mend it, '
            'or set label_base=0 or label_base=1'
        )
    if low is None and high is None:
        raise DatasetError(
            f'{path}: neither label 0 nor {num_classes} occurs, so whether '
            'it counts from 0 or from 1 is ambiguous; set label_base=0 or '
            'label_base=1'
        )
    return 0 if high is None else 1


def _rebase(
    path: Path,
    rows: Sequence[Row],
    base: int,
    num_classes: int,
    problems: ReadReport,
    hint: str,
) -> list[Row]:
    """Labels from 0; those out of range become problems."""
    last = base + num_classes - 1
    bad = [row for row in rows if not base <= row.label <= last]
    values = sorted({row.label for row in bad})
    if len(values) > 2:
        raise DatasetError(
            f'{path}: labels {values} are outside {base}..{last} '
            f'({len(bad)} of {len(rows)} lines, first: line {bad[0].line}): '
            f'another set{hint}'
        )
    for row in bad:
        problems.add(
            'label out of range',
            f'{path}, line {row.line}: label {row.label} of {row.name!r} is '
            f'outside {base}..{last}{hint}',
        )
    return [
        Row(row.line, row.name, row.label - base)
        for row in rows
        if base <= row.label <= last
    ]
