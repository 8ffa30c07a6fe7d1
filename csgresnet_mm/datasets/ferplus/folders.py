"""FER+ repacked as class folders."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DatasetError
from ..fer2013.folders import unique_images
from ..fer2013.names import refuse_rafdb, with_keys, with_unique_keys
from ..reading.files import IMAGE_SUFFIXES, is_hidden
from ..reading.folders import ClassFolders, find_split_folders
from ..reading.known_copies import exact_totals
from ..reading.names import ORDERS, find_expression
from ..reading.report import ReadReport
from ..reading.table import Table, join
from .votes import FOLDERS

if TYPE_CHECKING:
    from . import FERPlus

_LARGEST = {'train': 28709, 'val': 3589, 'test': 3589}
_AUGMENTED = exact_totals('FERPlus')
"""Images of a split in copies that go round."""


def read_folders(
    data: FERPlus, home: Path, splits: Sequence[str], report: ReadReport
) -> Table:
    """Images of ``<split>/<class>`` folders; the rule is not known.

    Raises:
        DatasetError: See :class:`~.FERPlus`.
    """
    folders = find_split_folders(home)
    if '' in folders:
        raise DatasetError(
            f'{home}: class folders without train and test; expected '
            'train/<class> and test/<class>'
        )
    refuse_rafdb(folders, data.files, 'FER+')
    everything = with_keys(_read_classes(data, home, folders, report))
    _warn_of_leaks(home, everything, report)
    if 'val' in folders:
        data.refuse_second_val(folders['val'])
    report.where = f'class folders {home}, rule not known'
    tables = []
    for split in splits:
        if split not in folders:
            names = ', '.join(map(str, folders.values()))
            raise DatasetError(
                f'{home}: no split {split!r}; found {names}'
                + '; set val_ratio (0.1, say) to split one off train'
                * (split == 'val')
            )
        own = everything.take(everything.split == split)
        table, warnings = unique_images(own, report)
        for text in warnings[split]:
            report.warn(text)
        if len(table) > _LARGEST[split]:
            known = ' (a known repack)' * (len(table) in _AUGMENTED)
            report.warn(
                f'{home}: {split} has {len(table)} images{known}, the set '
                f'has {_LARGEST[split]} at most: augmented copies, results '
                'are not comparable'
            )
        tables.append(table)
    table = with_unique_keys(join(tables))
    return table.take(table.label < data.num_classes)


def _read_classes(
    data: FERPlus, home: Path, folders: Mapping[str, Path], report: ReadReport
) -> Table:
    """All images, with the classes and the splits of their folders.

    Raises:
        DatasetError: The folders are numbered, and nothing says their order.
    """
    numbers = {
        f'{split}/{name}': len(data.files.images(folder / name))
        for split, folder in folders.items()
        for name in data.files.folders(folder)
        if name.isdecimal()
    }
    order = data.folder_order
    classes = data.METAINFO['classes']
    if numbers and order is None:
        raise _needs_order(home, numbers)
    if isinstance(order, str):
        order = ORDERS.get(order, order)
    values = {int(Path(name).name) for name in numbers}
    if len(values) == 7 and max(values) - min(values) == 6:
        classes = classes[:7]
        order = _without_contempt(order)
    table, _ = ClassFolders(
        folders, classes, {}, report, data.files, folder_order=order
    ).read()
    return table


def _needs_order(home: Path, counts: Mapping[str, int]) -> DatasetError:
    numbers = ', '.join(f'{name}: {n}' for name, n in counts.items())
    return DatasetError(
        f'{home}: what the numbered class folders mean is not known: '
        f"FER+'s order ('ferplus' = {', '.join(ORDERS['ferplus'])}) and "
        f"AffectNet's ('affectnet' = {', '.join(ORDERS['affectnet'])}) are "
        f'both in use. Found {numbers}. Set folder_order= to one of the two '
        'or to a list of class names'
    )


def _warn_of_leaks(home: Path, table: Table, report: ReadReport) -> None:
    """Names of the set that occur in two splits."""
    first: dict[str, int] = {}
    leaks = []
    for row, name in enumerate(table.name):
        other = first.setdefault(name, row)
        if table.split[other] != table.split[row]:
            leaks.append(f'{table.path[other]} and {table.path[row]}')
    if leaks:
        report.warn(
            f'{home}: {len(leaks)} images are in two splits (first: '
            f'{leaks[0]})'
        )


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
