"""Training whose random numbers do not depend on where it was interrupted."""

from __future__ import annotations

from typing import Any

from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.runner import EpochBasedTrainLoop, Runner
from mmpretrain.registry import HOOKS
from torch.utils.data import DataLoader

from csgresnet_mm.mmengine_private import seeds_differ_by_rank

from ..held_generators import unseedable
from ..run_data import built_dataloaders, reads_by_index
from ..seeded_access import seed_access
from ..seeding import seed_process

PROCESS = 1 << 31
"""Parts the process's random numbers from the samples': no turn's number."""


@HOOKS.register_module()
class SeedingHook(Hook):
    """Seeds every sample and every iteration from ``runner.seed``.

    - A sample is read under (seed, epoch, index), see
      :class:`~csgresnet_mm.engine.seeded_access.SeededAccess`: transforms,
      and generators that transforms hold, as those of Albumentations.
    - The process is seeded before each iteration from (seed, iteration,
      rank): drop path, dropout, Mixup. Before each epoch would not do: a new
      loader draws from torch's generator, one with persistent workers does
      not.
    - The sampler gets the run's seed: loaders are built before a checkpoint
      gives its own.

    It warns where gradients are accumulated over the end of an epoch: a
    checkpoint does not hold them.
    """

    priority = 'VERY_HIGH'

    def before_train(self, runner: Runner) -> None:
        """Give the sampler the run's seed."""
        loader = runner.train_dataloader
        batches = getattr(loader, 'batch_sampler', None)
        for sampler in (
            getattr(loader, 'sampler', None),
            getattr(batches, 'sampler', None),
        ):
            if hasattr(sampler, 'seed'):
                sampler.seed = _base_seed(runner)
        # Of a validation that is made up for before the next epoch
        self._set_epoch(runner, max(runner.epoch - 1, 0))
        self._warn(runner, loader)

    def before_train_epoch(self, runner: Runner) -> None:
        """Choose the epoch's samples."""
        self._set_epoch(runner, runner.epoch)

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None
    ) -> None:
        """Seed the process."""
        seed_process(_base_seed(runner), runner.iter, get_rank(), PROCESS)

    def _set_epoch(self, runner: Runner, epoch: int) -> None:
        for loader in built_dataloaders(runner).values():
            if reads_by_index(loader):
                seed_access(loader).set(_base_seed(runner), epoch)

    def _warn(self, runner: Runner, loader: Any) -> None:
        if isinstance(loader, DataLoader) and not reads_by_index(loader):
            runner.logger.warning(
                f'{type(loader.dataset).__name__} is not read by index in '
                'batches, so its samples are not seeded: a resumed run is '
                'not bit-identical'
            )
            return
        if isinstance(loader, DataLoader):
            kinds = unseedable(seed_access(loader).held_generators())
            if kinds:
                runner.logger.warning(
                    f'transforms hold {", ".join(kinds)}, which takes no '
                    'seed: samples differ from run to run'
                )
        if not isinstance(runner.train_loop, EpochBasedTrainLoop):
            runner.logger.warning(
                f'{type(runner.train_loop).__name__} does not count epochs: '
                'a resumed run is not bit-identical'
            )
        counts = getattr(runner.optim_wrapper, '_accumulative_counts', 1)
        batches = len(loader)
        if batches % counts:
            runner.logger.warning(
                f'accumulative_counts={counts} does not divide the '
                f'{batches} batches of an epoch: a checkpoint does not hold '
                'gradients, so a resumed run is not bit-identical'
            )


def _base_seed(runner: Runner) -> int:
    """The seed that all processes share."""
    return runner.seed - (get_rank() if seeds_differ_by_rank(runner) else 0)
