"""The data sets of a config, opened and taken out of their wrappers."""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmpretrain.registry import DATASETS
from numpy.typing import NDArray

from csgresnet_mm.apis.config_data.file_task import FileTask
from csgresnet_mm.apis.config_data.list_lines import BrokenLine
from csgresnet_mm.apis.config_data.orders import canonical
from csgresnet_mm.apis.config_data.places import Place, find_place, open_leaf
from csgresnet_mm.apis.config_reading import (
    enter_scope,
    find_type,
    leaf_settings,
)
from csgresnet_mm.datasets import DatasetError, FERDataset
from csgresnet_mm.datasets.reading.names import find_class
from csgresnet_mm.printable import printable

LOADERS = ('train', 'val', 'test')


@dataclass(frozen=True)
class Part:
    """One data set of a config, read.

    Args:
        loaders: Those it is in, of train, val and test.
        name: Those loaders, and a number where a loader has several.
        kind: Its class.
        ours: Whether it is one of this package's.
        root: Where it lies.
        split: Which split it is of itself; the loader's where it has none.
        source: What it was split off, or ``split``.
        split_off: Share and seed of the split, or None.
        layout: How it lies on disk, if that is known.
        classes: Names, label 0 first.
        published: What ``source`` should hold of each class, if known.
        names: Path of each image; labels, groups and tasks go with them.
        labels: -1 where an image has none.
        groups: Subject or photograph, '' where unknown.
        tasks: How to get at the images.
        said: What was logged as a warning while it was read, but for:
        skipped: How many entries its reader left out, and the text that
            says why; 0 and '' where there are none.
        miscounted: Whether its reader reports another number of images than
            was published.
        place: Where it looks for images.
        broken: Lines of its list that cannot be read, and are left out.
    """

    loaders: tuple[str, ...]
    name: str
    kind: str
    ours: bool
    root: str
    split: str
    source: str
    split_off: tuple[float, int] | None
    layout: str
    classes: tuple[str, ...]
    published: tuple[int, ...] | None
    names: list[str]
    labels: list[int]
    groups: list[str]
    tasks: list[FileTask | NDArray[np.uint8]]
    said: tuple[str, ...]
    skipped: tuple[int, str] = (0, '')
    miscounted: bool = False
    place: Place = Place()
    broken: tuple[BrokenLine, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    @property
    def counts(self) -> tuple[int, ...]:
        """Images of each class."""
        labels = np.array(self.labels, np.int64)
        found = np.bincount(labels[labels >= 0], minlength=len(self.classes))
        return tuple(found.tolist())

    def expression(self, label: int) -> str:
        """Canonical name of a label, the same in every data set."""
        return canonical(self.class_name(label))

    def class_name(self, label: int) -> str:
        """Name of a label; of one that has none, the number itself."""
        known = 0 <= label < len(self.classes)
        return self.classes[label] if known else str(label)


def open_parts(config: Config, wanted: Sequence[str] | None) -> list[Part]:
    """Open the data sets of a config.

    Wrappers (RepeatDataset, ClassBalancedDataset, KFoldDataset ...) are left
    out and malformed entries are counted instead of raised. A data set that
    two loaders share is opened once.

    Args:
        config: MMPretrain's.
        wanted: Of train, val and test; None takes those that are there.

    Returns:
        The parts, in the order of the loaders.

    Raises:
        ValueError: The config has no such loader, or no data set at all; or
            a data set has other labels than one number an image.
        DatasetError: A data set cannot be read.
    """
    enter_scope(config)
    parts: list[Part] = []
    for loader in wanted or LOADERS:
        settings = config.get(f'{loader}_dataloader')
        if settings is None:
            if wanted:
                raise ValueError(
                    f'{config.filename}: no {loader}_dataloader; expected one '
                    f'for --split {loader}'
                )
            continue
        leaves = list(leaf_settings(_dataset_of(settings, loader)))
        for number, leaf in enumerate(leaves):
            suffix = f'/{number}' if len(leaves) > 1 else ''
            name = f'{loader}{suffix}'
            try:
                part = _open(leaf, loader, name)
            except DatasetError as error:
                raise DatasetError(f'{name}: {one_line(error)}') from error
            except Exception as error:  # of anybody's class, of any kind
                kind = type(error).__name__
                text = f'{name}: {kind}: {one_line(error)}'
                raise DatasetError(text) from error
            _add(parts, part)
    if not parts:
        raise ValueError(
            f'{config.filename}: no data set; expected one of '
            f'{", ".join(f"{loader}_dataloader" for loader in LOADERS)}'
        )
    return parts


def one_line(error: BaseException) -> str:
    """The message of an error without line ends, or what stands for it."""
    return ' '.join(str(error).split()) or repr(error)


def _dataset_of(settings: Any, loader: str) -> Mapping[str, Any]:
    found = settings.get('dataset') if isinstance(settings, Mapping) else None
    if not isinstance(found, Mapping):
        raise ValueError(
            f'{loader}_dataloader: {settings!r}'[:200] + '; expected a dict '
            'whose dataset is a dict'
        )
    return found


def _add(parts: list[Part], new: Part) -> None:
    """Add a part, or another loader to the one with the same images."""
    for place, part in enumerate(parts):
        if (part.names, part.labels) == (new.names, new.labels):
            loaders = tuple(dict.fromkeys(part.loaders + new.loaders))
            values = dict(vars(part), loaders=loaders)
            if new.loaders != part.loaders:
                values['name'] = f'{part.name}, {new.name}'
            parts[place] = Part(**values)
            return
    parts.append(new)


def _open(settings: Mapping[str, Any], loader: str, name: str) -> Part:
    options = copy.deepcopy(dict(settings))
    kind = find_type(options['type'], DATASETS)
    ours = isinstance(kind, type) and issubclass(kind, FERDataset)
    options['pipeline'] = []
    if ours:
        options['on_error'] = 'skip'
    with _listening() as said:
        dataset, broken = open_leaf(options, kind)
    classes = dataset.names if ours else dataset.metainfo.get('classes') or ()
    split = getattr(dataset, 'split', None) or loader
    split_off = ours and dataset.val_ratio > 0 and split in ('train', 'val')
    source = 'train' if split_off else split
    skipped = (0, '')
    if ours and dataset.report.skipped:
        text = printable(dataset.report.summary())
        skipped = (dataset.report.skipped.total(), text)
    columns = _entries(dataset)
    if not columns[0] and not broken:
        raise DatasetError(f'{options["type"]} holds no image')
    return Part(
        loaders=(loader,),
        name=name,
        kind=type(dataset).__name__,
        ours=ours,
        root=str(getattr(dataset, 'data_root', '')),
        split=split,
        source=source,
        split_off=(dataset.val_ratio, dataset.seed) if split_off else None,
        layout=dataset.report.where if ours else '',
        classes=tuple(classes),
        published=_published(dataset, source) if ours else None,
        names=columns[0],
        labels=columns[1],
        groups=columns[2],
        tasks=columns[3],
        said=tuple(text for text in said if text != skipped[1]),
        skipped=skipped,
        miscounted=ours and dataset.report.miscounted,
        place=find_place(dataset),
        broken=tuple(broken),
    )


def _entries(
    dataset: Any,
) -> tuple[
    list[str], list[int], list[str], list[FileTask | NDArray[np.uint8]]
]:
    names, labels, groups = [], [], []
    tasks: list[FileTask | NDArray[np.uint8]] = []
    for number in range(len(dataset)):
        info = dataset.get_data_info(number)
        label = info.get('gt_label', -1)
        if np.ndim(label):
            raise ValueError(
                f'{type(dataset).__name__}, image {number}: gt_label='
                f'{label!r}; expected one number'
            )
        path = str(info.get('img_path', f'#{number}'))
        names.append(path)
        labels.append(int(label))
        groups.append(info.get('group', ''))
        image = info.get('img')
        tasks.append(
            FileTask(path, info.get('box'))
            if image is None
            else np.asarray(image, np.uint8)
        )
    return names, labels, groups, tasks


def _published(dataset: Any, source: str) -> tuple[int, ...] | None:
    """Published counts in the order of the data set's labels."""
    counts = dataset.published_counts(source)
    if counts is None:
        return None
    positions = [
        dataset.native.index(name)
        if name in dataset.native
        else find_class(name, dataset.native)
        for name in dataset.names
    ]
    return tuple(
        0 if place is None else int(counts[place]) for place in positions
    )


@contextmanager
def _listening() -> Iterator[list[str]]:
    """The warnings that MMEngine's logger is given meanwhile."""
    said: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    logger = MMLogger.get_current_instance()
    before = logger.handlers
    logger.handlers = [Keep(logging.WARNING)]
    try:
        yield said
    finally:
        logger.handlers = before
