"""Tells when a permutation of the classes would explain bad results.

Labels numbered in another order than the model's are the commonest silent
error of the field: nothing fails, the accuracy is merely low.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmengine.dist import all_reduce, get_dist_info
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmengine.structures import BaseDataElement
from mmpretrain.registry import HOOKS

from csgresnet_mm.datasets.wrapped import class_names

from ..run_data import built_dataloaders

MARGIN = 0.2
"""Part of all images that must become right for a warning."""


def best_permutation(confusion: np.ndarray) -> list[int]:
    """The true class that each output agrees with best, all different.

    Args:
        confusion: Counts, (true class, output), shape (K, K).

    Returns:
        For each of the K outputs a class: the linear assignment that makes
        most images right, and among equals one that leaves most outputs
        where they are.
    """
    # 0.3 s of every start of a training, of which few ever ask
    from scipy.optimize import linear_sum_assignment

    size = len(confusion)
    score = confusion * (size + 1) + np.eye(size, dtype=confusion.dtype)
    _, true = linear_sum_assignment(score.T, maximize=True)
    return [int(index) for index in true]


def describe_permutation(
    confusion: np.ndarray, classes: Sequence[str]
) -> str | None:
    """The warning, or None where no permutation gains more than MARGIN."""
    total = int(confusion.sum())
    right = int(np.trace(confusion))
    # no permutation gains more than each output, or class, with its best
    most = min(int(confusion.max(axis=axis).sum()) for axis in (0, 1))
    if most - right <= MARGIN * total:
        return None
    order = best_permutation(confusion)
    permuted = int(confusion[order, np.arange(len(order))].sum())
    if permuted - right <= MARGIN * total:
        return None
    given = int(np.count_nonzero(confusion.sum(axis=0)))
    collapsed = (
        ''
        if given == len(order)
        else (
            f' (It gives only {given} of the {len(order)} classes, so it may '
            'merely be untrained.)'
        )
    )
    return (
        f'another order of the classes would raise the accuracy from '
        f'{100 * right / total:.2f} % to {100 * permuted / total:.2f} % of '
        f'{total} images: the model seems to number the classes unlike these '
        f"data.{collapsed} The model's outputs were read as "
        f'{", ".join(classes)}; they agree best with '
        f'{", ".join(classes[index] for index in order)}'
    )


@HOOKS.register_module()
class ClassPermutationHook(Hook):
    """Warns where a permutation of the classes gains over 20 points.

    After every test, and after the last validation of a training run. Each
    image counts once, also where a sampler pads the processes' shares. Data
    without single labels are left alone.
    """

    priority = 'LOW'  # after the accuracy, in the log

    def __init__(self) -> None:
        self._classes: tuple[str, ...] = ()
        self._confusion = torch.zeros(0, 0, dtype=torch.int64)
        self._seen = 0
        self._counted: str | None = None
        self._training = False

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes of the last validation or test."""
        return self._classes

    @property
    def confusion(self) -> np.ndarray:
        """Counts of that, (true class, output), over all processes."""
        return self._confusion.numpy()

    def before_train(self, runner: Runner) -> None:
        """Validations from here on are part of training."""
        self._training = True

    def before_test_epoch(self, runner: Runner) -> None:
        """Start counting."""
        self._start(runner, 'test')

    def before_val_epoch(self, runner: Runner) -> None:
        """Start counting."""
        self._start(runner, 'val')

    def after_test_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Sequence[Any] | None = None,
    ) -> None:
        """Count a batch."""
        self._count(outputs or (), len(runner.test_dataloader.dataset))

    def after_val_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Sequence[Any] | None = None,
    ) -> None:
        """Count a batch."""
        self._count(outputs or (), len(runner.val_dataloader.dataset))

    def after_test_epoch(
        self, runner: Runner, metrics: dict[str, float] | None = None
    ) -> None:
        """Warn, if there is reason."""
        self._end('test')
        self._warn(runner)

    def after_val_epoch(
        self, runner: Runner, metrics: dict[str, float] | None = None
    ) -> None:
        """Warn, if there is reason and this is not in training."""
        self._end('val')
        if not self._training:
            self._warn(runner)

    def after_train(self, runner: Runner) -> None:
        """Warn of the last validation, if there is reason."""
        self._training = False
        self._warn(runner)

    def _start(self, runner: Runner, split: str) -> None:
        dataset = built_dataloaders(runner)[split].dataset
        self._classes = class_names(dataset) or ()
        size = len(self._classes)
        self._confusion = torch.zeros(size, size, dtype=torch.int64)
        self._seen = 0

    def _count(self, outputs: Sequence[Any], total: int) -> None:
        rank, world_size = get_dist_info()
        for sample in outputs:
            place = rank + world_size * self._seen
            self._seen += 1
            pair = _labels(sample)
            # MMEngine's samplers deal the images out in turn, and pad
            if place < total and pair is not None and self._classes:
                self._confusion[pair] += 1

    def _end(self, split: str) -> None:
        """Add up the processes' counts."""
        if self._classes:
            all_reduce(self._confusion)
        self._counted = split

    def _warn(self, runner: Runner) -> None:
        """Judge what was counted last, once."""
        split, self._counted = self._counted, None
        if split is None or not self._confusion.any():
            return
        warning = describe_permutation(self._confusion.numpy(), self._classes)
        if warning is not None:
            runner.logger.warning(f'{split}: {warning}')


def _labels(sample: Any) -> tuple[int, int] | None:
    """True and predicted class, if there is one of each."""
    if not isinstance(sample, BaseDataElement):
        return None
    pair = [sample.get('gt_label'), sample.get('pred_label')]
    if not all(isinstance(x, torch.Tensor) and x.numel() == 1 for x in pair):
        return None
    true, given = map(int, pair)
    return None if true < 0 else (true, given)
