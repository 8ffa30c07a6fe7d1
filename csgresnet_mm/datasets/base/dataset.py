"""What every data set of faces here has in common."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..cache.fingerprints import fingerprint
from ..cache.index import IndexCache, options_key
from ..errors import DatasetError, note
from ..loading.access import CheckedAccess
from ..loading.load_face import check_crops
from ..reading.files import FolderIndex, check_root, unpack_hint
from ..reading.layouts import Layout, recognise
from ..reading.names import resolve_class_order
from ..reading.report import ReadReport
from ..reading.splits import stratified_split
from ..reading.table import Table
from .arguments import (
    ACCEPTED,
    check_names,
    check_others,
    check_reading,
    check_split,
    check_val_ratio,
)


class FERDataset(CheckedAccess):
    """Base of the facial expression data sets.

    A subclass sets ``METAINFO`` (classes, and how its faces are aligned:
    'rafdb', 'fer2013' or 'none' for boxes that are not turned, or
    'unknown', see
    :mod:`csgresnet_mm.apis.predictor`), ``PUBLISHED``, ``LAYOUTS``, whose
    readers give a :class:`~.reading.table.Table`, and ``OPTIONS``. Its own
    options are attributes, set before the base's constructor.

    Args:
        data_root: The folder of the data set; ``~`` is expanded.
        split: 'train', 'val' or 'test', or a spelling of these.
        layout: 'auto' recognises how the data lies; or a name of the layout
            to take.
        on_error: 'raise', or 'skip': malformed entries are left out when
            the data set is read, counted and logged; an image of train that
            turns out unreadable at access is replaced by the next sample.
            val and test raise at access. A KFoldDataset's validation fold
            is a part of train and is treated so: use 'raise' with it.
        val_ratio: Part of train that becomes val, by class or, where they
            are known, by subject; train is then its complement. 0: train is
            everything.
        seed: Chooses the part.
        class_order: None keeps the data set's own order of classes; or
            another data set's (a key of
            :data:`~csgresnet_mm.datasets.reading.names.ORDERS`), or class
            names. Labels and ``metainfo['classes']`` follow it.
        cache: Whether to keep the index for the next time, see
            :mod:`~csgresnet_mm.datasets.cache.index`.
        test_mode: Defaults to whether the split is not a training one.
        pipeline: As in MMPretrain. Every plain LoadImageFromFile becomes a
            :class:`~.loading.LoadFace` with the same settings, also in a
            pipeline that is set later.
        classes: Other names for the classes, as in MMPretrain: names only,
            labels do not move. A known name in another place is refused.
        metainfo: As in MMPretrain.
        native: A subclass's classes, where an option chooses them.
        **kwargs: indices, lazy_init, serialize_data, max_refetch: as in
            MMPretrain. What it would ignore (ann_file, data_prefix,
            filter_cfg) is refused.

    Raises:
        ValueError: A bad argument.
        TypeError: An unknown argument, or one that would be ignored.
        DatasetError: A ValueError: nothing known lies there, an option is
            not for what does, or an entry is malformed (with
            ``on_error='skip'`` that is counted instead).
    """

    PUBLISHED: ClassVar[Mapping[str, Sequence[int]]] = {}
    """Split to the published number of images of each class."""
    LAYOUTS: ClassVar[Sequence[Layout]] = ()
    """In order of preference."""
    EXTRA_SPLITS: ClassVar[Sequence[str]] = ()
    """Splits beside train, val and test."""
    OPTIONS: ClassVar[Sequence[str] | None] = ()
    """Attributes that decide what is read, of which the key of a cached index
    is made. A subclass that has a constructor or a reader of its own and
    declares none is read anew each time."""
    ONLY_FOR: ClassVar[Mapping[str, tuple[object, Sequence[str]]]] = {}
    """Option to its default and the layouts that it is for, if not for all."""
    GREY: ClassVar[bool] = False
    """Whether no picture of the set has colour."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        reads = {'__init__', 'read_table', 'LAYOUTS'}
        if reads & vars(cls).keys() and 'OPTIONS' not in vars(cls):
            cls.OPTIONS = None

    def __init__(
        self,
        data_root: str | os.PathLike[str],
        split: str = 'train',
        *,
        layout: str = 'auto',
        on_error: str = 'raise',
        val_ratio: float = 0,
        seed: int = 0,
        class_order: str | Sequence[str] | None = None,
        cache: bool = True,
        test_mode: bool | None = None,
        pipeline: Sequence[Any] = (),
        classes: str | Sequence[str] | None = None,
        metainfo: dict | None = None,
        native: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        check_others(type(self).__name__, kwargs)
        root = os.path.expanduser(os.fspath(data_root))
        self.split = check_split(split, self.EXTRA_SPLITS)
        check_reading(root, on_error, layout, self.LAYOUTS)
        check_val_ratio(val_ratio)
        self.on_error = on_error
        self.val_ratio = val_ratio
        self.seed = seed
        self.native = tuple(native or self.METAINFO['classes'])
        self.class_order = class_order
        self.names, self._new_label = self.native, range(len(self.native))
        if class_order is not None:
            self.names, self._new_label = resolve_class_order(
                class_order, self.native
            )
        self.layout_wanted = layout
        self.cache = cache
        self.report = ReadReport(on_error, f'{type(self).__name__} {root}')
        self.files = FolderIndex()
        self.fingerprint = ''
        self.class_counts: tuple[int, ...] = ()
        super().__init__(
            ann_file='',
            data_root=root,
            metainfo=metainfo,
            classes=classes,
            test_mode=not self.is_train if test_mode is None else test_mode,
            pipeline=pipeline,
            **{name: kwargs[name] for name in ACCEPTED if name in kwargs},
        )

    def _load_metainfo(self, metainfo: Any = None) -> dict:  # type: ignore[override]
        """Refuse known classes in another place: labels would lie.

        MMEngine's is a classmethod, which only its constructor calls.
        """
        loaded = super()._load_metainfo(metainfo)
        if 'classes' not in (metainfo or {}):
            loaded['classes'] = self.names
        check_names(type(self).__name__, loaded['classes'], self.names)
        return loaded

    # ---- for subclasses ----------------------------------------------

    def read_table(self, split: str, report: ReadReport) -> Table:
        """All images of a split as it lies on disk, in a fixed order.

        By default the layout's own reader gives them. Everything is read
        through ``self.files``, and said through ``report``, so that a cached
        index knows of it.

        Args:
            split: 'train', 'val', 'test' or an extra one. Where
                ``val_ratio`` splits off val, 'train' is asked for.
            report: Takes malformed entries, messages and what was
                recognised.

        Raises:
            DatasetError: What lies on disk is not the split, or malformed.
        """
        layout, home = self.recognise()
        self._check_options(layout, home)
        report.layout = layout.name
        return layout.read(self, home, split, report)

    def _check_options(self, layout: Layout, home: Path) -> None:
        """Refuse an option that is for other layouts."""
        for name, (default, layouts) in self.ONLY_FOR.items():
            value = getattr(self, name)
            if value == default or layout.name in layouts:
                continue
            if isinstance(value, os.PathLike):
                value = os.fspath(value)
            raise DatasetError(
                f'{home}: {name}={value!r} is for the layout '
                f'{" or ".join(map(repr, layouts))}; here is {layout.name!r}'
            )

    def published_counts(self, split: str) -> Sequence[int] | None:
        """Images of each native class that a split should have, if known."""
        return self.PUBLISHED.get(split)

    @property
    def root(self) -> Path:
        """``data_root``, if it is a folder.

        Raises:
            DatasetError: It is none.
        """
        return check_root(self.data_root, type(self).__name__)

    def recognise(self) -> tuple[Layout, Path]:
        """The layout that lies at the root, and its folder."""
        return recognise(
            self.root, type(self).__name__, self.LAYOUTS, self.layout_wanted
        )

    def refuse_second_val(self, where: str | os.PathLike[str]) -> None:
        """Where a validation split lies on disk, none is split off.

        Raises:
            DatasetError: ``val_ratio`` asks for one.
        """
        if self.val_ratio:
            raise DatasetError(
                f"{os.fspath(where)}: holds a validation split, split='val'; "
                f'leave val_ratio={self.val_ratio} out'
            )

    def check_counts(
        self,
        what: str,
        table: Table,
        expected: Sequence[int],
        report: ReadReport,
    ) -> None:
        """Warn where the images of each class are not the published ones."""
        counts = table.counts(len(self.native))
        if counts == tuple(expected):
            return
        report.warn_of_count(
            f'{type(self).__name__} {self.data_root}: {what} has '
            f'{sum(counts)} images ({_slashes(counts)}), published are '
            f'{sum(expected)} ({_slashes(expected)}); order '
            f'{", ".join(self.native)}'
        )

    # ---- reading -----------------------------------------------------

    def load_data_list(self) -> list[dict]:
        """Entries with img_path, gt_label and what else a sample knows.

        Raises:
            DatasetError: See the class.
        """
        split_off = self.val_ratio > 0 and self.split in ('train', 'val')
        source = 'train' if split_off else self.split
        report = self.report = ReadReport(
            self.on_error, f'{type(self).__name__} {self.data_root}'
        )
        table = self._read(source, report)
        report.log_skipped()
        if not len(table):
            raise DatasetError(
                f'{self.data_root}: the split {self.split!r} is empty '
                f'({report.where}){unpack_hint(Path(self.data_root))}'
            )
        self.cropped = not np.isnan(table.box).all()
        if self.cropped:
            check_crops(self.pipeline.transforms, str(self.data_root))
        expected = self.published_counts(source)
        if expected is not None:
            self.check_counts(source, table, expected, report)
        part = (self.split, self.val_ratio, self.seed) if split_off else ()
        self.fingerprint = fingerprint(
            table, self.data_root, self.native, (*self.names, *part)
        )
        if split_off:
            table = table.take(self._choose_part(table))
        counts = np.zeros(len(self.names), int)
        counts[list(self._new_label)] = table.counts(len(self.native))
        self.class_counts = tuple(counts.tolist())
        note(
            f'{type(self).__name__} {self.split}: {len(table)} images in '
            f'{self.data_root} ({report.where}), classes in order: '
            f'{", ".join(self.metainfo["classes"])}; fingerprint '
            f'{self.fingerprint}'
        )
        return table.entries(self._new_label, len(self.names))

    def _read(self, source: str, report: ReadReport) -> Table:
        """From the cache, or anew."""
        key = options_key(self, source) if self.cache else None
        cache = None if key is None else IndexCache(key)
        table = None if cache is None else cache.load(report)
        if table is not None:
            return table
        self.files = FolderIndex()
        table = self.read_table(source, report)
        if cache is not None:
            cache.save(table, self.files, Path(self.data_root), report)
        self.files = FolderIndex()
        return table

    def _choose_part(self, table: Table) -> NDArray[np.bool_]:
        chosen = stratified_split(
            table.name.tolist(),
            table.label.tolist(),
            self.val_ratio,
            self.seed,
            table.group.tolist(),
        )
        return np.array(chosen) == (self.split == 'val')

    def extra_repr(self) -> list[str]:
        """Root, split, layout and counts."""
        lines = [
            f'Root of the data: \t{self.data_root}',
            f'Split: \t{self.split}',
        ]
        if self._fully_initialized:
            counts = ', '.join(
                f'{name} {count}'
                for name, count in zip(
                    self.names, self.class_counts, strict=True
                )
            )
            lines += [
                f'Layout: \t{self.report.where}',
                f'Images of the split: \t{counts}',
            ]
        return lines


def _slashes(counts: Sequence[int]) -> str:
    return '/'.join(map(str, counts))
