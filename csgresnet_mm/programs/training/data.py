"""Whether a run's data are there, looked at before the run is built."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmengine.logging import MMLogger
from mmpretrain.datasets import CustomDataset
from mmpretrain.registry import DATASETS

from csgresnet_mm import variables
from csgresnet_mm.apis.config_data.settings import head_outputs
from csgresnet_mm.apis.config_reading import (
    enter_scope,
    find_type,
    leaf_settings,
)
from csgresnet_mm.datasets import DatasetError, DemoFaces, FERDataset
from csgresnet_mm.datasets.wrapped import class_names
from csgresnet_mm.printable import list_some
from csgresnet_mm.program import describe

NAMES = 8
"""So many classes or folders are named."""


def check_data(config: Any, splits: Sequence[str]) -> None:
    """Read the data sets of some loaders once, as far as they are known.

    What is wrong is reported with the variable that the path came from. Data
    sets of others are only looked for.

    Args:
        config: MMEngine's Config.
        splits: Of 'train', 'val' and 'test'.

    Raises:
        DatasetError: A ValueError: a root is missing or holds something
            else, or classes of data and head differ in number.
    """
    enter_scope(config)
    classes: dict[str, tuple[str, ...]] = {}
    seen: list[Any] = []
    for split in splits:
        loader = config.get(f'{split}_dataloader')
        if loader is None:
            continue
        for settings in leaf_settings(loader['dataset']):
            if settings in seen:
                continue
            seen.append(settings)
            names = _check_leaf(settings)
            if names:
                root = str(settings.get('data_root'))
                _check_head(config, names, root)
                classes.setdefault(root, names)
                if type_is_custom(settings) and classes[root] != names:
                    raise DatasetError(
                        f'{root}: its splits have other class folders: '
                        f'{list_some(classes[root], NAMES)}; in '
                        f'{settings.get("data_prefix")} '
                        f'{list_some(names, NAMES)}; expected the same '
                        'folders in each'
                    )


def type_is_custom(settings: Any) -> bool:
    """Whether they are plain class folders, MMPretrain's CustomDataset."""
    return find_type(settings.get('type'), DATASETS) is CustomDataset


def _check_leaf(settings: Any) -> tuple[str, ...] | None:
    """Its classes, if it could be read."""
    kind = find_type(settings.get('type'), DATASETS)
    root = settings.get('data_root')
    if not isinstance(kind, type) or issubclass(kind, DemoFaces):
        return None
    if not isinstance(root, (str, os.PathLike)) or '://' in str(root):
        return None
    root = str(root)
    try:
        _check_root(kind.__name__, root)
        if kind is CustomDataset:
            _check_folders(Path(root), str(settings.get('data_prefix') or ''))
        elif not issubclass(kind, FERDataset):
            return None
        with _in_silence():
            return class_names(DATASETS.build(settings))
    except (ValueError, OSError) as error:
        message = describe(error)
        source = variables.origin(root)
        if source:
            message = f'{message}; {source}'
        raise DatasetError(message) from error


def _check_root(kind: str, root: str) -> None:
    path = Path(root).expanduser()
    if path.exists():
        return
    near = path.parent
    while not near.is_dir():
        near = near.parent
    names = sorted(each.name for each in near.iterdir() if each.is_dir())
    raise DatasetError(
        f'{kind}: data_root={root!r} does not exist; {near.absolute()} has '
        f'{list_some(names, 5) or "no folder"}'
    )


def _check_folders(root: Path, prefix: str) -> None:
    """Class folders below the split's, none of them a tool's litter."""
    folder = root / prefix
    layout = f'{root}/train/<class>/*.jpg and {root}/test/<class>/*.jpg'
    if not folder.is_dir():
        found = sorted(each.name for each in root.iterdir() if each.is_dir())
        below = [name for name in found if (root / name / prefix).is_dir()]
        raise DatasetError(
            f'{root / below[0]} holds {prefix!r}: give that instead of {root}'
            if below
            else f'{root}: no folder {prefix!r}; found '
            f'{list_some(found, NAMES) or "no folder"}; expected {layout}'
        )
    found = sorted(each.name for each in folder.iterdir() if each.is_dir())
    hidden = [name for name in found if name.startswith('.')]
    if hidden:
        raise DatasetError(
            f'{folder}: {hidden[0]} would be a class; expected folders of '
            'classes alone: delete it'
        )
    if not found:
        raise DatasetError(f'{folder}: no class folders; expected {layout}')


def _check_head(config: Any, names: Sequence[str], root: str) -> None:
    number = head_outputs(config)
    if number is None or number == len(names):
        return
    said = next(
        (
            f': {name} says so, unset it'
            for name, value in variables.READ.items()
            if name.endswith('_CLASSES')
            and name in os.environ
            and value == str(number)
        ),
        f': --cfg-options model.head.num_classes={len(names)} '
        f'data_preprocessor.num_classes={len(names)}',
    )
    raise DatasetError(
        f'{root}: {len(names)} classes ({list_some(names, NAMES)}), but '
        f'the head has num_classes={number}; expected the same number{said}'
    )


@contextmanager
def _in_silence() -> Iterator[None]:
    """What a data set logs is logged when the run reads it again."""
    logger = MMLogger.get_current_instance()
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
