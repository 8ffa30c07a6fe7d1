"""ckextended.csv: CK+ as a table of arrays, of which no subject is known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .errors import DatasetError
from .fer_block import Images
from .fer_csv import FerCsv, Table, read_header
from .fer_line import USAGES
from .names import ORDERS, find_class
from .reading.report import ReadReport
from .sample import Sample

LIST = 'ckextended.csv'
EMOTIONS = (*ORDERS['fer2013'], 'contempt')
"""What the numbers 0..7 mean: FER2013's order, then contempt."""

_USAGE = {'train': 'Training', 'val': 'PublicTest', 'test': 'PrivateTest'}


def read_csv(path: Path) -> tuple[Table, Images]:
    """What a CSV holds, and all its images (N, 48, 48): 2 MB.

    Raises:
        DatasetError: See :class:`~.fer_csv.FerCsv`.
    """
    with FerCsv(path, num_classes=len(EMOTIONS)) as rows:
        images = np.concatenate(list(rows.blocks()))
        return rows.table(), images


def read_rows(
    path: Path, table: Table, classes: Sequence[str], problems: ReadReport
) -> dict[str, list[Sample]]:
    """The rows of each split, with labels in the order of ``classes``.

    Args:
        path: The CSV.
        table: What it holds beside pixels.
        classes: A row of another emotion (neutral) is left out.
        problems: Takes malformed rows.

    Raises:
        DatasetError: There is no emotion or no Usage.
    """
    missing = {'emotion', 'usage'} - set(read_header(path))
    if missing:
        raise DatasetError(
            f'{path}, line 1: {", ".join(sorted(missing))} is missing; '
            'expected the columns emotion,pixels,Usage'
        )
    for problem in table.problems:
        problems.add(problem.cause, f'{path}, {problem.text}')
    if table.blank:
        problems.note(f'{path}: passed over {table.blank} blank lines')
    label_of = [find_class(name, classes) for name in EMOTIONS]
    splits: dict[str, list[Sample]] = {split: [] for split in _USAGE}
    split_of = {USAGES.index(name): split for split, name in _USAGE.items()}
    unused = 0
    for row, (emotion, usage) in enumerate(
        zip(table.labels.tolist(), table.usages.tolist(), strict=True)
    ):
        if emotion < 0:
            continue
        label = label_of[emotion]
        if label is None:
            unused += 1
            continue
        name = f'{path}#{row}'
        splits[split_of[usage]].append(Sample(name, label, str(row), row=row))
    if unused:
        problems.note(
            f'{path}: {unused} neutral rows are not used; neutral=True takes '
            'them'
        )
    return splits
