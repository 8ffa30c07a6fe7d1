"""CK+ as distributed: one folder a sequence, one file a label."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from .ckplus_frames import Recording, parse_stem, read_frames
from .errors import DatasetError
from .reading.files import FolderIndex, list_folders
from .reading.report import ReadReport

IMAGES = 'cohn-kanade-images'
LABELS = 'Emotion'
_IMAGES = (IMAGES, f'extended-{IMAGES}')
_LABELS = ('emotion', 'emotions', 'emotion-labels')
_SUFFIX = '_emotion.txt'
_NUMBER = re.compile(r'[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,2})?')
_LAST = 7


class _Label(NamedTuple):
    path: Path
    value: int
    number: int


def is_official(folder: Path) -> bool:
    """Whether the two folders of the release are here."""
    return all(_find_part(folder, names) for names in (_IMAGES, _LABELS))


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
        found = [p for p in level if any(map(_is_subject, list_folders(p)))]
        if len(found) > 1:
            raise DatasetError(
                f'{home}: {", ".join(map(str, found))} all hold subjects; '
                'keep one'
            )
        if found:
            return found[0]
    return part


def _is_subject(name: str) -> bool:
    return re.fullmatch('S[0-9]{3}', name) is not None


def parse_emotion(path: Path, text: str, problems: ReadReport) -> int | None:
    """The label of a file that holds ``   3.0000000e+00``: 1..7, or None.

    Args:
        path: Named in errors.
        text: Of the file.
        problems: Takes what is no label.
    """
    fields = text.split()
    if len(fields) != 1:
        problems.add(
            'wrong number of fields',
            f'{path}: {len(fields)} fields {" ".join(fields)[:60]!r}; one '
            'number is expected, such as 3.0000000e+00',
        )
        return None
    value = Decimal(fields[0]) if _NUMBER.fullmatch(fields[0]) else None
    if value is None or value != value.to_integral_value():
        problems.add(
            'label not an integer',
            f'{path}: label {fields[0][:60]!r} is not a whole number',
        )
        return None
    if not 1 <= value <= _LAST:
        problems.add(
            'label out of range',
            f'{path}: label {fields[0]!r} is outside 1..{_LAST} (0, neutral, '
            'is no expression of a sequence, but of its first frame)',
        )
        return None
    return int(value)


class OfficialSequences:
    """Reads the labels, and finds the frames of what they label.

    Args:
        home: Holds the folders of images and of labels.
        files: Scans folders and reads files.
        problems: Takes malformed entries.
    """

    def __init__(
        self, home: Path, files: FolderIndex, problems: ReadReport
    ) -> None:
        self.home = home
        self.images = _find_part(home, _IMAGES) or home / IMAGES
        self.labels = _find_part(home, _LABELS) or home / LABELS
        self.files = files
        self.problems = problems
        self._odd: dict[str, list[str]] = {}

    def read(self) -> list[Recording]:
        """All labelled sequences, in order of subject and sequence."""
        found = []
        unlabelled = 0
        for subject in self.files.folders(self.labels):
            for sequence in self.files.folders(self.labels / subject):
                names = self._label_names(subject, sequence)
                unlabelled += not names
                label = self._read_label(subject, sequence, names)
                if label is not None:
                    found.append(self._recording(subject, sequence, label))
        if unlabelled:
            self.problems.note(
                f'{self.labels}: {unlabelled} sequences have no '
                'label, and are not used'
            )
        for oddity, names in self._odd.items():
            self.problems.warn(
                f'{self.home}: {oddity} in {len(names)} sequences (first: '
                f'{names[0]})'
            )
        return [recording for recording in found if recording is not None]

    # ---- labels ------------------------------------------------------

    def _label_names(self, subject: str, sequence: str) -> list[str]:
        folder = self.labels / subject / sequence
        return sorted(
            name
            for name in self.files.sizes(folder)
            if name.lower().endswith('.txt')
        )

    def _read_label(
        self, subject: str, sequence: str, names: list[str]
    ) -> _Label | None:
        """The one label of a sequence, if it has one."""
        folder = self.labels / subject / sequence
        if not names:
            return None
        if len(names) > 1:
            self.problems.add(
                'duplicate entry',
                f'{folder}: {len(names)} labels: {", ".join(names)}; one is '
                'expected',
            )
            return None
        path = folder / names[0]
        parsed = parse_stem(path.name.removesuffix(_SUFFIX))
        if parsed is None or parsed[:2] != (subject, sequence):
            self.problems.add(
                'bad name',
                f'{path}: expected a name {subject}_{sequence}_<frame>'
                f'{_SUFFIX} in this folder',
            )
            return None
        try:
            text = self.files.text(path)
        except DatasetError as error:
            self.problems.add('not text', str(error))
            return None
        value = parse_emotion(path, text, self.problems)
        return None if value is None else _Label(path, value, parsed[2])

    # ---- frames ------------------------------------------------------

    def _recording(
        self, subject: str, sequence: str, label: _Label
    ) -> Recording | None:
        """The sequence that a label is of; None if it is not all there."""
        folder = self.images / subject / sequence
        begin = f'{subject}_{sequence}_'
        frames = read_frames(
            str(folder),
            self.files.images(folder).items(),
            self.problems,
            expected=f'{begin}<frame>.png in this folder',
            begin=begin,
        )
        numbers = [frame.number for frame in frames]
        if label.number not in numbers:
            self.problems.add(
                'missing image',
                f'{label.path}: its frame {begin}{label.number:08d}.png is '
                f'missing; {folder} holds {len(frames)} frames',
            )
            return None
        self._look_for_oddities(begin[:-1], numbers, label.number)
        first = tuple(frames[:1])
        return Recording(subject, sequence, label.value, tuple(frames), first)

    def _look_for_oddities(
        self, name: str, numbers: list[int], labelled: int
    ) -> None:
        """What may be an incomplete copy: told, since it may not be one."""
        for oddity, found in (
            ('the labelled frame is not the last', numbers[-1] != labelled),
            ('the first frame is not number 1', numbers[0] != 1),
            (
                'frame numbers are left out',
                numbers[-1] - numbers[0] + 1 != len(numbers),
            ),
        ):
            if found:
                self._odd.setdefault(oddity, []).append(name)
