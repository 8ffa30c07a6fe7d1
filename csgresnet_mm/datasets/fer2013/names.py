"""The names that FER2013's and FER+'s images carry in repacked folders."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..errors import DatasetError
from ..rafdb.names import BASIC, rafdb_key
from ..reading.files import FolderIndex, image_stem
from ..reading.table import Table
from .line import SPLITS, USAGES

SPLIT_OF = dict(zip(USAGES, SPLITS, strict=True))
_NAME = re.compile(f'({"|".join(USAGES)})_[0-9]+')
_PLUS_NAME = re.compile('fer[0-9]{7}')


def fer2013_split(stem: str) -> str | None:
    """Split that the prefix of a name says, or None.

    >>> fer2013_split('PublicTest_123'), fer2013_split('im0')
    ('val', None)
    """
    return SPLIT_OF.get(stem.partition('_')[0])


def is_fer_name(stem: str) -> bool:
    """Whether a name is as the set has it, without a suffix.

    >>> is_fer_name('Training_12'), is_fer_name('Training_12_flip')
    (True, False)
    """
    return _NAME.fullmatch(stem) is not None


def is_plus_name(stem: str) -> bool:
    """Whether a name is as FER+ has it.

    >>> is_plus_name('fer0000012'), is_plus_name('fer0000012_flip')
    (True, False)
    """
    return _PLUS_NAME.fullmatch(stem) is not None


def with_keys(table: Table) -> Table:
    """With the names that the set gives, else split, class and file name.

    The latter stands in ``extra['place']`` too.

    Args:
        table: With names of files and the folders' splits.
    """
    places = [
        f'{split}/{label}/{stem}'
        for split, label, stem in zip(
            table.split, table.label.tolist(), table.name, strict=True
        )
    ]
    names = [
        stem if is_fer_name(stem) or is_plus_name(stem) else place
        for stem, place in zip(table.name, places, strict=True)
    ]
    return table.replace(name=names, extra={'place': places})


def with_unique_keys(table: Table) -> Table:
    """A table of :func:`with_keys`, with places for names that occur again."""
    counts = Counter(table.name)
    again = np.array([counts[name] > 1 for name in table.name], bool)
    name = np.where(again, table.extra['place'], table.name)
    return table.replace(name=name, extra={})


def refuse_rafdb(
    folders: Mapping[str, Path], files: FolderIndex, dataset: str
) -> None:
    """Raise if class folders hold RAF-DB, by names or numbers of images.

    Args:
        folders: Split to the folder of its class folders.
        files: Scans folders.
        dataset: Named in the error.

    Raises:
        DatasetError: They do.
    """
    paths_of = {
        split: [
            f'{folder / kind}/{name}'
            for kind in files.folders(folder)
            for name in sorted(files.images(folder / kind))
        ]
        for split, folder in folders.items()
    }
    paths = [path for group in paths_of.values() for path in group]
    named = [path for path in paths if rafdb_key(image_stem(Path(path).name))]
    counts = {split: len(group) for split, group in paths_of.items()}
    if named and 2 * len(named) > len(paths):
        reason = (
            f"{len(named)} of {len(paths)} images carry RAF-DB's names "
            f'(first: {named[0]})'
        )
    elif set(counts.values()) == set(BASIC.last.values()):
        reason = f'its numbers of images are {counts}'
    else:
        return
    where = next(iter(folders.values()))
    raise DatasetError(
        f'{where}: this is not {dataset} but RAF-DB: {reason}; use '
        "type='RAFDB'"
    )
