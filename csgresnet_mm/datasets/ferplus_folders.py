"""FER+ repacked as class folders."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import DatasetError
from .fer_folders import unique_images
from .fer_names import refuse_rafdb, with_keys
from .ferplus_votes import FOLDERS
from .names import ORDERS, find_expression
from .reading.files import IMAGE_SUFFIXES, FolderIndex, is_hidden
from .reading.folders import (
    ClassFolders,
    find_split_folders,
)
from .reading.report import ReadReport
from .table import Table

_LARGEST = {'train': 28709, 'val': 3589, 'test': 3589}
_REPACK = {'train': 66379, 'val': 8341, 'test': 3579}


class PlusFolders:
    """Images of ``<split>/<class>`` folders; the rule is not known.

    Args:
        home: Holds the split folders.
        classes: All eight.
        folder_order: What numbered folders mean.
        problems: Takes malformed entries.
        index: Scans folders.
    """

    def __init__(
        self,
        home: Path,
        *,
        classes: Sequence[str],
        folder_order: str | Sequence[str] | None,
        problems: ReadReport,
        index: FolderIndex,
    ) -> None:
        self.home = home
        self.problems = problems
        self.folders = find_split_folders(home)
        if '' in self.folders:
            raise DatasetError(
                f'{home}: class folders without train and test; expected '
                'train/<class> and test/<class>'
            )
        refuse_rafdb(self.folders, index, 'FER+')
        numbers = self._count_numbers(index)
        if numbers and folder_order is None:
            raise self._needs_order(numbers)
        if isinstance(folder_order, str):
            folder_order = ORDERS.get(folder_order, folder_order)
        values = {int(Path(name).name) for name in numbers}
        if len(values) == 7 and max(values) - min(values) == 6:
            classes = classes[:7]
            folder_order = _without_contempt(folder_order)
        reader = ClassFolders(
            self.folders,
            classes,
            {},
            problems,
            index,
            folder_order=folder_order,
        )
        self.images = with_keys(reader.read()[0])
        self._tell_leaks()

    def _count_numbers(self, index: FolderIndex) -> dict[str, int]:
        return {
            f'{split}/{name}': len(index.images(str(folder / name)))
            for split, folder in self.folders.items()
            for name in index.folders(folder)
            if name.isdecimal()
        }

    def _needs_order(self, counts: Mapping[str, int]) -> DatasetError:
        found = ', '.join(f'{name}: {n}' for name, n in counts.items())
        return DatasetError(
            f'{self.home}: what the numbered class folders mean is not '
            "known: FER+'s order ('ferplus' = "
            f"{', '.join(ORDERS['ferplus'])}) and AffectNet's ('affectnet' = "
            f'{", ".join(ORDERS["affectnet"])}) are both in use. Found '
            f'{found}. Set folder_order= to one of the two or to a list of '
            'class names'
        )

    def _tell_leaks(self) -> None:
        """Names of the set that occur in two splits."""
        first: dict[str, int] = {}
        leaks = []
        split, path = self.images.split, self.images.path
        for row, name in enumerate(self.images.name):
            other = first.setdefault(name, row)
            if split[other] != split[row]:
                leaks.append(f'{path[other]} and {path[row]}')
        if leaks:
            self.problems.warn(
                f'{self.home}: {len(leaks)} images are in two splits (first: '
                f'{leaks[0]})'
            )

    def take(self, split: str) -> Table:
        """The images of a split, each once; an augmented one is told.

        Raises:
            DatasetError: There is no such split.
        """
        if split not in self.folders:
            names = ', '.join(str(path) for path in self.folders.values())
            raise DatasetError(
                f'{self.home}: no split {split!r}; found {names}'
                + '; set val_ratio (0.1, say) to carve one from train'
                * (split == 'val')
            )
        images, told = unique_images(
            self.images.take(self.images.split == split), self.problems
        )
        for text in told[split]:
            self.problems.warn(text)
        if len(images) > _LARGEST[split]:
            known = ' (a known repack)' * (len(images) == _REPACK[split])
            self.problems.warn(
                f'{self.home}: {split} has {len(images)} images{known}, the '
                f'set has {_LARGEST[split]} at most: augmented copies, '
                'results are not comparable'
            )
        return images


def _without_contempt(
    order: str | Sequence[str] | None,
) -> str | Sequence[str] | None:
    if order is None or isinstance(order, str):
        return order
    return [name for name in order if find_expression(name) != 'contempt']


def has_images(folder: Path) -> bool:
    """Whether the folders that the authors' script fills hold images."""
    for name in FOLDERS.values():
        if (folder / name).is_dir():
            with os.scandir(folder / name) as entries:
                if any(
                    entry.name.lower().endswith(IMAGE_SUFFIXES)
                    and not is_hidden(entry.name)
                    for entry in entries
                ):
                    return True
    return False
