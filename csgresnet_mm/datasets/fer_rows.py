"""Samples of FER2013's CSV files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .errors import DatasetError
from .fer_csv import Table, read_header
from .fer_line import USAGES
from .fer_names import SPLITS
from .names import find_split
from .reading.files import list_files
from .reading.report import ReadReport
from .reading.splits import carve
from .sample import Sample

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
    found: dict[str, Path] = {}
    for path in list_files(folder, '.csv'):
        split = find_split(path.stem)
        if split is None or not _has_pixels(path):
            continue
        if split in found:
            raise DatasetError(
                f'{folder}: {found[split].name} and {path.name} are both the '
                f'split {split!r}'
            )
        found[split] = path
    return found if 'train' in found else {}


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
    header = read_header(path)
    missing = [column for column in columns if column not in header]
    if not missing:
        return
    hint = ''
    if 'emotion' in missing:
        hint = (
            " (the labels of the challenge's test.csv are in "
            f'{" and in ".join(CSV_NAMES)})'
        )
    raise DatasetError(
        f'{path}, line 1: header is {",".join(header)!r}, without '
        f'{" and ".join(missing)}{hint}'
    )


def as_split(
    table: Table, split: str, path: Path, problems: ReadReport
) -> Table:
    """A table of one split: rows that say another usage are problems."""
    own = SPLITS.index(split)
    other = (table.usages >= 0) & (table.usages != own)
    if other.any():
        first = int(np.flatnonzero(other)[0])
        problems.add(
            'row of another split',
            f'{path}, line {table.lines[first]}: Usage is '
            f'{USAGES[table.usages[first]]}, in the file of {split!r}; '
            f'expected {USAGES[own]} ({int(other.sum())} such rows)',
            int(other.sum()),
        )
    return table._replace(
        labels=np.where(other, -1, table.labels),
        usages=np.full_like(table.usages, own),
    )


def report_rows(
    table: Table, path: Path, splits: Sequence[str], problems: ReadReport
) -> None:
    """Tell what is wrong with rows that are, or may be, of these splits."""
    if table.blank:
        problems.note(f'{path}: passed over {table.blank} blank lines')
    wanted = {-1, *map(SPLITS.index, splits)}
    for problem in table.problems:
        if int(table.usages[problem.row]) in wanted:
            problems.add(problem.cause, f'{path}, {problem.text}')


def csv_samples(
    table: Table, path: Path, splits: Sequence[str]
) -> list[Sample]:
    """The well formed rows of these splits, in the order of the file.

    A sample's key is its number among the rows of its usage, so that all
    CSV files give it the same.
    """
    wanted = set(map(SPLITS.index, splits))
    counts = [0] * len(USAGES)
    samples = []
    for row, (label, usage) in enumerate(
        zip(table.labels.tolist(), table.usages.tolist(), strict=True)
    ):
        if usage < 0:
            continue
        key = f'{USAGES[usage]}/{counts[usage]}'
        counts[usage] += 1
        if label >= 0 and usage in wanted:
            samples.append(Sample(f'{path}#{row}', label, key, row=row))
    return samples


def choose_paper_test(samples: Sequence[Sample], seed: int) -> list[bool]:
    """A tenth of each class, rounded up, ranked as :func:`~.splits.carve`.

    Raises:
        DatasetError: A class has one image only.
    """
    chosen = [False] * len(samples)
    members: dict[int, list[int]] = {}
    for index, sample in enumerate(samples):
        members.setdefault(sample.label, []).append(index)
    for label, indices in sorted(members.items()):
        keys = [samples[index].key for index in indices]
        if len(indices) == 1:
            raise DatasetError(
                f'class {label} has one image only ({keys[0]!r}), so '
                'paper_train and paper_test cannot both have one'
            )
        count = math.ceil(len(indices) / 10)
        part = carve(keys, [label] * len(keys), count / len(keys), seed)
        for index, is_test in zip(indices, part, strict=True):
            chosen[index] = is_test
    return chosen
