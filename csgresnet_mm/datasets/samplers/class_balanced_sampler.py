"""A sampler that shows every class equally often."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sized

import numpy as np
import torch
from mmengine.dist import get_dist_info, sync_random_seed
from mmengine.logging import MessageHub
from mmpretrain.registry import DATA_SAMPLERS
from torch.utils.data import Sampler

from ..wrapped import read_labels, unwrap


@DATA_SAMPLERS.register_module()
class ClassBalancedSampler(Sampler[int]):
    """Draws with replacement, each image of class c with weight 1 / n_c.

    An epoch has as many images as the data set (a multiple of the number of
    processes, as with DefaultSampler), in expectation the same number of each
    class that has images. All processes draw the same indices and take turns.

    Args:
        dataset: Of training. Its wrappers may be MMEngine's and MMPretrain's.
        seed: The same in all processes. An epoch's draw depends on seed and
            epoch only.

    Raises:
        ValueError: The data set is one of validation or test
            (``test_mode=True``), or it is drawn from in MMEngine's loop of
            validation or test, or a sample has not exactly one label.
    """

    def __init__(self, dataset: Sized, *, seed: int | None = None) -> None:
        self.name = type(dataset).__name__
        if any(getattr(part, 'test_mode', False) for part in unwrap(dataset)):
            raise self._refusal('has test_mode=True')
        labels = read_labels(dataset)
        self.weights = torch.from_numpy(1 / np.bincount(labels)[labels])
        self.rank, self.world_size = get_dist_info()
        self.num_samples: int = math.ceil(len(labels) / self.world_size)
        self.seed = sync_random_seed() if seed is None else seed
        self.epoch = 0

    def __iter__(self) -> Iterator[int]:
        """This process's indices of the epoch."""
        # What MMEngine's runner is at; None outside of a run
        stage = MessageHub.get_current_instance().get_info('loop_stage')
        if stage in ('val', 'test'):
            raise self._refusal(f'is that of {stage}')
        generator = torch.Generator().manual_seed(self.seed + self.epoch)
        drawn = torch.multinomial(
            self.weights,
            self.num_samples * self.world_size,
            replacement=True,
            generator=generator,
        )
        return iter(drawn[self.rank :: self.world_size].tolist())

    def __len__(self) -> int:
        """Number of this process's indices."""
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose indices come next."""
        self.epoch = epoch

    def _refusal(self, reason: str) -> ValueError:
        return ValueError(
            f'{self.name} {reason}; ClassBalancedSampler is for training: '
            'val and test are never resampled, use DefaultSampler'
        )
