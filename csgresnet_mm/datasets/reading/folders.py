"""Images in one folder a class: ``train/<class>/*.jpg`` and its relatives."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePath

from ..errors import DatasetError
from .files import FolderIndex, image_stem, list_folders
from .names import find_class, find_expression, find_split
from .orders import (
    order_needed,
    prove_from_splits,
    resolve_order,
)
from .report import ReadReport
from .table import Table

_PLAIN = ('images', 'data')
"""Folders that say nothing of what they hold."""


def has_class_folders(folder: Path) -> bool:
    """Whether sub-folders are numbered or named as expressions are."""
    return any(
        find_expression(name) or (name.isdecimal() and len(name) <= 2)
        for name in list_folders(folder)
    )


def find_split_folders(
    folder: Path, matches: Callable[[Path], bool] = has_class_folders
) -> dict[str, Path]:
    """Split to its folder, for sub-folders that hold what is looked for.

    It may lie deeper, where an archive was unpacked into itself or into a
    folder of images: ``train/train``, ``test_set/images``. A folder that
    matches itself, and holds no splits, has the one split ''.

    Args:
        folder: Holds the folders of the splits.
        matches: Knows them; class folders are looked for by default.

    Raises:
        DatasetError: Two folders are the same split.
    """
    splits: dict[str, Path] = {}
    for name in list_folders(folder):
        split = find_split(name)
        home = split and _find_inside(folder / name, split, matches)
        if not (split and home):
            continue
        if split in splits:
            raise DatasetError(
                f'{folder}: {str(splits[split].relative_to(folder))!r} and '
                f'{str(home.relative_to(folder))!r} are both the split '
                f'{split!r}; keep one of them here'
            )
        splits[split] = home
    if not splits and matches(folder):
        return {'': folder}
    return splits


def _find_inside(
    folder: Path, split: str, matches: Callable[[Path], bool]
) -> Path | None:
    """A split's folder, or the one of its own name inside that matches."""
    for _ in range(3):
        if matches(folder):
            return folder
        names = list_folders(folder)
        inner = [n for n in names if find_split(n) or n.lower() in _PLAIN]
        if len(inner) != 1 or find_split(inner[0]) not in (None, split):
            return None
        folder /= inner[0]
    return None


