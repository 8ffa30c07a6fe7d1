"""CK+48: the last three frames of every sequence in one folder a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from .ckplus_frames import NEUTRAL, Frame, Recording, read_frames
from .errors import DatasetError
from .names import find_class
from .reading.files import FolderIndex, list_folders
from .reading.folders import ClassFolders, find_split_folders, folder_images
from .reading.report import ReadReport


def has_named_folders(folder: Path, classes: Sequence[str]) -> bool:
    """Whether a sub-folder, or one of a split's, is named as a class is."""
    return bool(_find_homes(folder, classes))


def _find_homes(folder: Path, classes: Sequence[str]) -> dict[str, Path]:
    """Split, '' if there is none, to the folder of its class folders."""

    def is_home(place: Path) -> bool:
        names = list_folders(place)
        return any(find_class(name, classes) is not None for name in names)

    return find_split_folders(folder, is_home)


class FolderSequences:
    """Reads class folders, and puts the frames of a sequence together.

    Args:
        home: Holds the class folders.
        classes: The official ones, neutral first.
        neutral: A folder of neutral frames is expected; else it is passed
            over.
        files: Scans folders.
        problems: Takes malformed entries.
    """

    def __init__(
        self,
        home: Path,
        classes: Sequence[str],
        neutral: bool,
        files: FolderIndex,
        problems: ReadReport,
    ) -> None:
        self.home = home
        self.classes = classes
        self.neutral = neutral
        self.files = files
        self.problems = problems

    def read(self) -> list[Recording]:
        """All sequences, in order of subject and sequence.

        Raises:
            DatasetError: Neutral frames are expected, and there are none.
        """
        labels, frames = self._label_frames()
        by_name: dict[str, dict[int, list[Frame]]] = {}
        for key, frame in sorted(frames.items()):
            name = f'{frame.subject}_{frame.sequence}'
            own = by_name.setdefault(name, {})
            own.setdefault(labels[key], []).append(frame)
        unused = sum(label == NEUTRAL for label in labels.values())
        if self.neutral and not unused:
            raise DatasetError(
                f'{self.home}: neutral=True, but no class folder is neutral:'
                ' CK+48 holds last frames only; the distributed set is needed'
            )
        if unused and not self.neutral:
            self.problems.note(
                f'{self.home}: {unused} neutral frames are not used; '
                'neutral=True takes them'
            )
        recordings = (self._recording(own) for own in by_name.values())
        return [found for found in recordings if found is not None]

    def _label_frames(self) -> tuple[dict[str, int], dict[str, Frame]]:
        """Each frame's name to its label and to itself."""
        homes = _find_homes(self.home, self.classes)
        table, _ = ClassFolders(
            homes, self.classes, {}, self.problems, self.files
        ).read()
        images = folder_images(table)
        if '' not in homes:
            self.problems.note(
                f'{self.home}: {", ".join(homes)} are read as one: folds are '
                'of subjects, whom the names of the frames say'
            )
        folders: dict[tuple[str, int], list[tuple[str, int]]] = {}
        for image in images:
            place = folders.setdefault((image.folder, image.label), [])
            place.append((image.name, image.size))
        labels: dict[str, int] = {}
        kept: dict[str, Frame] = {}
        refused: set[str] = set()
        for (folder, label), names in folders.items():
            for frame in read_frames(folder, names, self.problems):
                first = kept.setdefault(frame.key, frame)
                if first is frame:
                    labels[frame.key] = label
                    continue
                refused.add(frame.key)
                self.problems.add(
                    'labels disagree',
                    f'{frame.path}: the same frame as {first.path}',
                )
        for key in refused:
            del labels[key], kept[key]
        return labels, kept

    def _recording(
        self, own: Mapping[int, Sequence[Frame]]
    ) -> Recording | None:
        """One sequence; None if its frames show several expressions."""
        shown = {label: own[label] for label in own if label != NEUTRAL}
        if len(shown) > 1:
            one, other = [frames[0].path for frames in shown.values()][:2]
            self.problems.add(
                'labels disagree',
                f'{other}: the same sequence as {one}, in the folder of '
                'another class',
                sum(map(len, shown.values())),
            )
            return None
        neutral = tuple(own.get(NEUTRAL, ()))
        label, frames = next(iter(shown.items()), (NEUTRAL, ()))
        some = [*frames, *neutral][0]
        return Recording(
            some.subject, some.sequence, label, tuple(frames), neutral
        )
