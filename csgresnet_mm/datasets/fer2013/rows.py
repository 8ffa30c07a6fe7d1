"""FER2013's CSV files as tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DatasetError
from ..reading.files import list_files
from ..reading.names import find_split
from ..reading.report import ReadReport
from ..reading.table import Table, join
from .bad_rows import find_bad_rows
from .csv_file import CsvRows, read_header
from .line import SPLITS, USAGES

if TYPE_CHECKING:
    from . import FER2013

CSV_NAMES = ('fer2013.csv', 'icml_face_data.csv')
"""In order of preference; both hold the same rows."""


def find_csv(folder: Path) -> Path | None:
    """The CSV that holds all rows and their usages, or None."""
    for name in CSV_NAMES:
        if (folder / name).is_file():
            return folder / name
    return None


def find_split_csvs(folder: Path) -> dict[str, Path]:
    """Split to its own CSV, for those with pixels; without train, nothing.

    Raises:
        DatasetError: Two files are the same split.
    """
    lists: dict[str, Path] = {}
    for path in list_files(folder, '.csv'):
        split = find_split(path.stem)
        if split is None or not _has_pixels(path):
            continue
        if split in lists:
            raise DatasetError(
                f'{folder}: {lists[split].name} and {path.name} are both the '
                f'split {split!r}'
            )
        lists[split] = path
    return lists if 'train' in lists else {}


def _has_pixels(path: Path) -> bool:
    try:
        read_header(path)
    except DatasetError:
        return False
    return True


def need_columns(path: Path, *columns: str) -> None:
    """Raise unless a CSV has these columns.

    Raises:
        DatasetError: It lacks one.
    """
    header, _ = read_header(path)
    missing = [column for column in columns if column not in header]
    if not missing:
        return
    hint = ''
    if 'emotion' in missing and find_split(path.stem) == 'test':
        hint = (
            " (the labels of the challenge's test.csv are in "
            f'{" and in ".join(CSV_NAMES)})'
        )
    raise DatasetError(
        f'{path}, line 1: header is {",".join(header)!r}, without '
        f'{" and ".join(missing)}{hint}'
    )


def report_problems(
    path: Path, parsed: CsvRows, splits: Sequence[str], report: ReadReport
) -> None:
    """What is wrong with rows that are, or may be, of these splits."""
    report.note_blank(path, parsed.blank)
    wanted = {-1, *map(SPLITS.index, splits)}
    for problem in parsed.problems:
        if int(parsed.usages[problem.row]) in wanted:
            report.add(problem.cause, f'{path}, {problem.text}')


def rows_of(
    path: Path, parsed: CsvRows, splits: Sequence[str], report: ReadReport
) -> Table:
    """The well formed rows of these splits, in the order of the file.

    Their ``name`` is the number among the rows of their usage, so that all
    CSV files give it the same.

    Args:
        path: The CSV.
        parsed: What it holds beside pixels.
        splits: Some of train, val and test.
        report: See :func:`report_problems`.
    """
    report_problems(path, parsed, splits, report)
    usages = parsed.usages
    wanted = [SPLITS.index(split) for split in splits]
    numbers = np.zeros(len(usages), np.int64)
    for usage in wanted:
        rows = np.flatnonzero(usages == usage)
        numbers[rows] = np.arange(len(rows))
    rows = np.flatnonzero(np.isin(usages, wanted) & (parsed.labels >= 0))
    usages = usages[rows]
    return Table.of(
        [f'{path}#{row}' for row in rows.tolist()],
        name=[
            f'{USAGES[usage]}/{number}'
            for usage, number in zip(
                usages.tolist(), numbers[rows].tolist(), strict=True
            )
        ],
        label=parsed.labels[rows],
        split=np.array(SPLITS, object)[usages],
        row=rows,
        file=str(path),
        line=parsed.lines[rows],
    )


def read_csv(
    data: FER2013, home: Path, splits: Sequence[str], report: ReadReport
) -> Table:
    """The rows of some splits, of the one CSV of all.

    Raises:
        DatasetError: See :class:`~.FER2013`.
    """
    path = find_csv(home) or home / CSV_NAMES[0]
    need_columns(path, 'emotion', 'usage')
    data.refuse_second_val(path)
    parsed, images = data.open_csv(path)
    report.where = str(path)
    table = rows_of(path, parsed, splits, report)
    if (np.diff(parsed.usages[parsed.usages >= 0]) < 0).any():
        report.warn(
            f'{path}: the rows of {", ".join(USAGES)} do not follow each '
            "other in this order, which is the set's: a changed copy?"
        )
    if not data.drop_bad:
        return table
    bad = find_bad_rows(parsed, images)
    report.warn(
        f'{path}: drop_bad=True leaves out {bad.blank.sum()} rows without a '
        f'face and {bad.copies.sum()} copies ({bad.relabelled.sum()} with '
        f'another label) of {len(parsed.lines)} rows: results are not '
        'comparable'
    )
    report.where += ' without blank rows and copies'
    return table.take(~(bad.blank | bad.copies)[table.row])


def read_split_csvs(
    data: FER2013, home: Path, splits: Sequence[str], report: ReadReport
) -> Table:
    """The rows of some splits, of a CSV each.

    Raises:
        DatasetError: A split has none; see :class:`~.FER2013`.
    """
    lists = find_split_csvs(home)
    if 'val' in lists:
        data.refuse_second_val(lists['val'])
    report.where = f'{home}/{{{",".join(lists)}}}.csv'
    tables = []
    for split in splits:
        path = lists.get(split)
        if path is None:
            hint = '; set val_ratio (0.1, say) to split one off train'
            names = ', '.join(path.name for path in lists.values())
            raise DatasetError(
                f'{home}: no {split}.csv with pixels; found {names}'
                + hint * (split == 'val')
            )
        need_columns(path, 'emotion')
        parsed = _of_split(data.open_csv(path)[0], split, path, report)
        tables.append(rows_of(path, parsed, (split,), report))
    return join(tables)


def _of_split(
    parsed: CsvRows, split: str, path: Path, report: ReadReport
) -> CsvRows:
    """All rows as a split's; those that say another usage are problems."""
    usage = SPLITS.index(split)
    other = (parsed.usages >= 0) & (parsed.usages != usage)
    if other.any():
        first = int(np.flatnonzero(other)[0])
        report.add(
            'row of another split',
            f'{path}, line {parsed.lines[first]}: Usage is '
            f'{USAGES[parsed.usages[first]]}, in the file of {split!r}; '
            f'expected {USAGES[usage]} ({int(other.sum())} such rows)',
            int(other.sum()),
        )
    return parsed._replace(
        labels=np.where(other, -1, parsed.labels),
        usages=np.full_like(parsed.usages, usage),
    )
