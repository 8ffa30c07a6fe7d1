"""What every data set of faces here has in common."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from .access import CheckedAccess
from .arguments import (
    ACCEPTED,
    check_names,
    check_others,
    check_reading,
    check_split,
    check_val_ratio,
)
from .carving import carve
from .errors import DatasetError, Problems, note, warn
from .files import FolderIndex, check_root, unpack_hint
from .fingerprints import fingerprint
from .index_cache import IndexCache, options_key
from .index_file import Index
from .loading import check_crops
from .names import resolve_class_order
from .recognise import Layout, recognise
from .sample import Sample


class FERDataset(CheckedAccess):
    """Base of the facial expression data sets.

    A subclass sets ``METAINFO`` (classes, and how its faces are aligned:
    'rafdb', 'fer2013' or 'none' for boxes that are not turned, or
    'unknown', see
    :mod:`csgresnet_mm.apis.predictor`), ``PUBLISHED``, ``LAYOUTS`` and
    :meth:`read_samples`. Its own options are attributes, set before the
    base's constructor: they are part of the cached index's key.

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
            :data:`~csgresnet_mm.datasets.names.ORDERS`), or class names.
            Labels and ``metainfo['classes']`` follow it.
        cache: Whether to keep the index for the next time, see
            :mod:`~csgresnet_mm.datasets.index_cache`.
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
        DatasetError: A ValueError; what lies on disk is not the data set,
            or is malformed.
    """

    PUBLISHED: ClassVar[Mapping[str, Sequence[int]]] = {}
    """Split to the published number of images of each class."""
    LAYOUTS: ClassVar[Sequence[Layout]] = ()
    """In order of preference."""
    EXTRA_SPLITS: ClassVar[Sequence[str]] = ()
    """Splits beside train, val and test."""
    GREY: ClassVar[bool] = False
    """Whether no picture of the set has colour."""

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
        self.layout = ''
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

    def read_samples(self, split: str, problems: Problems) -> list[Sample]:
        """All samples of a split as it lies on disk, in a fixed order.

        Everything is read through ``self.files``, and said through
        ``problems``, so that a cached index knows of it.

        Args:
            split: 'train', 'val', 'test' or an extra one. Where
                ``val_ratio`` carves val, 'train' is asked for.
            problems: Takes malformed entries and messages.
        """
        raise NotImplementedError

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

    def check_counts(
        self,
        what: str,
        samples: Sequence[Sample],
        expected: Sequence[int],
        problems: Problems | None = None,
    ) -> None:
        """Warn where the counts are not the published ones.

        ``problems`` is given where it is called from :meth:`read_samples`, so
        that a cached index warns too.
        """
        found = self._count(samples)
        if found == tuple(expected):
            return
        say = warn if problems is None else problems.warn
        say(
            f'{type(self).__name__} {self.data_root}: {what} has '
            f'{sum(found)} images ({_slashes(found)}), published are '
            f'{sum(expected)} ({_slashes(expected)}); order '
            f'{", ".join(self.native)}'
        )

    # ---- reading -----------------------------------------------------

    def load_data_list(self) -> list[dict]:
        """Entries with img_path, gt_label and what else a sample knows.

        Raises:
            DatasetError: See the class.
        """
        problems = Problems(
            self.on_error, f'{type(self).__name__} {self.data_root}'
        )
        carved = self.val_ratio > 0 and self.split in ('train', 'val')
        source = 'train' if carved else self.split
        index = self._read(source, problems)
        samples, self.layout = index.samples, index.layout
        problems.report()
        if not samples:
            raise DatasetError(
                f'{self.data_root}: the split {self.split!r} is empty '
                f'({self.layout}){unpack_hint(Path(self.data_root))}'
            )
        self.cropped = any(sample.box is not None for sample in samples)
        if self.cropped:
            check_crops(self.pipeline.transforms, str(self.data_root))
        expected = self.published_counts(source)
        if expected is not None:
            self.check_counts(source, samples, expected)
        part = (self.split, self.val_ratio, self.seed) if carved else ()
        self.fingerprint = fingerprint(
            index, self.data_root, self.native, (*self.names, *part)
        )
        if carved:
            samples = self._carve(samples)
        counts = self._count(samples)
        ordered = dict(zip(self._new_label, counts, strict=True))
        self.class_counts = tuple(
            ordered.get(label, 0) for label in range(len(self.names))
        )
        note(
            f'{type(self).__name__} {self.split}: {len(samples)} images in '
            f'{self.data_root} ({self.layout}), classes in order: '
            f'{", ".join(self.metainfo["classes"])}; fingerprint '
            f'{self.fingerprint}'
        )
        return [
            sample.info(self._new_label, len(self.names)) for sample in samples
        ]

    def _read(self, source: str, problems: Problems) -> Index:
        """From the cache, or anew."""
        key = options_key(self, source) if self.cache else None
        cache = None if key is None else IndexCache(key)
        index = None if cache is None else cache.load(problems)
        if index is not None:
            return index
        self.files = FolderIndex()
        samples = self.read_samples(source, problems)
        sizes = [self.files.size_of(sample.path) for sample in samples]
        index = Index(samples, np.array(sizes, np.int64), self.layout)
        if cache is not None:
            cache.save(index, self.files, Path(self.data_root), problems)
        self.files = FolderIndex()
        return index

    def _carve(self, samples: list[Sample]) -> list[Sample]:
        chosen = carve(
            [sample.key for sample in samples],
            [sample.label for sample in samples],
            self.val_ratio,
            self.seed,
            [sample.group for sample in samples],
        )
        wanted = self.split == 'val'
        return [
            sample
            for sample, is_val in zip(samples, chosen, strict=True)
            if is_val == wanted
        ]

    def _count(self, samples: Sequence[Sample]) -> tuple[int, ...]:
        counts = Counter(sample.label for sample in samples)
        return tuple(counts[label] for label in range(len(self.native)))

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
                f'Layout: \t{self.layout}',
                f'Images of the split: \t{counts}',
            ]
        return lines


def _slashes(counts: Sequence[int]) -> str:
    return '/'.join(map(str, counts))
