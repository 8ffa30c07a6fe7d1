"""FER+'s two files of votes, which differ.

``fer2013new.csv`` has a header, and one line for every row of FER2013's CSV.
``FER2013{Train,Valid,Test}/label.csv`` has none: a name, a box and ten votes
for every image that has a name. The authors' later script writes label.csv
without the box, from ``fer2013new.csv``: its votes are that file's.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from .errors import DatasetError
from .fer_line import SPLITS, USAGES, find_usage
from .reading.report import ReadReport
from .reading.tables import Row, parse_whole, read_rows, text_lines

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


def read_new_votes(path: Path, text: str, problems: ReadReport) -> VoteFile:
    """Read ``fer2013new.csv``.

    Args:
        path: Named in messages.
        text: What it holds.
        problems: Takes malformed lines.

    Raises:
        DatasetError: The header is wrong.
    """
    lines = list(read_rows(path, text_lines(text), problems, len(HEADER)))
    first = lines.pop(0) if lines else Row(1, [], '')
    names = [field.lower() for field in first.fields]
    if not all(names.count(name.lower()) == 1 for name in HEADER):
        raise DatasetError(
            f'{path}, line {first.line}: header is {first.text[:80]!r}; '
            f'expected {",".join(HEADER)!r}'
        )
    places = [names.index(name.lower()) for name in HEADER]
    rows = []
    for row, line in enumerate(lines):
        if not _has_width(path, line, len(names), problems):
            continue
        usage, name, *fields = (line.fields[place] for place in places)
        votes = _read_votes(path, line, fields, problems)
        if votes is None:
            continue
        place = find_usage(usage)
        if place < 0:
            problems.add(
                'unknown Usage',
                f'{path}, line {line.line}: Usage {usage!r} is unknown; '
                f'expected one of {", ".join(USAGES)}',
            )
        elif _is_file_name(path, line, name, problems):
            split = SPLITS[place]
            rows.append(VoteRow(line.line, row, split, name, votes))
    return VoteFile(path, rows, len(lines))


def read_label_csv(
    path: Path, text: str, split: str, problems: ReadReport
) -> VoteFile:
    """Read a ``label.csv``.

    Args:
        path: Named in messages.
        text: What it holds.
        split: Of the folder it lies in.
        problems: Takes malformed lines.
    """
    lines = list(read_rows(path, text_lines(text), problems, _NUM_VOTES + 1))
    widths = [len(line.fields) for line in lines]
    boxed = widths.count(_NUM_VOTES + 2) >= widths.count(_NUM_VOTES + 1)
    rows = []
    for row, line in enumerate(lines):
        if not _has_width(path, line, _NUM_VOTES + 1 + boxed, problems):
            continue
        fields = line.fields[-_NUM_VOTES:]
        votes = _read_votes(path, line, fields, problems)
        if votes is None:
            continue
        name = line.fields[0]
        if boxed and line.fields[1] != BOX:
            problems.add(
                'bad box',
                f'{path}, line {line.line}: box {line.fields[1]!r}; '
                f'expected {BOX!r}, the whole image',
            )
        elif not name:
            problems.add(
                'missing name', f'{path}, line {line.line}: no image name'
            )
        elif _is_file_name(path, line, name, problems):
            rows.append(VoteRow(line.line, row, split, name, votes))
    return VoteFile(path, rows, len(lines), boxed)


def note_sums(votes: VoteFile, problems: ReadReport) -> None:
    """Log rows with more or fewer than ten votes; they are kept."""
    odd = [row for row in votes.rows if sum(row.votes) != _NUM_VOTES]
    if odd:
        problems.note(
            f'{votes.path}: the votes of {len(odd)} rows do not sum to '
            f'{_NUM_VOTES} (first: line {odd[0].line}, {sum(odd[0].votes)})'
        )


def _has_width(
    path: Path, line: Row, width: int, problems: ReadReport
) -> bool:
    if len(line.fields) == width:
        return True
    problems.add(
        'wrong number of fields',
        f'{path}, line {line.line}: {len(line.fields)} fields '
        f'{line.text[:60]!r}; expected {width}',
    )
    return False


def _read_votes(
    path: Path, line: Row, fields: Sequence[str], problems: ReadReport
) -> tuple[int, ...] | None:
    votes = []
    for column, field in zip(COLUMNS, fields, strict=True):
        vote = parse_whole(field)
        if vote is None or not 0 <= vote < 10**6 or field.startswith('+'):
            problems.add(
                'votes not an integer',
                f'{path}, line {line.line}: votes {field[:40]!r} for '
                f'{column}; expected an integer, 0 or more',
            )
            return None
        votes.append(vote)
    return tuple(votes)


def _is_file_name(
    path: Path, line: Row, name: str, problems: ReadReport
) -> bool:
    if '/' not in name and '\\' not in name and name not in ('.', '..'):
        return True
    problems.add(
        'path escape',
        f'{path}, line {line.line}: {name!r} is a path; a file name is '
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
