"""FER+'s two files of votes, which differ.

``fer2013new.csv`` has a header, and one line for every row of FER2013's CSV.
``FER2013{Train,Valid,Test}/label.csv`` has none: a name, a box and ten votes
for every image that has a name. The authors' later script writes label.csv
without the box, from ``fer2013new.csv``: its votes are that file's.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from .errors import DatasetError, Problems
from .fer_line import USAGES
from .fer_names import SPLITS

COLUMNS = (
    'neutral',
    'happiness',
    'surprise',
    'sadness',
    'anger',
    'disgust',
    'fear',
    'contempt',
    'unknown',
    'NF',
)
NEW_VOTES = 'fer2013new.csv'
LABEL_CSV = 'label.csv'
FOLDERS = {
    'train': 'FER2013Train',
    'val': 'FER2013Valid',
    'test': 'FER2013Test',
}
HEADER = ('Usage', 'Image name', *COLUMNS)
BOX = '(0, 0, 48, 48)'
_NUM_VOTES = 10
_INTEGER = re.compile('[0-9]{1,6}')


class VoteRow(NamedTuple):
    """Votes on one image; ``row`` counts the rows of the file from 0."""

    line: int
    row: int
    split: str
    name: str
    votes: tuple[int, ...]


class VoteFile(NamedTuple):
    """The well formed rows of a file, and how many there are in all.

    ``boxed``: whether it has boxes, and so votes of its own.
    """

    path: Path
    rows: list[VoteRow]
    total: int
    boxed: bool = False


class _Line(NamedTuple):
    number: int
    text: str
    fields: list[str]


def read_new_votes(path: Path, text: str, problems: Problems) -> VoteFile:
    """Read ``fer2013new.csv``.

    Args:
        path: Named in messages.
        text: What it holds.
        problems: Takes malformed lines.

    Raises:
        DatasetError: The header is wrong.
    """
    first, _, rest = text.partition('\n')
    header = tuple(field.strip().lower() for field in first.split(','))
    if header != tuple(name.lower() for name in HEADER):
        raise DatasetError(
            f'{path}, line 1: header is {first[:80]!r}; expected '
            f'{",".join(HEADER)!r}'
        )
    lines = _split_lines(path, rest, 2, problems)
    rows = []
    for row, line in enumerate(lines):
        votes = _read_votes(path, line, len(HEADER), problems)
        if votes is None:
            continue
        usage, name = line.fields[:2]
        if usage not in USAGES:
            problems.add(
                'unknown Usage',
                f'{path}, line {line.number}: Usage {usage!r} is unknown; '
                f'expected one of {", ".join(USAGES)}',
            )
        elif _is_file_name(path, line, name, problems):
            split = SPLITS[USAGES.index(usage)]
            rows.append(VoteRow(line.number, row, split, name, votes))
    return VoteFile(path, rows, len(lines))


def read_label_csv(
    path: Path, text: str, split: str, problems: Problems
) -> VoteFile:
    """Read a ``label.csv``.

    Args:
        path: Named in messages.
        text: What it holds.
        split: Of the folder it lies in.
        problems: Takes malformed lines.
    """
    lines = _split_lines(path, text, 1, problems)
    widths = [len(line.fields) for line in lines]
    boxed = widths.count(_NUM_VOTES + 2) >= widths.count(_NUM_VOTES + 1)
    rows = []
    for row, line in enumerate(lines):
        votes = _read_votes(path, line, _NUM_VOTES + 1 + boxed, problems)
        if votes is None:
            continue
        name = line.fields[0]
        if boxed and line.fields[1] != BOX:
            problems.add(
                'bad box',
                f'{path}, line {line.number}: box {line.fields[1]!r}; '
                f'expected {BOX!r}, the whole image',
            )
        elif not name:
            problems.add(
                'missing name', f'{path}, line {line.number}: no image name'
            )
        elif _is_file_name(path, line, name, problems):
            rows.append(VoteRow(line.number, row, split, name, votes))
    return VoteFile(path, rows, len(lines), boxed)


def note_sums(votes: VoteFile, problems: Problems) -> None:
    """Log rows with more or fewer than ten votes; they are kept."""
    odd = [row for row in votes.rows if sum(row.votes) != _NUM_VOTES]
    if odd:
        problems.note(
            f'{votes.path}: the votes of {len(odd)} rows do not sum to '
            f'{_NUM_VOTES} (first: line {odd[0].line}, {sum(odd[0].votes)})'
        )


def _split_lines(
    path: Path, text: str, first: int, problems: Problems
) -> list[_Line]:
    """Lines with their fields; one that is no CSV is one field."""
    lines = []
    texts = text.split('\n')
    for number, line in enumerate(texts, first):
        if not line.strip():
            continue
        fields = [line]
        if '"' not in line:
            fields = line.split(',')
        elif line.count('"') % 2 == 0 and len(line) < 1000:
            fields = next(csv.reader([line]))
        lines.append(_Line(number, line, [field.strip() for field in fields]))
    blank = len(texts) - len(lines) - (not texts[-1].strip())
    if blank > 0:
        problems.note(f'{path}: passed over {blank} blank lines')
    return lines


def _read_votes(
    path: Path, line: _Line, width: int, problems: Problems
) -> tuple[int, ...] | None:
    where = f'{path}, line {line.number}'
    if len(line.fields) != width:
        problems.add(
            'wrong number of fields',
            f'{where}: {len(line.fields)} fields {line.text[:60]!r}; '
            f'expected {width}',
        )
        return None
    for column, field in zip(COLUMNS, line.fields[-_NUM_VOTES:], strict=True):
        if not _INTEGER.fullmatch(field):
            problems.add(
                'votes not an integer',
                f'{where}: votes {field[:40]!r} for {column}; expected an '
                'integer, 0 or more',
            )
            return None
    return tuple(map(int, line.fields[-_NUM_VOTES:]))


def _is_file_name(
    path: Path, line: _Line, name: str, problems: Problems
) -> bool:
    if '/' not in name and '\\' not in name and name not in ('.', '..'):
        return True
    problems.add(
        'path escape',
        f'{path}, line {line.number}: {name!r} is a path; a file name is '
        'expected',
    )
    return False


def last_by_name(
    rows: Sequence[VoteRow],
) -> dict[tuple[str, str], VoteRow]:
    """(split, name) to its last row: the one whose image has the name.

    A name that occurs twice was written twice, so that its file holds the
    later image.
    """
    return {(row.split, row.name): row for row in rows if row.name}
