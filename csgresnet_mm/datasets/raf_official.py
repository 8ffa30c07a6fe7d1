"""The layout in which RAF-DB is distributed: EmoLabel, Image, Annotation."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import DatasetError
from .names import find_split
from .raf_names import BASIC, RafNames, plain_stem, raf_split
from .reading.files import (
    FolderIndex,
    describe,
    image_stem,
    list_files,
    unnested,
    unpack_hint,
)
from .reading.label_list import Row, read_label_list
from .reading.report import ReadReport

OFFICIAL_LIST = 'list_patition_label.txt'


@dataclass(frozen=True)
class ListedImage:
    """A line of a list and the image it names."""

    row: Row
    path: str
    stem: str


def is_official(folder: Path) -> bool:
    """Whether a folder looks like ``basic/``."""
    return not _is_part(folder, 'compound') and _has_lists(folder)


def is_compound(folder: Path) -> bool:
    """Whether a folder looks like ``compound/``."""
    return not _is_part(folder, 'basic') and _has_lists(folder)


def _is_part(folder: Path, part: str) -> bool:
    """Whether a folder's name says that it is one part of RAF-DB."""
    return bool(
        re.fullmatch(rf'(raf(-?db)?[-_ ]?)?{part}', folder.name.lower())
    )


def _has_lists(folder: Path) -> bool:
    images = unnested(folder / 'Image')
    return (folder / 'EmoLabel').is_dir() or any(
        (images / name).is_dir() for name in ('aligned', 'original')
    )


