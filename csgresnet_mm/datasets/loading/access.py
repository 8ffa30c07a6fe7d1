"""Reading single images of a data set, and going on without bad ones."""

from __future__ import annotations

import gc
import pickle
from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from mmengine.dataset import BaseDataset as EngineDataset

from ..errors import DatasetError, UnreadableImageError
from .pipeline import CheckedPipeline
from .row_path import RowPath
from .skips import SkipLog


class CheckedAccess(CheckedPipeline):
    """MMPretrain's base; what cannot be read is an error, or counted.

    MMEngine takes another sample, unseen, where a pipeline returns None.
    Here that is an error, and ``on_error='skip'`` takes the next sample for
    an image of train that cannot be read, counted and logged.
    """

    TRAIN_SPLITS: ClassVar[Sequence[str]] = ('train',)
    """Splits to train on."""

    split: str
    on_error: str
    _skips: SkipLog | None = None

    @property
    def is_train(self) -> bool:
        """Whether the split is one to train on."""
        return self.split in self.TRAIN_SPLITS

    def full_init(self) -> None:
        """Read the data set, once.

        Meanwhile Python collects no garbage: it would go through hundreds of
        thousands of small objects, which all stay, again and again.
        """
        if self._fully_initialized:
            return
        enabled = gc.isenabled()
        gc.disable()
        try:
            super().full_init()
        finally:
            if enabled:
                gc.enable()
        self._reset_skips()

    def _serialize_data(self) -> tuple[np.ndarray, np.ndarray]:
        """As in MMEngine, which also collects all garbage of the process.

        That takes longer than all else once an index is kept.
        """
        chunks = [pickle.dumps(entry, protocol=4) for entry in self.data_list]
        self.data_list.clear()
        ends = np.cumsum([len(chunk) for chunk in chunks], dtype=np.int64)
        return np.frombuffer(b''.join(chunks), np.uint8), ends

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
            self.on_error == 'skip' and self.is_train and not self.test_mode
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
        if isinstance(data, dict) and {'row', 'img'} <= data.keys():
            # not packed yet: who reads it may look for a file
            data['img_path'] = RowPath(data['img_path'], data['img'])
        return data
