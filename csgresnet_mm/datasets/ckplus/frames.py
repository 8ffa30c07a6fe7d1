"""Frames of CK+, whose names say all but the label; CK+48's class folders.

A table of frames has the official label of each: 1..7, its sequence's, or 0
where it is neutral. Its rows are sorted by name, ``S005_001_00000011``, of
which subject, sequence and number are parts.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DatasetError
from ..reading.checks import Review, each_once, images_present
from ..reading.files import image_stem, list_folders
from ..reading.folders import ClassFolders, find_split_folders
from ..reading.names import find_class
from ..reading.report import ParseProblem, ReadReport
from ..reading.table import Table

if TYPE_CHECKING:
    from .dataset import CKPlus

NEUTRAL = 0
"""Official label of the first frames; 1..7 are those of sequences."""

_NAME = re.compile('(S[0-9]{3}_[0-9]{3})_([0-9]{8})')


def parse_name(name: str) -> tuple[str, int] | None:
    """Sequence and frame number of a name, or None if it is no such name.

    >>> parse_name('S005_001_00000011')
    ('S005_001', 11)
    >>> parse_name('S005_001_11') is None
    True
    """
    match = _NAME.fullmatch(name)
    return None if match is None else (match[1], int(match[2]))


def subject_of(name: str) -> str:
    """The subject of a frame or of a sequence."""
    return name[: len('S005')]


def sequences(table: Table) -> Iterator[tuple[str, list[int]]]:
    """Name and rows of each sequence in a table of frames."""
    names = table.name.tolist()
    grouped = itertools.groupby(
        range(len(table)), key=lambda row: names[row][: len('S005_001')]
    )
    return ((name, list(rows)) for name, rows in grouped)


def by_name(table: Table) -> Table:
    """The rows in order of their names."""
    return table.take(np.argsort(table.name, kind='stable'))


def check_frames(
    table: Table, sequence: Sequence[str], report: ReadReport
) -> Table:
    """A table of frames, each once, of images whatever they are called.

    Args:
        table: With path, size and label.
        sequence: That each image has to be of; '' where its name may say it.
        report: Takes other names, and second files of a frame.
    """
    names = [image_stem(os.path.basename(path)) for path in table.path]
    bad = []
    for name, expected in zip(names, sequence, strict=True):
        parsed = parse_name(name)
        bad.append(parsed is None or expected not in ('', parsed[0]))

    def message(row: int) -> str:
        form = 'S005_001_00000011: subject, sequence, frame'
        if sequence[row]:
            form = f'{sequence[row]}_<frame>.png in this folder'
        return f'the name does not say whose frame it is; expected {form}'

    review = Review(table, report)
    review.drop(np.array(bad, bool), 'bad name', message)
    folders = [os.path.dirname(path) for path in table.path]
    places = list(zip(folders, names, strict=True))
    each_once(review, places, {}, what='frame')
    apart = {'folder': np.array(folders, object)}
    each_once(review, names, apart, what='frame', cause='labels disagree')
    subjects = [subject_of(name) for name in names]
    return by_name(review.done(name=names, group=subjects))


def take_frames(
    table: Table, count: int, neutral: bool, report: ReadReport
) -> Table:
    """The last frames of every sequence, and its neutral ones if asked.

    Args:
        table: Of every subject.
        count: How many of the last frames.
        neutral: Add the neutral frames, and label officially: 0 is neutral.
            Else labels are the official ones minus 1.
        report: Takes sequences that are too short, and empty images.
    """
    is_neutral = table.label == NEUTRAL
    chosen: list[int] = []
    problems: list[ParseProblem] = []

    def miss(row: int, text: str, times: int = 1) -> None:
        place = (len(chosen), str(table.path[row]), 0, 'missing image', '')
        problems.extend([ParseProblem(*place, text)] * times)

    for name, rows in sequences(table):
        last = [row for row in rows if not is_neutral[row]][-count:]
        if last and len(last) < count:
            miss(
                last[0],
                f'the sequence {name} has {len(last)} frames of its '
                f'expression, frames={count} are expected',
                count - len(last),
            )
        chosen += last
        first = [row for row in rows if is_neutral[row]] if neutral else []
        for row in first:
            if table.path[row] not in table.path[last]:
                chosen.append(row)
                continue
            miss(
                row,
                f'the first frame of {name} is one of its last {count}, so '
                'none is neutral',
            )
    frames = table.take(np.array(chosen, int))
    review = Review(frames, report, problems)
    images_present(review, frames)
    return review.done(label=frames.label - (not neutral))


# ---- CK+48 -----------------------------------------------------------


def find_homes(folder: Path, classes: Sequence[str]) -> dict[str, Path]:
    """Split, '' if there is none, to the folder of its class folders."""

    def is_home(place: Path) -> bool:
        names = list_folders(place)
        return any(find_class(name, classes) is not None for name in names)

    return find_split_folders(folder, is_home)


def read_folders(data: CKPlus, home: Path, report: ReadReport) -> Table:
    """The frames of all class folders.

    Raises:
        DatasetError: Neutral frames are expected, and there are none; or see
            :class:`~.reading.folders.ClassFolders`.
    """
    classes = data.METAINFO['classes']
    homes = find_homes(home, classes)
    table, _ = ClassFolders(homes, classes, {}, report, data.files).read()
    if '' not in homes:
        report.note(
            f'{home}: {", ".join(homes)} are read as one: folds are of '
            'subjects, whom the names of the frames say'
        )
    table = check_frames(table, [''] * len(table), report)
    unused = int((table.label == NEUTRAL).sum())
    if data.neutral and not unused:
        raise DatasetError(
            f'{home}: neutral=True, but no class folder is neutral: CK+48 '
            'holds last frames only; the distributed set is needed'
        )
    if unused and not data.neutral:
        report.note(
            f'{home}: {unused} neutral frames are not used; neutral=True '
            'takes them'
        )
    keep = np.ones(len(table), bool)
    for _, rows in sequences(table):
        shown = [row for row in rows if table.label[row] != NEUTRAL]
        other = [r for r in shown if table.label[r] != table.label[shown[0]]]
        if other:
            report.add(
                'labels disagree',
                f'{table.path[other[0]]}: the same sequence as '
                f'{table.path[shown[0]]}, in the folder of another class',
                len(shown),
            )
            keep[rows] = False
    return table.take(keep)