class OfficialLists:
    """Reads label lists and finds the images they name.

    Args:
        home: The folder that holds EmoLabel and Image.
        num_classes: Number of labels.
        label_base: 0, 1 or 'auto'.
        label_file: Takes the place of the official list for those splits
            of which it has lines; path, or relative to home, EmoLabel or
            ``root``.
        alignment: 'aligned' or 'original'.
        problems: Takes malformed lines and missing images.
        index: Scans folders.
        root: What the user gave as data_root.
        hint: Added to the error of a label out of range.
        names: Those of the set's images.
    """

    def __init__(
        self,
        home: Path,
        *,
        num_classes: int,
        label_base: int | str,
        label_file: str | os.PathLike[str] | None,
        alignment: str,
        problems: ReadReport,
        index: FolderIndex,
        root: Path,
        hint: str = '',
        names: RafNames = BASIC,
    ) -> None:
        self.home = home
        self.num_classes = num_classes
        self.label_base = label_base
        self.label_file = label_file
        self.problems = problems
        self.index = index
        self.root = root
        self.hint = hint
        self.names = names
        self.labels = unnested(home / 'EmoLabel')
        self.image_folder = self._find_image_folder(alignment)
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        for name in index.images(str(self.image_folder)):
            self._by_stem[plain_stem(image_stem(name))].append(name)

    # ---- lines -------------------------------------------------------

    def read(self, split: str) -> tuple[list[ListedImage], Path]:
        """The images of a split, and the list that names them.

        Raises:
            DatasetError: No list has lines of this split.
        """
        for path, file_split in self._lists(split):
            rows = read_label_list(
                path,
                self.problems,
                num_classes=self.num_classes,
                base=self.label_base,
                hint=self.hint,
                files=self.index,
            )
            own = [
                row
                for row in rows
                if self._split_of(path, row, file_split) == split
            ]
            if own:
                return self._images(path, own), path
            self.problems.note(f'{path}: no lines of the split {split!r}')
        raise DatasetError(
            f'{self.home}: no label list with lines of the split {split!r}; '
            f'expected EmoLabel/{OFFICIAL_LIST}, EmoLabel/{split}.txt or '
            f'label_file=; EmoLabel holds {self._label_folder()}'
        )

    def _label_folder(self) -> str:
        folder = self.labels
        if not folder.is_dir():
            return 'nothing: it does not exist'
        return describe(folder) + unpack_hint(folder)

    def _lists(self, split: str) -> list[tuple[Path, str | None]]:
        """Lists to try in turn, each with the split it is of, if it is."""
        lists: list[tuple[Path, str | None]] = []
        if self.label_file is not None:
            lists.append((self._find_label_file(), None))
        official = self.labels / OFFICIAL_LIST
        if official.is_file():
            lists.append((official, None))
        elif self.labels.is_dir():
            lists += [
                (path, split)
                for path in list_files(self.labels, '.txt')
                if find_split(path.stem) == split
            ][:1]
        return lists

    def _find_label_file(self) -> Path:
        name = Path(self.label_file or '').expanduser()
        places = (self.root, self.home, self.labels)
        for path in [place / name for place in places]:
            if path.is_file():
                return path
        raise DatasetError(
            f'label_file={str(self.label_file)!r} does not exist, neither '
            f'itself nor in {", ".join(str(place) for place in places)}'
        )

    def _split_of(
        self, path: Path, row: Row, file_split: str | None
    ) -> str | None:
        """The prefix's split; a list of one split must not contradict it."""
        stem = image_stem(os.path.basename(row.name))
        split = raf_split(stem)
        where = f'{path}, line {row.line}'
        if split is None and file_split is None:
            self.problems.add(
                'no split',
                f'{where}: {row.name!r} starts with neither train_ nor '
                'test_, so its split is unknown',
            )
        elif None not in (split, file_split) and split != file_split:
            self.problems.add(
                'wrong split',
                f'{where}: {row.name!r} is of {split!r} by its prefix, the '
                f'list is of {file_split!r}',
            )
            return None
        return split or file_split

    # ---- images ------------------------------------------------------

    def _find_image_folder(self, alignment: str) -> Path:
        """Image/original; or Image/aligned, else the one Image/aligned_N."""
        images = unnested(self.home / 'Image')
        folder = unnested(images / alignment)
        if folder.is_dir():
            return folder
        sized: list[Path] = []
        if alignment == 'aligned' and images.is_dir():
            sized = sorted(p for p in images.glob('aligned_*') if p.is_dir())
        if len(sized) == 1:
            return unnested(sized[0])
        if sized:
            raise DatasetError(
                f'{images}: several folders of aligned images: '
                f'{", ".join(path.name for path in sized)}; keep one'
            )
        holds = describe(images) if images.is_dir() else 'nothing'
        raise DatasetError(
            f'{folder}: no such folder; Image holds {holds}'
            + unpack_hint(images, self.home)
        )

    def _images(self, path: Path, rows: Sequence[Row]) -> list[ListedImage]:
        """Rows whose image exists, is not empty and is named once."""
        images: list[ListedImage] = []
        for row in rows:
            found = self._find_image(path, row)
            if found is not None:
                images.append(found)
        return self._unique(path, images)

    def _find_image(self, path: Path, row: Row) -> ListedImage | None:
        where = f'{path}, line {row.line}'
        if '..' in row.name.replace('\\', '/').split('/'):
            self.problems.add(
                'path escape',
                f'{where}: {row.name!r} leaves the folder of the data set',
            )
            return None
        folder, name = self._place(row.name)
        size = self.index.sizes(folder).get(name)
        if size is None:
            absolute = ' (an absolute path)' * os.path.isabs(row.name)
            self.problems.add(
                'missing image',
                f'{where}: image {row.name!r}{absolute} is missing; looked '
                f'for {os.path.join(folder, name)}',
            )
            return None
        if size == 0:
            self.problems.add(
                'empty image',
                f'{where}: image {os.path.join(folder, name)} is empty '
                '(0 bytes)',
            )
            return None
        stem = plain_stem(image_stem(name))
        return ListedImage(row, os.path.join(folder, name), stem)

    def _place(self, name: str) -> tuple[str, str]:
        """Folder and file of a name in a list."""
        if '/' in name:
            path = name if os.path.isabs(name) else str(self.home / name)
            return os.path.split(path)
        folder = str(self.image_folder)
        if name in self.index.sizes(folder):
            return folder, name
        same = self._by_stem.get(plain_stem(image_stem(name)), [])
        if len(same) > 1:
            raise DatasetError(
                f'{folder}: {", ".join(sorted(same))} are all {name!r}'
            )
        return folder, same[0] if same else name

    def _unique(
        self, path: Path, images: Sequence[ListedImage]
    ) -> list[ListedImage]:
        """Each image once; none whose lines give different labels."""
        kept: dict[str, ListedImage] = {}
        refused: set[str] = set()
        for image in images:
            key = self.names.key(image.stem) or image.path
            first = kept.setdefault(key, image)
            if first is image:
                continue
            same = first.row.label == image.row.label
            if not same:
                refused.add(key)
            self.problems.add(
                'duplicate entry',
                f'{path}, line {image.row.line}: {image.row.name!r} is '
                f'already in line {first.row.line}, with '
                f'{"the same" if same else "another"} label',
            )
        return [image for key, image in kept.items() if key not in refused]
