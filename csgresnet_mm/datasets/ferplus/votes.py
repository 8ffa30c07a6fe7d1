"""FER+'s two files of votes, which differ.

``fer2013new.csv`` has a header, and one line for every row of FER2013's CSV.
``FER2013{Train,Valid,Test}/label.csv`` has none: a name, a box and ten votes
for every image that has a name. The authors' later script writes label.csv
without the box, from ``fer2013new.csv``: its votes are that file's.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import DatasetError
from ..fer2013.line import SPLITS, USAGES, find_usage
from ..reading.checks import Review
from ..reading.columns import parse_whole, refuse_paths
from ..reading.delimited import Row, parse_rows
from ..reading.files import text_lines
from ..reading.names import ORDERS
from ..reading.report import ReadReport
from ..reading.table import Table

COLUMNS = (*ORDERS['ferplus'], 'unknown', 'NF')
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


class VoteFile(NamedTuple):
    """The well formed rows of a file, and how many there are in all.

    The table's ``name`` is the image's, '' for none; its ``row`` counts the
    rows of the file from 0. ``boxed``: whether the file has boxes, and so
    votes of its own.
    """

    path: Path
    table: Table
    total: int
    boxed: bool = False


def read_new_votes(path: Path, text: str, report: ReadReport) -> VoteFile:
    """Read ``fer2013new.csv``.

    Args:
        path: Named in messages.
        text: What it holds.
        report: Takes malformed lines.

    Raises:
        DatasetError: The header is wrong.
    """
    rows = _read_rows(path, text, len(HEADER), report)
    first = rows.pop(0) if rows else Row(1, [], '')
    names = [field.lower() for field in first.fields]
    if not all(names.count(name.lower()) == 1 for name in HEADER):
        raise DatasetError(
            f'{path}, line {first.line}: header is {first.text[:80]!r}; '
            f'expected {",".join(HEADER)!r}'
        )
    places = [names.index(name.lower()) for name in HEADER]
    review, (usage, name, *votes) = _begin(
        path, rows, len(names), places, report
    )
    numbers = _numbers(review, votes)
    usages = np.array([find_usage(word) for word in usage], np.int64)
    review.drop(
        usages < 0,
        'unknown Usage',
        lambda row: (
            f'Usage {usage[row]!r} is unknown; expected one of '
            f'{", ".join(USAGES)}'
        ),
    )
    split = np.array(SPLITS, object)[usages]
    return _done(path, review, False, name=name, split=split, votes=numbers)


def read_label_csv(
    path: Path, text: str, split: str, report: ReadReport
) -> VoteFile:
    """Read a ``label.csv``.

    Args:
        path: Named in messages.
        text: What it holds.
        split: Of the folder it lies in.
        report: Takes malformed lines.
    """
    rows = _read_rows(path, text, _NUM_VOTES + 1, report)
    widths = [len(row.fields) for row in rows]
    boxed = widths.count(_NUM_VOTES + 2) >= widths.count(_NUM_VOTES + 1)
    width = _NUM_VOTES + 1 + boxed
    review, (name, *others) = _begin(path, rows, width, range(width), report)
    numbers = _numbers(review, others[-_NUM_VOTES:])
    if boxed:
        box = others[0]
        review.drop(
            box != BOX,
            'bad box',
            lambda row: f'box {box[row]!r}; expected {BOX!r}, the whole image',
        )
    review.drop(name == '', 'missing name', lambda row: 'no image name')
    return _done(path, review, boxed, name=name, split=split, votes=numbers)


def _read_rows(
    path: Path, text: str, least: int, report: ReadReport
) -> list[Row]:
    parsed = list(parse_rows(text_lines(text), least))
    rows = [row for row in parsed if row.fields]
    report.note_blank(path, len(parsed) - len(rows))
    return rows


def _begin(
    path: Path,
    rows: Sequence[Row],
    width: int,
    places: Sequence[int],
    report: ReadReport,
) -> tuple[Review, list[NDArray[Any]]]:
    """All rows, the columns at these places, and what is too short or long."""
    whole = [len(row.fields) == width for row in rows]
    nothing = [''] * width
    fields = [
        row.fields if is_whole else nothing
        for row, is_whole in zip(rows, whole, strict=True)
    ]
    table = Table.of(
        [''] * len(rows),
        row=np.arange(len(rows)),
        file=str(path),
        line=[row.line for row in rows],
    )
    review = Review(table, report)
    review.drop(
        ~np.array(whole, bool),
        'wrong number of fields',
        lambda row: (
            f'{len(rows[row].fields)} fields {rows[row].text[:60]!r}; '
            f'expected {width}'
        ),
    )
    return review, [
        np.array([row_fields[place] for row_fields in fields], object)
        for place in places
    ]


def _numbers(
    review: Review, columns: Sequence[NDArray[Any]]
) -> NDArray[np.float64]:
    """Columns of text as votes (n, 10); what is none is a problem."""
    votes = np.empty((len(review.table), _NUM_VOTES))
    for place, column in enumerate(columns):
        number_of = {field: _parse_vote(field) for field in set(column)}
        votes[:, place] = [number_of[field] for field in column]
    bad = votes < 0
    first = bad.argmax(axis=1)
    review.drop(
        bad.any(axis=1),
        'votes not an integer',
        lambda row: (
            f'votes {columns[first[row]][row][:40]!r} for '
            f'{COLUMNS[first[row]]}; expected an integer, 0 or more'
        ),
    )
    return votes


def _parse_vote(field: str) -> int:
    """A number of votes; -1 if it is none."""
    vote = parse_whole(field)
    if vote is None or not 0 <= vote < 10**6 or field.startswith('+'):
        return -1
    return vote


def _done(path: Path, review: Review, boxed: bool, **columns: Any) -> VoteFile:
    """Refuse paths for names; report rows without ten votes, which stay."""
    refuse_paths(review, columns['name'])
    table = review.done(**columns)
    sums = table.votes.sum(axis=1)
    odd = np.flatnonzero(sums != _NUM_VOTES)
    if len(odd):
        review.report.note(
            f'{path}: the votes of {len(odd)} rows do not sum to '
            f'{_NUM_VOTES} (first: line {table.line[odd[0]]}, '
            f'{sums[odd[0]]:.0f})'
        )
    return VoteFile(path, table, len(review.table), boxed)
