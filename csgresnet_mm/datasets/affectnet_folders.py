"""Copies of AffectNet in one folder a class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from .affectnet_entries import (
    CLASSES,
    as_tested,
    note_left_out,
)
from .errors import DatasetError
from .names import find_class
from .reading.files import FolderIndex, image_stem
from .reading.folders import (
    ClassFolders,
    FolderImage,
    find_split_folders,
    folder_images,
)
from .reading.layouts import Layout
from .reading.report import ReadReport
from .reading.tables import (
    find_columns,
    good_rows,
    parse_whole,
    read_rows,
    text_lines,
)
from .sample import Sample

PACK_LIST = 'labels.csv'
_FEW = 100_000
"""A copy with fewer images is a sample: the whole set has 287,000."""


class AffectNetFolders:
    """Reads ``<split>/<class>`` folders, and ``labels.csv`` beside them.

    A folder's name is its class. The CSV that comes with the 96x96 sample
    holds a model's guesses: it is compared, and never believed.

    Args:
        home: Holds the split folders, or the class folders themselves, which
            are train then.
        num_classes: 7 leaves out Contempt.
        published: Name to published counts, as proof of an order.
        folder_order: What numbered folders mean.
        label_base: What the lowest number is: 0, 1 or 'auto'.
        files: Scans folders.
        problems: Takes malformed entries.
    """

    def __init__(
        self,
        home: Path,
        *,
        num_classes: int,
        published: Mapping[str, Sequence[int]],
        folder_order: str | Sequence[str] | None,
        label_base: int | str,
        files: FolderIndex,
        problems: ReadReport,
    ) -> None:
        self.home = home
        self.num_classes = num_classes
        self.files = files
        self.problems = problems
        splits = find_split_folders(home)
        if '' in splits:
            splits = {'train': splits['']}
        names = {n for path in splits.values() for n in files.folders(path)}
        self.classes = CLASSES[: _count_classes(names)]
        if len(self.classes) < num_classes:
            raise DatasetError(
                f'{home}: the class folders {", ".join(sorted(names))} have '
                f'no Contempt; num_classes={num_classes} needs it'
            )
        if folder_order == 'affectnet':
            folder_order = self.classes
        self.reader = ClassFolders(
            splits,
            self.classes,
            {
                name: counts[: len(self.classes)]
                for name, counts in published.items()
            },
            problems,
            files,
            folder_order=folder_order,
            label_base=label_base,
        )
        self.splits = splits

    def read(self) -> dict[str, list[FolderImage]]:
        """Images by split, 'val' as 'test'.

        Raises:
            DatasetError: See :class:`~.folders.ClassFolders`; or
                nothing says what numbered folders mean.
        """
        table, proven = self.reader.read()
        images = folder_images(table)
        if not proven:
            raise self.reader.needs_order('they are numbered from 1')
        self._compare_list(images)
        by_split: dict[str, list[FolderImage]] = {
            split: [] for split in self.splits
        }
        for image in images:
            by_split[image.split].append(image)
        if len(images) < _FEW:
            warn_of_sample(self.home, len(images), self.problems)
        return as_tested(by_split, self.home, self.problems)

    def samples(self, images: Sequence[FolderImage]) -> list[Sample]:
        """Those of a split that are not empty, of the classes asked for."""
        samples = []
        left_out: Counter[int] = Counter()
        twice = self._twice(images)
        for image in images:
            stem = image_stem(image.name)
            if stem in twice:
                continue
            if image.label >= self.num_classes:
                left_out[image.label] += 1
            elif image.size == 0:
                self.problems.add(
                    'empty image', f'{image.path}: empty image (0 bytes)'
                )
            else:
                samples.append(Sample(image.path, image.label, stem))
        note_left_out(
            str(self.home), left_out, self.num_classes, self.problems
        )
        return samples

    def _twice(self, images: Sequence[FolderImage]) -> set[str]:
        """AffectNet's numbers that lie in several class folders."""
        first: dict[str, FolderImage] = {}
        twice: set[str] = set()
        for image in images:
            stem = image_stem(image.name)
            other = first.setdefault(stem, image)
            if other is not image and stem.isdecimal():
                twice.add(stem)
                self.problems.add(
                    'duplicate entry',
                    f'{image.path}: the same image as {other.path}',
                )
        return twice

    # ---- labels.csv --------------------------------------------------

    def _compare_list(self, images: Sequence[FolderImage]) -> None:
        """Say how often the CSV's guess is not the folder's class."""
        path = self.home / PACK_LIST
        if not path.is_file():
            return
        guesses = self._read_list(path)
        known = [i for i in images if (i.label, i.name) in guesses]
        other = [i for i in known if guesses[i.label, i.name] != i.label]
        if other:
            label = guesses[other[0].label, other[0].name]
            self.problems.warn(
                f'{path}: {len(other)} of {len(known)} images lie in the '
                f'folder of another class than it says (first: '
                f'{other[0].path}, {CLASSES[label]}); the folder is used: '
                "the list holds a model's guesses, and its relFCs is no "
                'confidence'
            )

    def _read_list(self, path: Path) -> dict[tuple[int, str], int]:
        """(Class of the folder, file name) to the class guessed."""
        lines = text_lines(self.files.text(path))
        rows = read_rows(path, lines, self.problems)
        header = next(rows, None)
        places = header and find_columns(header.fields, 'image', 'label')
        found: dict[tuple[int, str], int] = {}
        unread = 0
        for row in good_rows(path, rows, self.problems):
            own = row.fields
            pth, guess = '', ''
            if places and len(own) > max(places):
                pth, guess = (own[place] for place in places)
            folder, name = ['', *pth.split('/')][-2:]
            place = find_class(folder, CLASSES)
            label = find_class(guess, CLASSES)
            if place is None or label is None:
                unread += 1
            else:
                found[place, name] = label
        if unread:
            self.problems.warn(
                f'{path}: {unread} rows do not name a class folder, an image '
                "and a class (columns 'pth' and 'label'), and are not "
                'compared'
            )
        return found


def warn_of_sample(where: Path, count: int, problems: ReadReport) -> None:
    """Say that a copy is a part of AffectNet."""
    problems.warn(
        f'{where}: a sample ({count} images), not AffectNet: results on it '
        'are never comparable with those on AffectNet'
    )


def _count_classes(names: set[str]) -> int:
    """7 or 8, by the names of the class folders."""
    if any(find_class(name, CLASSES) == 7 for name in names):
        return 8
    numbers = {parse_whole(name) for name in names if name.isdecimal()}
    return 8 if 8 in numbers or {0, 7} <= numbers else 7


LAYOUT = Layout(
    'folders',
    lambda folder: bool(find_split_folders(folder)),
    ('train/<class>/*.jpg', 'val/<class>/*.jpg'),
)
