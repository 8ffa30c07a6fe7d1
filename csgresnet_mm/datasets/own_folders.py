"""Anybody's class folders, with or without folders of splits."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mmpretrain.registry import DATASETS
from PIL import Image

from .base import FERDataset
from .errors import DatasetError, note
from .reading.checks import Review, images_present
from .reading.files import FolderIndex, check_root, is_hidden, list_folders
from .reading.layouts import Layout, recognise
from .reading.names import find_split
from .reading.report import ReadReport
from .reading.table import Table

SUFFIXES = (
    '.jpg',
    '.jpeg',
    '.jpe',
    '.jfif',
    '.png',
    '.webp',
    '.bmp',
    '.dib',
    '.tif',
    '.tiff',
    '.gif',
    '.avif',
    '.jp2',
    '.pbm',
    '.pgm',
    '.ppm',
    '.pnm',
    '.ras',
    '.sr',
)
"""Of images of 8 bits a channel that OpenCV decodes."""
OTHER_SUFFIXES = ('.heic', '.heif', '.svg', '.raw', '.dng', '.cr2', '.nef')
"""Of pictures that no library here decodes."""
VAL_RATIO = 0.2
"""Held out where no folder is, unless asked otherwise."""


def is_picture(name: str) -> bool:
    """Whether a file is a picture by its suffix, also one not read here."""
    suffix = os.path.splitext(name)[1].lower()
    Image.init()
    return (
        suffix in SUFFIXES
        or suffix in OTHER_SUFFIXES
        or Image.EXTENSION.get(suffix) in Image.OPEN
    )


def split_folders(root: Path) -> dict[str, Path]:
    """Split to its folder, where a folder of train holds class folders.

    Raises:
        DatasetError: Two folders are of one split.
    """
    folders: dict[str, Path] = {}
    for name in list_folders(root):
        split = find_split(name)
        if split is None or not list_folders(root / name):
            continue
        if split in folders:
            raise DatasetError(
                f'{root}: {folders[split].name!r} and {name!r} are both a '
                f'folder of {split}; expected one'
            )
        folders[split] = root / name
    return folders if 'train' in folders else {}


def _is_flat(folder: Path) -> bool:
    names = list_folders(folder)
    return sum(_holds_image(folder / name) for name in names) > 1


def _holds_image(folder: Path) -> bool:
    return any(
        name.lower().endswith(SUFFIXES) and not is_hidden(name)
        for name in os.listdir(folder)
    )


LAYOUTS = (
    Layout(
        'splits',
        lambda folder: bool(split_folders(folder)),
        ('train/<class>/*.jpg',),
    ),
    Layout('flat', _is_flat, ('<class>/*.jpg',)),
)


def find_splits(
    root: str | os.PathLike[str], layout: str = 'auto'
) -> dict[str, Path]:
    """Split to its folder of class folders; '' where there are no splits.

    Args:
        root: The folder, or one that holds it.
        layout: 'splits' or 'flat', or 'auto'.

    Raises:
        DatasetError: There are no class folders.
    """
    place = check_root(os.path.expanduser(os.fspath(root)), 'OwnFolders')
    here, home = recognise(place, 'class folders', LAYOUTS, layout)
    return {'': home} if here.name == 'flat' else split_folders(home)


def find_classes(splits: Mapping[str, Path]) -> tuple[str, ...]:
    """The class folders of all splits, in order.

    Args:
        splits: Of :func:`find_splits`.

    Raises:
        DatasetError: There are fewer than two, or two differ in case only.
    """
    names = {
        name for folder in splits.values() for name in list_folders(folder)
    }
    alike = Counter(name.casefold() for name in names)
    twice = sorted(name for name in names if alike[name.casefold()] > 1)
    where = ', '.join(map(str, splits.values()))
    if twice:
        raise DatasetError(
            f'{where}: the class folders {", ".join(twice)} differ in upper '
            'and lower case only; expected one spelling'
        )
    if len(names) < 2:
        raise DatasetError(
            f'{where}: {len(names)} class folders '
            f'({", ".join(names) or "none"}); expected two or more'
        )
    return tuple(sorted(names))


@DATASETS.register_module()
class OwnFolders(FERDataset):
    """One folder of images a class, of anybody's classes.

    Either with folders of splits, by any of their usual names, or without::

        mine                    mine
        |-- train               |-- happy
        |   |-- happy           |   |-- 1.jpg
        |   |   |-- 1.jpg       |   `-- ...
        |   |   `-- ...         `-- sad
        |   `-- sad                 `-- ...
        |-- val  (optional)
        `-- test (optional)

    Classes are all class folders of all splits, in the order of their names
    (upper case first), so a class that a split lacks moves no label. Images
    may lie in folders inside the class folders. Hidden folders and those of
    systems (``.ipynb_checkpoints``, ``__MACOSX``, ``@eaDir``) do not count.

    Where neither val nor test has a folder, a part of the images is held out,
    the same for both. Where one of the two has none, the other one's is
    taken; the log says so.

    Args:
        data_root: The folder.
        split: 'train', 'val' or 'test' (training, valid, ... are the same).
        val_ratio: Part of each class that is held out of train. None: 0.2
            where neither val nor test has a folder, else 0.
        **kwargs: See :class:`FERDataset`.

    Raises:
        ValueError: A bad argument.
        DatasetError: A ValueError: there are no class folders, or fewer than
            two.
    """

    METAINFO = {'alignment': 'unknown'}
    LAYOUTS = LAYOUTS
    OPTIONS = ()

    def __init__(
        self,
        data_root: str | os.PathLike[str],
        split: str = 'train',
        *,
        val_ratio: float | None = None,
        layout: str = 'auto',
        **kwargs: Any,
    ) -> None:
        self._splits = find_splits(data_root, layout)
        held_out = {'val', 'test'} & self._splits.keys()
        if val_ratio is None:
            val_ratio = 0 if held_out else VAL_RATIO
        super().__init__(
            data_root,
            self._choose(split, val_ratio),
            val_ratio=val_ratio,
            layout=layout,
            native=find_classes(self._splits),
            **kwargs,
        )

    def _choose(self, wanted: str, val_ratio: float) -> str:
        """The split that is read where one is asked for."""
        there = set(self._splits) | ({'val'} if val_ratio else set())
        asked = find_split(wanted) or wanted
        other = {'val': 'test', 'test': 'val'}.get(asked, asked)
        if asked in there or other not in there or asked == 'train':
            return wanted
        where = next(iter(self._splits.values()))
        note(f'{where}: no images of {asked}; those of {other} serve')
        return other

    @property
    def folder(self) -> Path | None:
        """That of the class folders of the split, None if there is none."""
        split_off = self.val_ratio > 0 and self.split in ('train', 'val')
        return self._find('train' if split_off else self.split)

    def _find(self, split: str) -> Path | None:
        flat = self._splits.get('')
        if flat is not None:
            return flat if split == 'train' else None
        return self._splits.get(split)

    def read_table(self, split: str, report: ReadReport) -> Table:
        """See the base class.

        Raises:
            DatasetError: The split is not there.
        """
        folder = self._find(split)
        if folder is None:
            raise DatasetError(
                f'{self.data_root}: no images of {split!r}; expected a folder '
                'of that name, or val_ratio= to hold some out'
            )
        for place in self._splits.values():
            self.files.mark(place)
        report.layout = 'flat' if '' in self._splits else 'splits'
        report.where = f'{folder}, classes by folder'
        images: list[tuple[str, int, int]] = []
        left_out: Counter[str] = Counter()
        for label, name in enumerate(self.native):
            images += [
                (path, size, label)
                for path, size in _walk(folder / name, self.files, left_out)
            ]
        paths = [path for path, _, _ in images]
        table = Table.of(
            paths,
            name=[os.path.relpath(path, folder) for path in paths],
            size=[size for _, size, _ in images],
            label=[label for _, _, label in images],
        )
        review = Review(table, report)
        images_present(review, table)
        table = review.done()
        if left_out:
            kinds = ', '.join(f'{n} {what}' for what, n in left_out.items())
            report.warn(
                f'{folder}: pictures that cannot be read are left out: {kinds}'
            )
        return table


def _walk(
    folder: Path, files: FolderIndex, left_out: Counter[str]
) -> Iterator[tuple[str, int]]:
    """Path and size of each image of a folder and of those inside."""
    for name, size in sorted(files.sizes(folder).items()):
        if name.lower().endswith(SUFFIXES):
            yield f'{folder}/{name}', size
        elif is_picture(name):
            left_out[os.path.splitext(name)[1].lower()] += 1
    if folder.is_dir():
        for name in files.folders(folder):
            yield from _walk(folder / name, files, left_out)
