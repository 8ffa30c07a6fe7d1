"""RAF-DB repacked as class folders, with or without CSV lists beside them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from .names import find_split
from .raf_names import is_raf_copy, plain_stem, raf_key, raf_split
from .reading.files import FolderIndex, image_stem, list_files
from .reading.folders import (
    ClassFolders,
    FolderImage,
    find_split_folders,
    folder_images,
)
from .reading.label_list import Row, read_label_list
from .reading.report import ReadReport


def is_class_folders(folder: Path) -> bool:
    """Whether ``<split>/<class>`` or ``<class>`` folders are there."""
    return bool(find_split_folders(folder))


class RafFolders:
    """Reads class folders of RAF-DB's images.

    Args:
        folder: Holds the split folders, or the class folders themselves.
        places: Folders where ``<split>_labels.csv`` may lie.
        classes: In native order.
        published: Split to the published counts.
        folder_order: What numbered folders mean.
        label_base: 0, 1 or 'auto'.
        problems: Takes malformed entries.
        index: Scans folders.
    """

    def __init__(
        self,
        folder: Path,
        *,
        places: Sequence[Path],
        classes: Sequence[str],
        published: Mapping[str, Sequence[int]],
        folder_order: str | Sequence[str] | None,
        label_base: int | str,
        problems: ReadReport,
        index: FolderIndex,
    ) -> None:
        self.folder = folder
        self.places = places
        self.label_base = label_base
        self.problems = problems
        self.index = index
        self.splits = find_split_folders(folder)
        self.reader = ClassFolders(
            self.splits,
            classes,
            published,
            problems,
            index,
            folder_order=folder_order,
            label_base=label_base,
        )

    def read(self, split: str) -> tuple[list[FolderImage], set[str]]:
        """The images of a split, each once; and all splits that are there.

        Raises:
            DatasetError: See :class:`~.folders.ClassFolders`; or the
                folders are numbered from 1 and hold images of another set.
        """
        table, proven = self.reader.read()
        images = folder_images(table)
        images, listed = self._compare_csv(split, images)
        if not proven and not listed:
            self._need_own_names(images)
        by_split = self._assign(images)
        return self._unique(by_split.get(split, [])), set(by_split)

    def _need_own_names(self, images: Sequence[FolderImage]) -> None:
        """1..7 are RAF-DB's labels on RAF-DB's images only."""
        strange = [
            image
            for image in images
            if not is_raf_copy(image_stem(image.name))
        ]
        if strange:
            raise self.reader.needs_order(
                f'{len(strange)} of {len(images)} images do not carry '
                f"RAF-DB's names (first: {strange[0].path})"
            )

    # ---- CSV lists ---------------------------------------------------

    def _compare_csv(
        self, split: str, images: list[FolderImage]
    ) -> tuple[list[FolderImage], bool]:
        """Check a split's folders against its CSV list, if there is one.

        Returns:
            The images without those on which the two disagree, and whether
            the list names every image of the split.
        """
        path = self._find_csv(split)
        if path is None:
            return images, False
        base = 1 if self.label_base == 'auto' else self.label_base
        rows = self._rows(
            path,
            read_label_list(path, self.problems, base=base, files=self.index),
        )
        refused: set[str] = set()
        unlisted = 0
        for image in images:
            if image.split != split:
                continue
            row = rows.pop(plain_stem(image_stem(image.name)), None)
            if row is None:
                unlisted += 1
            elif row.label != image.label:
                refused.add(image.path)
                self.problems.add(
                    'labels disagree',
                    f'{path}, line {row.line}: {row.name!r} is '
                    f'{self.reader.classes[row.label]}, its folder '
                    f'{image.folder} is {self.reader.classes[image.label]}',
                )
        for row in rows.values():
            self.problems.add(
                'missing image',
                f'{path}, line {row.line}: image {row.name!r} is missing; '
                f'looked in {self.splits[split]}',
            )
        if unlisted:
            self.problems.warn(
                f'{path}: does not list {unlisted} images of {split!r}'
            )
        kept = [image for image in images if image.path not in refused]
        return kept, unlisted == 0

    def _find_csv(self, split: str) -> Path | None:
        if split not in self.splits:
            return None
        for place in self.places:
            for path in list_files(place, '.csv'):
                stem = path.stem.lower()
                if not stem.endswith('_labels'):
                    continue
                if find_split(stem.removesuffix('_labels')) == split:
                    return path
        return None

    def _rows(self, path: Path, rows: Sequence[Row]) -> dict[str, Row]:
        """Rows by image; a second row of an image is a problem."""
        first: dict[str, Row] = {}
        for row in rows:
            if '/' in row.name or '\\' in row.name:
                self.problems.add(
                    'path escape',
                    f'{path}, line {row.line}: {row.name!r} is a path; a '
                    'file name is expected',
                )
                continue
            kept = first.setdefault(plain_stem(image_stem(row.name)), row)
            if kept is not row:
                self.problems.add(
                    'duplicate entry',
                    f'{path}, line {row.line}: {row.name!r} is already in '
                    f'line {kept.line}',
                )
        return first

    # ---- splits ------------------------------------------------------

    def _assign(
        self, images: Sequence[FolderImage]
    ) -> dict[str, list[FolderImage]]:
        """Images by split: the name's prefix, else the folder's split."""
        by_split: dict[str, list[FolderImage]] = {}
        moved: Counter[str] = Counter()
        for image in images:
            stem = image_stem(image.name)
            split = raf_split(stem) or image.split
            if not split:
                self.problems.add(
                    'no split',
                    f'{image.path}: starts with neither train_ nor test_, '
                    'and no folder says its split',
                )
                continue
            if image.split not in ('', split):
                if image.split != 'val' and raf_key(stem) is None:
                    self.problems.add(
                        'altered copy in the wrong split',
                        f'{image.path}: an altered copy of a {split!r} image '
                        f'inside the {image.split!r} folder',
                    )
                    continue
                moved[f'{image.split!r} to {split!r}'] += 1
            by_split.setdefault(split, []).append(image)
        if moved:
            ways = ', '.join(f'{n} from {way}' for way, n in moved.items())
            self.problems.warn(
                f'{self.folder}: image names outrank folder names: {ways}'
            )
        return by_split

    def _unique(self, images: Sequence[FolderImage]) -> list[FolderImage]:
        """Those not empty, and each of the set's images once."""
        kept: dict[str, FolderImage] = {}
        refused: set[str] = set()
        for image in images:
            if image.size == 0:
                self.problems.add(
                    'empty image', f'{image.path}: empty image (0 bytes)'
                )
                continue
            key = raf_key(image_stem(image.name)) or image.path
            first = kept.setdefault(key, image)
            if first is image:
                continue
            if first.label != image.label:
                refused.add(key)
            self.problems.add(
                'duplicate entry',
                f'{image.path}: the same image as {first.path}',
            )
        return [image for key, image in kept.items() if key not in refused]


def carving_key(image: FolderImage) -> str:
    """The image's own name, or what is stable of its path."""
    stem = image_stem(image.name)
    return raf_key(stem) or f'{os.path.basename(image.folder)}/{stem}'
