"""Frames of CK+ and the recordings that they belong to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .reading.files import image_stem
from .reading.report import ReadReport
from .sample import Sample

NEUTRAL = 0
"""Official label of the first frames; 1..7 are those of sequences."""

FORM = 'S005_001_00000011: subject, sequence, frame'
_STEM = re.compile(r'(S[0-9]{3})_([0-9]{3})_([0-9]{8})')


class Frame(NamedTuple):
    """An image of CK+; its own name says all but the label."""

    path: str
    size: int
    subject: str
    sequence: str
    number: int

    @property
    def key(self) -> str:
        """The frame's name, whatever its file is called."""
        return f'{self.subject}_{self.sequence}_{self.number:08d}'


class Recording(NamedTuple):
    """A labelled sequence: ``label`` is official, frames are in order."""

    subject: str
    sequence: str
    label: int
    frames: tuple[Frame, ...]
    neutral: tuple[Frame, ...]

    @property
    def name(self) -> str:
        """Subject and sequence, as they begin the name of a frame."""
        return f'{self.subject}_{self.sequence}'


def parse_stem(stem: str) -> tuple[str, str, int] | None:
    """Subject, sequence and frame of a name, or None if it is no such name.

    >>> parse_stem('S005_001_00000011')
    ('S005', '001', 11)
    >>> parse_stem('S005_001_11') is None
    True
    """
    match = _STEM.fullmatch(stem)
    return None if match is None else (match[1], match[2], int(match[3]))


def read_frames(
    folder: str,
    images: Iterable[tuple[str, int]],
    problems: ReadReport,
    expected: str = FORM,
    begin: str = '',
) -> list[Frame]:
    """The frames among a folder's images, in order of their names.

    Args:
        folder: Where they lie.
        images: Their names and sizes.
        problems: Takes names of another form, and second files of a frame.
        expected: What a name should be, for errors.
        begin: What names have to begin with.
    """
    found: dict[str, Frame] = {}
    for name, size in sorted(images):
        stem = image_stem(name)
        parsed = parse_stem(stem)
        path = f'{folder}/{name}'
        if parsed is None or not stem.startswith(begin):
            problems.add(
                'bad name',
                f'{path}: the name does not say whose frame it is; expected '
                f'{expected}',
            )
            continue
        frame = found.setdefault(stem, Frame(path, size, *parsed))
        if frame.path != path:
            problems.add(
                'duplicate entry', f'{path}: the same frame as {frame.path}'
            )
    return list(found.values())


def take_frames(
    recordings: Sequence[Recording],
    count: int,
    neutral: bool,
    problems: ReadReport,
) -> list[Sample]:
    """The last frames of every recording, and its neutral ones if asked.

    Args:
        recordings: Of every subject.
        count: How many of the last frames.
        neutral: Add the neutral frames, and label officially: 0 is neutral.
            Else labels are the official ones minus 1.
        problems: Takes recordings that are too short, and empty images.
    """
    samples = []
    for recording in recordings:
        last = recording.frames[-count:]
        if last and len(last) < count:
            problems.add(
                'missing image',
                f'{last[0].path}: the sequence {recording.name} has '
                f'{len(last)} frames of its expression, frames={count} are '
                'expected',
                count - len(last),
            )
        chosen = [(frame, recording.label - (not neutral)) for frame in last]
        for frame in recording.neutral if neutral else ():
            if frame in last:
                problems.add(
                    'missing image',
                    f'{frame.path}: the first frame of {recording.name} is '
                    f'one of its last {count}, so none is neutral',
                )
            else:
                chosen.append((frame, NEUTRAL))
        for frame, label in chosen:
            if frame.size == 0:
                problems.add(
                    'empty image', f'{frame.path}: empty image (0 bytes)'
                )
                continue
            samples.append(
                Sample(frame.path, label, frame.key, group=frame.subject)
            )
    return samples
