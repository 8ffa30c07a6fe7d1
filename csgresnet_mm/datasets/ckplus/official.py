"""CK+ as distributed: one folder a sequence, one file a label."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..errors import DatasetError
from ..reading.files import FolderIndex, list_folders
from ..reading.report import ReadReport
from ..reading.table import Table, join
from .frames import (
    NEUTRAL,
    by_name,
    check_frames,
    parse_name,
    sequences,
)

if TYPE_CHECKING:
    from .dataset import CKPlus

IMAGES = 'cohn-kanade-images'
LABELS = 'Emotion'
_PARTS = (
    (IMAGES, f'extended-{IMAGES}'),
    ('emotion', 'emotions', 'emotion-labels'),
)
_SUFFIX = '_emotion.txt'
_NUMBER = re.compile(r'[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,2})?')
_LAST = 7


def is_official(folder: Path) -> bool:
    """Whether the two folders of the release are here."""
    return len(_find_parts(folder)) == len(_PARTS)


def _find_parts(home: Path) -> list[Path]:
    """The folders of images and of labels, those that are here."""
    parts = [_find_part(home, names) for names in _PARTS]
    return [part for part in parts if part is not None]


def _find_part(home: Path, names: Sequence[str]) -> Path | None:
    """The folder of the release that holds subjects, if it is here.

    The archives make folders of other names, with the release's own inside.

    Raises:
        DatasetError: There are two.
    """
    level, part = [home], None
    for _ in range(3):
        level = [
            folder / name
            for folder in level
            for name in list_folders(folder)
            if name.lower().replace('_', '-') in names
        ]
        part = part or (level[0] if level else None)
        homes = [p for p in level if any(map(_is_subject, list_folders(p)))]
        if len(homes) > 1:
            raise DatasetError(
                f'{home}: {", ".join(map(str, homes))} all hold subjects; '
                'keep one'
            )
        if homes:
            return homes[0]
    return part


def _is_subject(name: str) -> bool:
    return re.fullmatch('S[0-9]{3}', name) is not None


def read_official(data: CKPlus, home: Path, report: ReadReport) -> Table:
    """The frames of all labelled sequences, the first of each neutral too."""
    images, labels = _find_parts(home)
    label_of = _read_labels(labels, data.files, report)
    paths: list[str] = []
    sizes: list[int] = []
    sequence: list[str] = []
    for name in label_of:
        folder = images.joinpath(*name.split('_'))
        frames = sorted(data.files.images(folder).items())
        paths += [f'{folder}/{image}' for image, _ in frames]
        sizes += [size for _, size in frames]
        sequence += [name] * len(frames)
    table = Table.of(
        paths, label=[label_of[name].value for name in sequence], size=sizes
    )
    table = check_frames(table, sequence, report)
    rows_of = dict(sequences(table))
    keep = np.ones(len(table), bool)
    first: list[int] = []
    odd: dict[str, list[str]] = {}
    for name, label in label_of.items():
        rows = rows_of.get(name, [])
        numbers = [int(table.name[row].split('_')[2]) for row in rows]
        if label.frame not in numbers:
            report.add(
                'missing image',
                f'{label.path}: its frame {name}_{label.frame:08d}.png is '
                f'missing; {images.joinpath(*name.split("_"))} holds '
                f'{len(rows)} frames',
            )
            keep[rows] = False
            continue
        first.append(rows[0])
        for oddity in _oddities(numbers, label.frame):
            odd.setdefault(oddity, []).append(name)
    for oddity, names in odd.items():
        report.warn(
            f'{home}: {oddity} in {len(names)} sequences (first: {names[0]})'
        )
    neutral = table.take(np.array(first, int)).replace(label=NEUTRAL)
    return by_name(join([table.take(keep), neutral]))


def _oddities(numbers: Sequence[int], labelled: int) -> Iterator[str]:
    """What may be an incomplete copy: a warning, since it may not be one."""
    if numbers[-1] != labelled:
        yield 'the labelled frame is not the last'
    if numbers[0] != 1:
        yield 'the first frame is not number 1'
    if numbers[-1] - numbers[0] + 1 != len(numbers):
        yield 'frame numbers are left out'


# ---- labels ----------------------------------------------------------


class _Label(NamedTuple):
    """``frame`` is the number of the frame that it was given to."""

    path: Path
    frame: int
    value: int


def _read_labels(
    home: Path, files: FolderIndex, report: ReadReport
) -> dict[str, _Label]:
    """Each sequence that has one label, and that."""
    label_of: dict[str, _Label] = {}
    unlabelled = 0
    for subject in files.folders(home):
        for number in files.folders(home / subject):
            folder = home / subject / number
            names = sorted(
                name
                for name in files.sizes(folder)
                if name.lower().endswith('.txt')
            )
            if not names:
                unlabelled += 1
                continue
            if len(names) > 1:
                report.add(
                    'duplicate entry',
                    f'{folder}: {len(names)} labels: {", ".join(names)}; one '
                    'is expected',
                )
                continue
            sequence = f'{subject}_{number}'
            label = _read_label(folder / names[0], sequence, files, report)
            if label is not None:
                label_of[sequence] = label
    if unlabelled:
        report.note(
            f'{home}: {unlabelled} sequences have no label, and are not used'
        )
    return label_of


def _read_label(
    path: Path, sequence: str, files: FolderIndex, report: ReadReport
) -> _Label | None:
    """The label of a file that holds ``   3.0000000e+00``: 1..7, or None."""
    parsed = parse_name(path.name.removesuffix(_SUFFIX))
    if parsed is None or parsed[0] != sequence:
        report.add(
            'bad name',
            f'{path}: expected a name {sequence}_<frame>{_SUFFIX} in this '
            'folder',
        )
        return None
    try:
        fields = files.text(path).split()
    except DatasetError as error:
        report.add('not text', str(error))
        return None
    if len(fields) != 1:
        report.add(
            'wrong number of fields',
            f'{path}: {len(fields)} fields {" ".join(fields)[:60]!r}; one '
            'number is expected, such as 3.0000000e+00',
        )
        return None
    value = Decimal(fields[0]) if _NUMBER.fullmatch(fields[0]) else None
    if value is None or value != value.to_integral_value():
        report.add(
            'label not an integer',
            f'{path}: label {fields[0][:60]!r} is not a whole number',
        )
        return None
    if not 1 <= value <= _LAST:
        report.add(
            'label out of range',
            f'{path}: label {fields[0]!r} is outside 1..{_LAST} (0, neutral, '
            'is no expression of a sequence, but of its first frame)',
        )
        return None
    return _Label(path, parsed[1], int(value))
