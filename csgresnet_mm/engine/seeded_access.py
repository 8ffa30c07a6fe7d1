"""A sample's random numbers depend on seed, epoch and index alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.utils.data import DataLoader

from csgresnet_mm.datasets.wrapped import leaves

from .counted_draws import CountedDraws, Draw
from .held_generators import find_generators, reseed
from .seeding import preserved, seed_host

HELD = (1 << 31) + 1
"""Parts the numbers of held generators from all others: no turn's number."""

_OF_TORCHVISION = ('transform', 'target_transform', 'transforms')
"""Where data sets of torchvision's kind keep theirs."""


class SeededAccess:
    """Reads samples, each under ``SeedSequence([seed, epoch, index])``.

    It takes the place of ``dataset.__getitems__``, through which torch's
    loaders read a batch where it exists: every data set and wrapper can have
    it, and the index is the outermost one; an image that is drawn again in an
    epoch has a fourth number, see
    :class:`~csgresnet_mm.engine.counted_draws.Draw`. What other samples drew,
    how many workers there are and whether they are new does not matter.

    Generators that transforms keep for themselves, as Albumentations' do, are
    seeded as well, see :mod:`~csgresnet_mm.engine.held_generators`.

    Seed and epoch lie in shared memory, where workers that persist over the
    epochs see them change.

    Args:
        dataset: With integer indices.
    """

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset
        self._pipelines: list[Any] = []
        self._held: list[Any] = []
        self._seed_and_epoch = torch.zeros(2, dtype=torch.int64)
        self._seed_and_epoch.share_memory_()

    def set(self, seed: int, epoch: int) -> None:
        """Choose the random numbers of the samples read from now on."""
        self._seed_and_epoch.copy_(torch.tensor([seed, epoch]))

    def __call__(self, indices: Sequence[int]) -> list[Any]:
        """The samples of a batch."""
        seed, epoch = self._seed_and_epoch.tolist()
        held = self.held_generators()
        samples = []
        with preserved():
            for index in indices:
                turn = (index.turn,) if isinstance(index, Draw) else ()
                entropy = (seed, epoch, int(index), *turn)
                seed_host(*entropy)
                for place, generator in enumerate(held):
                    reseed(generator, *entropy, HELD, place)
                samples.append(self._dataset[index])
        return samples

    def held_generators(self) -> list[Any]:
        """Those of the transforms; looked for where a pipeline is new."""
        pipelines = [
            getattr(leaf, name, None)
            for leaf in leaves(self._dataset)
            for name in ('pipeline', *_OF_TORCHVISION)
        ]
        if list(map(id, pipelines)) != list(map(id, self._pipelines)):
            self._pipelines = pipelines
            self._held = find_generators(*pipelines)
        return self._held


def seed_access(loader: DataLoader[Any]) -> SeededAccess:
    """The loader's seeded access, made on the first call.

    Args:
        loader: Of a data set that is read by index, in batches.
    """
    dataset = loader.dataset
    access = vars(dataset).get('__getitems__')
    if not isinstance(access, SeededAccess):
        access = SeededAccess(dataset)
        dataset.__getitems__ = access  # type: ignore[attr-defined]
        batches = loader.batch_sampler
        if hasattr(batches, 'sampler'):
            batches.sampler = CountedDraws(batches.sampler)
    return access