class ClassFolders:
    """Reads class folders and gives every one its label, by its own name.

    Args:
        splits: Split to its folder.
        classes: The data set's classes.
        published: Split to the published counts, as proof of an order.
        report: Takes unknown folders.
        files: Scans folders.
        folder_order: See :func:`~.orders.resolve_order`.
        label_base: What the lowest class is numbered, or 'auto'.
    """

    def __init__(
        self,
        splits: Mapping[str, Path],
        classes: Sequence[str],
        published: Mapping[str, Sequence[int]],
        report: ReadReport,
        files: FolderIndex,
        *,
        folder_order: str | Sequence[str] | None = None,
        label_base: int | str = 'auto',
    ) -> None:
        self.splits = splits
        self.classes = classes
        self.published = published
        self.report = report
        self.files = files
        self.folder_order = folder_order
        self.label_base = label_base
        self.where = next(iter(splits.values()))
        if '' not in splits:
            self.where = Path(
                os.path.commonpath([p.parent for p in splits.values()])
            )
        for name in files.folders(self.where):
            if find_split(name):  # an empty one may be filled later
                files.mark(self.where / name)
        self._counts: dict[str, dict[int, int]] = {}
        self._other: Counter[str] = Counter()
        self._names = {
            split: list_folders(path) for split, path in splits.items()
        }

    def read(self) -> tuple[Table, bool]:
        """All images of all splits, and whether an order was proven.

        Returns:
            The images in order of split, label and name, ``split`` being
            their folder's; and False if the folders are numbered from 1 and
            nothing but the numbers themselves says what they mean.

        Raises:
            DatasetError: A folder is unknown or ambiguous.
        """
        names = {name for group in self._names.values() for name in group}
        numbers = {name for name in names if name.isdecimal()}
        if numbers and any(
            find_class(name, self.classes) is not None
            for name in names - numbers
        ):
            raise DatasetError(
                f'{self.where}: numbered and named class folders are mixed: '
                f'{", ".join(sorted(names))}'
            )
        if not numbers and self.folder_order is not None:
            raise DatasetError(
                f'{self.where}: folder_order= is for numbered class '
                'folders; these are named'
            )
        if numbers:
            labels, proven = self._number_labels(numbers)
        else:
            labels, proven = self._name_labels(names), True
        return self._images(labels), proven

    def _name_labels(self, names: set[str]) -> dict[str, int]:
        labels = {name: find_class(name, self.classes) for name in names}
        return {n: label for n, label in labels.items() if label is not None}

    def _number_labels(self, numbers: set[str]) -> tuple[dict[str, int], bool]:
        """Folder name to label, and whether the order is proven."""
        base = self._find_base({int(name) for name in numbers})
        last = base + len(self.classes) - 1
        inside = {name for name in numbers if base <= int(name) <= last}
        counts = {
            split: {
                int(name): len(self.files.images(str(path / name)))
                for name in self._names[split]
                if name in inside
            }
            for split, path in self.splits.items()
        }
        self._counts = counts
        proof = prove_from_splits(counts, self.published)
        order = proof
        if self.folder_order is not None:
            order = resolve_order(self.folder_order, self.classes)
            if proof is not None and proof != order:
                raise DatasetError(
                    f'{self.where}: folder_order={self.folder_order!r}, but '
                    'the published counts prove the order '
                    f'{[self.classes[label] for label in proof]}'
                )
        if order is None and base == 0:
            raise self.needs_order('they are numbered from 0')
        labels = order or tuple(range(len(self.classes)))
        return (
            {name: labels[int(name) - base] for name in inside},
            order is not None,
        )

    def needs_order(self, reason: str) -> DatasetError:
        """The error that asks for ``folder_order=``."""
        return order_needed(self.where, reason, self._counts, self.published)

    def _find_base(self, values: set[int]) -> int:
        """What the lowest class is numbered: 0 or 1."""
        if self.label_base != 'auto':
            return int(self.label_base)
        top = len(self.classes)
        if 0 in values and top in values:
            raise DatasetError(
                f'{self.where}: class folders 0 and {top} both exist, so '
                'they count neither from 0 nor from 1; set label_base='
            )
        if 0 not in values and top not in values:
            raise DatasetError(
                f'{self.where}: class folders {sorted(values)}: neither 0 '
                f'nor {top} exists, so whether they count from 0 or from 1 '
                'is ambiguous; set label_base=0 or label_base=1'
            )
        return 0 if 0 in values else 1

    def _images(self, labels: Mapping[str, int]) -> Table:
        paths: list[str] = []
        rows: list[tuple[str, int, str, int]] = []
        for split, path in self.splits.items():
            seen: dict[int, str] = {}
            for name in sorted(
                self._names[split], key=lambda name: labels.get(name, -1)
            ):
                if name not in labels:
                    self._unknown(path / name)
                    continue
                label = labels[name]
                if label in seen:
                    raise DatasetError(
                        f'{path}: {seen[label]!r} and {name!r} are both '
                        f'the class {self.classes[label]!r}'
                    )
                seen[label] = name
                folder = str(path / name)
                images = sorted(self._class_images(path / name).items())
                paths += [f'{folder}/{image}' for image, _ in images]
                rows += [
                    (image_stem(image), label, split, size)
                    for image, size in images
                ]
        if self._other:
            kinds = ', '.join(
                f'{count} {kind}'
                for kind, count in sorted(self._other.items())[:9]
            )
            self.report.warn(
                f'{self.where}: {self._other.total()} files in class folders '
                f'are no images that are read, and are left out: {kinds}'
            )
        columns = zip(*rows, strict=True) if rows else ((),) * 4
        names = ('name', 'label', 'split', 'size')
        return Table.of(paths, **dict(zip(names, columns, strict=True)))

    def _unknown(self, folder: Path) -> None:
        """A folder that is no class: a problem."""
        count = len(self.files.images(str(folder)))
        self.report.add(
            'unknown class folder',
            f'{folder}: unknown class folder with {count} images; the '
            f'classes are {", ".join(self.classes)}',
            max(count, 1),
        )

    def _class_images(self, folder: Path) -> dict[str, int]:
        nested = list_folders(folder)
        if nested:
            self.report.add(
                'folder inside a class folder',
                f'{folder}: holds the folders {", ".join(nested[:5])}; '
                'images are expected directly inside',
                len(nested),
            )
        images = self.files.images(folder)
        self._other.update(
            PurePath(name).suffix or name
            for name in self.files.sizes(folder)
            if name not in images
        )
        return images
