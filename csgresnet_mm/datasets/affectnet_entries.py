"""What every annotation of AffectNet goes through to become a sample."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from .reading.files import FolderIndex, image_stem
from .reading.report import ReadReport
from .sample import Sample

LABELS = (
    'Neutral',
    'Happy',
    'Sad',
    'Surprise',
    'Fear',
    'Disgust',
    'Anger',
    'Contempt',
    'None',
    'Uncertain',
    'No-Face',
)
"""What the numbers 0..10 of the annotations mean."""
CLASSES = LABELS[:8]

_T = TypeVar('_T')
Box = tuple[float, float, float, float]
_CONTROL = re.compile(r'[\x00-\x1f\x7f]')


class Entry(NamedTuple):
    """An annotated image; ``line`` is its line in the list, if there is one.

    ``box`` is (left, top, right, bottom) in pixels.
    """

    folder: str
    name: str
    label: int
    line: int = 0
    box: Box | None = None


Where = Callable[[Entry], str]
"""Where an entry is annotated, for error messages."""


def is_plain_path(path: str) -> bool:
    """Whether a path stays below the folder it is relative to.

    >>> is_plain_path('689/a.jpg'), is_plain_path('../a.jpg')
    (True, False)
    """
    parts = path.split('/')
    return (
        '\\' not in path
        and not _CONTROL.search(path)
        and not any(part in ('', '.', '..') for part in parts)
    )


def as_tested(
    splits: Mapping[str, _T], where: Path, problems: ReadReport
) -> dict[str, _T]:
    """AffectNet's val is what is tested on, so it becomes 'test'.

    Where there is a test beside it, the split is somebody's own: both keep
    their names, and a warning says so.
    """
    found = dict(splits)
    if 'val' in found and 'test' in found:
        problems.warn(
            f'{where}: val and test are both here, so the split is not '
            "AffectNet's: not comparable"
        )
    elif 'val' in found:
        found['test'] = found.pop('val')
    return found


def to_samples(
    source: str,
    entries: Sequence[Entry],
    num_classes: int,
    files: FolderIndex,
    problems: ReadReport,
    where: Where,
) -> list[Sample]:
    """Entries of the classes asked for, whose image is there, each once.

    Labels are never renumbered: without Contempt, the last class, the others
    keep their numbers.

    Args:
        source: Named in notes.
        entries: In the order in which the samples are wanted.
        num_classes: 7 leaves out Contempt.
        files: Scans folders.
        problems: Takes labels outside 0..10, missing and empty images, and
            images that are listed twice.
        where: Where an entry is annotated.
    """
    kept = _of_classes(source, entries, num_classes, problems, where)
    kept = _present(kept, files, problems, where)
    return [
        Sample(
            f'{entry.folder}/{entry.name}',
            entry.label,
            image_stem(entry.name),
            entry.box,
        )
        for entry in _unique(kept, problems, where)
    ]


def _of_classes(
    source: str,
    entries: Sequence[Entry],
    num_classes: int,
    problems: ReadReport,
    where: Where,
) -> list[Entry]:
    kept = []
    left_out: Counter[int] = Counter()
    for entry in entries:
        if 0 <= entry.label < num_classes:
            kept.append(entry)
        elif 0 <= entry.label < len(LABELS):
            left_out[entry.label] += 1
        else:
            problems.add(
                'label out of range',
                f'{where(entry)}: label {entry.label} of {entry.name!r} is '
                f'outside 0..{len(LABELS) - 1}',
            )
    note_left_out(source, left_out, num_classes, problems)
    return kept


def note_left_out(
    source: str, left_out: Counter[int], num_classes: int, problems: ReadReport
) -> None:
    """Say how many images of no class of ours were left out."""
    if left_out:
        counts = ', '.join(
            f'{count} {LABELS[label]}'
            for label, count in sorted(left_out.items())
        )
        problems.note(
            f'{source}: left out {counts} (num_classes={num_classes}); the '
            'other labels keep their numbers'
        )


def _present(
    entries: Sequence[Entry],
    files: FolderIndex,
    problems: ReadReport,
    where: Where,
) -> list[Entry]:
    kept = []
    for entry in entries:
        size = files.sizes(entry.folder).get(entry.name)
        if size:
            kept.append(entry)
        elif size is None:
            problems.add(
                'missing image',
                f'{where(entry)}: image {entry.name!r} is missing; looked '
                f'for {entry.folder}/{entry.name}',
            )
        else:
            problems.add(
                'empty image',
                f'{where(entry)}: image {entry.folder}/{entry.name} is empty '
                '(0 bytes)',
            )
    return kept


def _unique(
    entries: Sequence[Entry], problems: ReadReport, where: Where
) -> list[Entry]:
    """Each face once; none whose entries give it different labels."""
    kept: dict[tuple[str, str, Box | None], Entry] = {}
    refused: set[tuple[str, str, Box | None]] = set()
    for entry in entries:
        face = (entry.folder, entry.name, entry.box)
        first = kept.setdefault(face, entry)
        if first is entry:
            continue
        same = first.label == entry.label
        if not same:
            refused.add(face)
        problems.add(
            'duplicate entry',
            f'{where(entry)}: {entry.name!r} is already in {where(first)}, '
            f'with {"the same" if same else "another"} label',
        )
    return [entry for face, entry in kept.items() if face not in refused]
