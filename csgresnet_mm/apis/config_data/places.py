"""Where a data set of a config looks for images."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from mmengine.fileio import list_from_file
from mmpretrain.datasets import CustomDataset
from mmpretrain.registry import DATASETS

from csgresnet_mm.apis.config_data.list_lines import BrokenLine, check_lines
from csgresnet_mm.datasets import DatasetError, OwnFolders
from csgresnet_mm.datasets.own_folders import SUFFIXES
from csgresnet_mm.mmengine_private import mark_initialized


class Place(NamedTuple):
    """A folder of class folders; all empty where that is not known.

    ``classes`` are the names of the class folders, label 0 first;
    ``suffixes`` those of the files that are read.
    """

    folder: str = ''
    classes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()


def find_place(dataset: Any) -> Place:
    """Where an opened data set looked for images."""
    if isinstance(dataset, OwnFolders):
        return Place(str(dataset.folder), dataset.native, SUFFIXES)
    if isinstance(dataset, CustomDataset) and not dataset.ann_file:
        numbers = getattr(dataset, 'folder_to_idx', {})
        names = tuple(sorted(numbers, key=numbers.__getitem__))
        return Place(dataset.img_prefix, names, tuple(dataset.extensions))
    return Place()


def open_leaf(
    options: Mapping[str, Any], kind: Any
) -> tuple[Any, list[BrokenLine]]:
    """A data set, read, and the lines of its list that were left out.

    Args:
        options: Its settings.
        kind: Its class.
    """
    if isinstance(kind, type) and issubclass(kind, CustomDataset):
        # its list is known once it is built, and read when it is initialised
        dataset = DATASETS.build(dict(options, lazy_init=True))
        if dataset.ann_file and dataset.with_label:
            return _open_list(dataset)
    else:
        dataset = DATASETS.build(dict(options))
    dataset.full_init()
    return dataset, []


def _open_list(dataset: CustomDataset) -> tuple[Any, list[BrokenLine]]:
    file = dataset.ann_file
    try:
        lines = list_from_file(file)
    except UnicodeDecodeError as error:
        raise DatasetError(
            f'{file}: not UTF-8 text (byte {error.start} is '
            f'0x{error.object[error.start]:02x})'
        ) from error
    if not lines:
        raise DatasetError(f'{file}: empty; expected a line an image')
    good, broken = check_lines(file, lines)
    if not broken:
        dataset.full_init()
        return dataset, broken
    with tempfile.TemporaryDirectory() as folder:
        dataset.ann_file = str(Path(folder, 'readable.txt'))
        Path(dataset.ann_file).write_text('\n'.join(good), 'utf-8')
        if good:
            dataset.full_init()
        else:  # MMEngine refuses an empty list; this is one that was read
            dataset.serialize_data = False
            mark_initialized(dataset)
    dataset.ann_file = file
    return dataset, broken
