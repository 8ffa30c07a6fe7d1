"""What every data set of faces here has in common."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from mmengine.dataset import BaseDataset as EngineDataset
from mmpretrain.datasets import BaseDataset

from .carving import carve
from .errors import (
    ON_ERROR,
    DatasetError,
    Problems,
    UnreadableImageError,
    note,
    warn,
)
from .files import unpack_hint
from .loading import with_checks
from .names import find_class, find_split
from .sample import Sample
from .skips import SkipLog


class FERDataset(BaseDataset):
    """Base of the facial expression data sets.

    A subclass sets ``METAINFO``, ``PUBLISHED`` and :meth:`read_samples`.

    Args:
        data_root: The folder of the data set; ``~`` is expanded.
        split: 'train', 'val' or 'test', or a spelling of these.
        on_error: 'raise', or 'skip': malformed entries are left out when
            the data set is read, counted and logged; an image of train that
            turns out unreadable at access is replaced by the next sample.
            val and test raise at access. A KFoldDataset's validation fold
            is a part of train and is treated so: use 'raise' with it.
        val_ratio: Part of train that becomes val, by class; train is then
            its complement. 0: train is everything.
        seed: Chooses the part.
        test_mode: Defaults to ``split != 'train'``.
        pipeline: As in MMPretrain. Every plain LoadImageFromFile becomes a
            :class:`~.loading.LoadFace` with the same settings.
        classes: Other names for the classes, as in MMPretrain: names only,
            labels keep the native order. The native names in another order
            are refused.
        metainfo: As in MMPretrain.
        **kwargs: indices, lazy_init, serialize_data, filter_cfg,
            max_refetch: as in MMPretrain.

    Raises:
        ValueError: A bad argument.
        DatasetError: A ValueError; what lies on disk is not the data set,
            or is malformed.
    """

    PUBLISHED: ClassVar[Mapping[str, Sequence[int]]] = {}
    """Split to the published number of images of each class."""

    def __init__(
        self,
        data_root: str | os.PathLike[str],
        split: str = 'train',
        *,
        on_error: str = 'raise',
        val_ratio: float = 0,
        seed: int = 0,
        test_mode: bool | None = None,
        pipeline: Sequence[Any] = (),
        classes: str | Sequence[str] | None = None,
        metainfo: dict | None = None,
        **kwargs: Any,
    ) -> None:
        root = os.path.expanduser(os.fspath(data_root))
        known = _check_arguments(root, split, on_error, val_ratio)
        self.split = known
        self.on_error = on_error
        self.val_ratio = val_ratio
        self.seed = seed
        self.layout = ''
        self.class_counts: tuple[int, ...] = ()
        self._skips: SkipLog | None = None
        super().__init__(
            ann_file='',
            data_root=root,
            metainfo=metainfo,
            classes=classes,
            test_mode=known != 'train' if test_mode is None else test_mode,
            pipeline=[with_checks(transform) for transform in pipeline],
            **kwargs,
        )

    @classmethod
    def _load_metainfo(cls, metainfo: Any = None) -> dict:
        """Refuse the native classes in another order: labels would lie."""
        loaded = super()._load_metainfo(metainfo)
        native = cls.METAINFO['classes']
        found = [find_class(name, native) for name in loaded['classes']]
        if set(found) == set(range(len(native))) and found != sorted(
            index for index in found if index is not None
        ):
            raise ValueError(
                f'classes={list(loaded["classes"])} are those of '
                f'{cls.__name__} in another order; names do not move labels,'
                f' whose order is {list(native)}'
            )
        return loaded

    # ---- reading -----------------------------------------------------

    def read_samples(self, split: str, problems: Problems) -> list[Sample]:
        """All samples of a split as it lies on disk, in a fixed order.

        Args:
            split: 'train', 'val' or 'test'. Where ``val_ratio`` carves val,
                'train' is asked for.
            problems: Takes malformed entries.
        """
        raise NotImplementedError

    def load_data_list(self) -> list[dict]:
        """Entries with img_path, gt_label and, for whole photographs, box.

        Raises:
            DatasetError: See the class.
        """
        problems = Problems(
            self.on_error, f'{type(self).__name__} {self.data_root}'
        )
        carved = self.val_ratio > 0 and self.split != 'test'
        source = 'train' if carved else self.split
        samples = self.read_samples(source, problems)
        problems.report()
        if not samples:
            raise DatasetError(
                f'{self.data_root}: the split {self.split!r} is empty '
                f'({self.layout}){unpack_hint(Path(self.data_root))}'
            )
        self._check_counts(source, samples)
        if carved:
            samples = self._carve(samples)
        self.class_counts = self._count(samples)
        note(
            f'{type(self).__name__} {self.split}: {len(samples)} images in '
            f'{self.data_root} ({self.layout}), classes in order: '
            f'{", ".join(self.metainfo["classes"])}'
        )
        return [sample.info() for sample in samples]

    def _carve(self, samples: list[Sample]) -> list[Sample]:
        chosen = carve(
            [sample.key for sample in samples],
            [sample.label for sample in samples],
            self.val_ratio,
            self.seed,
        )
        wanted = self.split == 'val'
        return [
            sample
            for sample, is_val in zip(samples, chosen, strict=True)
            if is_val == wanted
        ]

    def _count(self, samples: Sequence[Sample]) -> tuple[int, ...]:
        counts = Counter(sample.label for sample in samples)
        return tuple(
            counts[label] for label in range(len(self.METAINFO['classes']))
        )

    def _check_counts(self, split: str, samples: Sequence[Sample]) -> None:
        """Warn where the counts are not the published ones."""
        expected = self.PUBLISHED.get(split)
        found = self._count(samples)
        if expected is None or found == tuple(expected):
            return
        warn(
            f'{type(self).__name__} {self.data_root}: {split} has '
            f'{sum(found)} images ({_slashes(found)}), published are '
            f'{sum(expected)} ({_slashes(expected)}); order '
            f'{", ".join(self.METAINFO["classes"])}'
        )

    # ---- access ------------------------------------------------------

    def full_init(self) -> None:
        """Read the data set, once."""
        if self._fully_initialized:
            return
        super().full_init()
        self._reset_skips()

    def get_subset_(self, indices: Sequence[int] | int) -> None:
        """As in MMEngine; skipped images are counted anew."""
        super().get_subset_(indices)
        self._reset_skips()

    def get_subset(self, indices: Sequence[int] | int) -> EngineDataset:
        """As in MMEngine; skipped images are counted anew."""
        subset = super().get_subset(indices)
        subset._reset_skips()
        return subset

    def _reset_skips(self) -> None:
        skips = (
            self.on_error == 'skip'
            and self.split == 'train'
            and not self.test_mode
        )
        self._skips = SkipLog(len(self)) if skips else None

    @property
    def skipped(self) -> Counter[str]:
        """Images that were unreadable at access, by cause."""
        return Counter() if self._skips is None else self._skips.counts()

    def prepare_data(self, idx: int) -> Any:
        """A sample through the pipeline.

        Raises:
            UnreadableImageError: The image cannot be decoded; with
                ``on_error='skip'`` in training, the next sample is taken.
            DatasetError: The pipeline returned None, for which MMEngine
                would take another sample unseen; or no image is readable.
        """
        if self._skips is None:
            return self._prepare(idx)
        total = len(self)
        for candidate in range(idx, idx + total):
            index = candidate % total
            try:
                return self._prepare(index)
            except UnreadableImageError as error:
                self._skips.add(index, error)
        raise DatasetError(
            f'{self.data_root}: none of the {total} images of '
            f'{self.split!r} can be read: {dict(self.skipped)}'
        )

    def _prepare(self, idx: int) -> Any:
        data = super().prepare_data(idx)
        if data is None:
            raise DatasetError(
                f'{self.get_data_info(idx)["img_path"]}: the pipeline '
                'returned None; a sample is expected'
            )
        return data

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
                    self.METAINFO['classes'], self.class_counts, strict=True
                )
            )
            lines += [
                f'Layout: \t{self.layout}',
                f'Images of the split: \t{counts}',
            ]
        return lines


def _check_arguments(
    root: str, split: str, on_error: str, val_ratio: float
) -> str:
    """The canonical split, if all is well."""
    known = find_split(split)
    if known is None:
        raise ValueError(
            f"split={split!r} is unknown; expected 'train', 'val' or 'test'"
        )
    if on_error not in ON_ERROR:
        raise ValueError(
            f'on_error={on_error!r} is unknown; expected one of '
            f'{", ".join(ON_ERROR)}'
        )
    if not 0 <= val_ratio < 1:
        raise ValueError(f'val_ratio={val_ratio} is not in [0, 1)')
    if '://' in root:
        raise ValueError(
            f'data_root={root!r} is a URL; a local folder is expected'
        )
    return known


def _slashes(counts: Sequence[int]) -> str:
    return '/'.join(map(str, counts))
