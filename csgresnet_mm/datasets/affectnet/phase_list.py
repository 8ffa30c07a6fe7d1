"""The list ``phase,img_path,label`` that public training code leaves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DatasetError
from ..reading.checks import Review
from ..reading.columns import parse_whole
from ..reading.delimited import find_columns, parse_rows
from ..reading.files import FolderIndex, list_files, text_lines
from ..reading.layouts import Layout
from ..reading.lists import Form, read_list
from ..reading.names import find_class, find_split
from ..reading.report import ReadReport
from ..reading.table import Table
from .annotations import (
    BIG_FOLDERS,
    CLASSES,
    LABELS,
    annotated,
    as_tested,
    image_columns,
    is_plain_path,
    written_labels,
)

if TYPE_CHECKING:
    from .dataset import AffectNet

FORM = Form(
    ('split', 'image', 'label'),
    True,
    line='phase,img_path,label',
    header=True,
)


def find_list(folder: Path) -> Path | None:
    """The CSV with the header ``phase,img_path,label``, if there is one.

    Raises:
        DatasetError: There are several.
    """
    if folder.name in BIG_FOLDERS:
        return None
    lists = [path for path in list_files(folder, '.csv') if _is_list(path)]
    if len(lists) > 1:
        names = ', '.join(path.name for path in lists)
        raise DatasetError(
            f'{folder}: {names} all have the header {FORM.line!r}; keep one'
        )
    return lists[0] if lists else None


def _is_list(path: Path) -> bool:
    with open(path, 'rb') as file:
        text = file.read(1000).decode('utf-8-sig', 'replace')
    lines = text_lines(text.replace('\r', '\n'))
    rows = (row for row in parse_rows(lines, len(FORM.columns)) if row.fields)
    header = next(rows, None)
    return header is not None and bool(
        find_columns(header.fields, *FORM.columns)
    )


def read_phases(
    data: AffectNet, home: Path, split: str, report: ReadReport
) -> Table:
    """The images of a split.

    Raises:
        DatasetError: The split is not there, or see :func:`read_all`.
    """
    path = find_list(home) or home / 'affectnet.csv'
    table = read_all(path, data.label_base, data.files, report)
    splits = as_tested({own: own for own in table.split}, home, report)
    own = data.choose(home, splits, split)
    report.where = f'{report.layout}: {path}'
    return annotated(data, table.take(table.split == own), path, report)


def read_all(
    path: Path, label_base: int | str, files: FolderIndex, report: ReadReport
) -> Table:
    """The rows of all splits, val as 'val', labels from 0.

    The paths are those of the machine that wrote it: what counts is the part
    from the split's folder on, below the folder of the CSV. A path that
    leads elsewhere is refused.

    Args:
        path: The CSV.
        label_base: What the lowest label is: 0, 1 or 'auto'.
        files: Reads the list.
        report: Takes malformed rows.

    Raises:
        DatasetError: The file is no such list, or whether its labels count
            from 0 is not clear.
    """
    listed = read_list(path, files.text(path), FORM)
    phases, shown = (listed.table.extra[key] for key in ('split', 'image'))
    review = Review(listed.table, report, listed.problems)
    splits = np.array([find_split(phase) or '' for phase in phases], object)
    review.drop(
        splits == '',
        'unknown split',
        lambda row: f'phase {phases[row]!r} is no split',
    )
    labels = written_labels(review, 'label', shown, _parse_label)
    here, here_of, names = _find_places(path.parent, shown)
    plain = np.array([is_plain_path(name) for name in names], bool)
    review.drop(
        (here == '') | ~plain,
        'path escape',
        lambda row: (
            f'{shown[row]!r} leads to no folder of a split in {path.parent}'
        ),
    )
    review.drop(
        (here_of != '') & (here_of != splits),
        'wrong split',
        lambda row: (
            f'{shown[row]!r} lies in {here[row]}, its phase is {phases[row]!r}'
        ),
    )
    paths = here + '/' + names
    table = review.done(label=labels, split=splits, **image_columns(paths))
    report.note_blank(path, listed.blank)
    base = _find_base(path, set(table.label.tolist()), label_base)
    return table.replace(label=table.label - base)


def _parse_label(text: str) -> int | None:
    label = parse_whole(text)
    return find_class(text, CLASSES) if label is None else label


def _find_places(home: Path, shown: Sequence[str]) -> list[NDArray[Any]]:
    """Of each image its folder here, the split it is of, and its name."""
    parts = [path.rpartition('/') for path in shown]
    folders = {folder for folder, _, _ in parts}
    place_of = {folder: _find_folder(home, folder) for folder in folders}
    rows = [(*place_of[folder], name) for folder, _, name in parts]
    columns = zip(*rows, strict=True) if rows else ((),) * 3
    return [np.array(column, object) for column in columns]


def _find_folder(home: Path, folder: str) -> tuple[str, str]:
    """The folder here and the split it is of; '' for what is not known."""
    parts = [part for part in folder.split('/') if part != '.']
    if '..' in parts or '\\' in folder:
        return '', ''
    for start in reversed(range(len(parts))):
        split = find_split(parts[start])
        if split is not None and (home / parts[start]).is_dir():
            return str(home.joinpath(*parts[start:])), split
    if folder.startswith('/'):
        return '', ''
    return str(home.joinpath(*parts)), ''


def _find_base(path: Path, labels: set[int], base: int | str) -> int:
    if base != 'auto':
        return int(base)
    if labels and 0 not in labels:
        raise DatasetError(
            f'{path}: label 0 does not occur ({LABELS[0]} in AffectNet), '
            f'only {sorted(labels)}, so whether it counts from 0 or from 1 '
            'is ambiguous; set label_base=0 or label_base=1'
        )
    return 0


LAYOUT = Layout(
    'cache',
    lambda folder: find_list(folder) is not None,
    ('affectnet.csv',),
    read_phases,
)
