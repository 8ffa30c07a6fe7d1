"""Class weights of the loss, from the training data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS
from torch import nn

from csgresnet_mm.datasets.samplers.class_balanced_sampler import (
    ClassBalancedSampler,
)
from csgresnet_mm.datasets.wrapped import class_names, read_labels

from ..run_data import reads_by_index


def class_weights(counts: Sequence[int]) -> list[float]:
    """Weights inverse to the counts, w_c = n / (K n_c).

    They are normalised to sum(n_c * w_c) = n: MMPretrain's losses average
    over samples, not over weights, so the loss keeps its scale and with it
    the learning rate its meaning.

    Args:
        counts: Number of images of each of the K classes.

    Raises:
        ValueError: A class has no image.

    >>> class_weights([2, 6])
    [2.0, 0.6666666666666666]
    """
    if 0 in counts:
        raise ValueError(f'a class without images has no weight: {counts}')
    return [sum(counts) / (len(counts) * count) for count in counts]


@HOOKS.register_module()
class ClassWeightsHook(Hook):
    """Sets ``class_weight`` of the model's loss before training.

    The weights are those of :func:`class_weights`, from the labels of the
    training data set, and are logged. With soft labels the counts are those
    of ``gt_label``.

    Raises:
        ValueError: Before training, if a class has no image, if the model
            has not exactly one loss with ``class_weight``, if that is set
            already, or if the sampler balances the classes as well.
    """

    def before_train(self, runner: Runner) -> None:
        """Count, set and log."""
        loader = runner.train_dataloader
        if not reads_by_index(loader):
            runner.logger.warning(
                f'{type(loader).__name__} of {type(loader.dataset).__name__}: '
                'its labels are not known beforehand, so the loss is not '
                'weighed'
            )
            return
        if isinstance(loader.sampler, ClassBalancedSampler):
            raise ValueError(
                'ClassWeightsHook beside ClassBalancedSampler: the classes '
                'would be balanced twice; take one of the two'
            )
        named = self._weigh(loader.dataset)
        loss = self._find_loss(runner.model)
        weights = list(named.values())
        if loss.class_weight not in (None, weights):
            raise ValueError(
                f'class_weight={loss.class_weight} of the loss is set; '
                'leave it out beside ClassWeightsHook'
            )
        loss.class_weight = weights
        runner.logger.info(
            'class weights: '
            + ', '.join(f'{name} {w:.4g}' for name, w in named.items())
        )

    @staticmethod
    def _weigh(dataset: Any) -> dict[str, float]:
        labels = read_labels(dataset)
        names = class_names(dataset)
        if names is None:
            names = tuple(map(str, range(labels.max() + 1)))
        counts = np.bincount(labels, minlength=len(names)).tolist()
        empty = [name for name, n in zip(names, counts, strict=True) if not n]
        if empty:
            raise ValueError(
                f'{type(dataset).__name__}: no training image of '
                f'{", ".join(empty)}, so there is no weight for it; counts: '
                f'{dict(zip(names, counts, strict=True))}'
            )
        return dict(zip(names, class_weights(counts), strict=True))

    @staticmethod
    def _find_loss(model: nn.Module) -> Any:
        found = {
            name: module
            for name, module in model.named_modules()
            if hasattr(module, 'class_weight')
        }
        if len(found) != 1:
            raise ValueError(
                f'losses with class_weight in the model: {list(found)}; '
                'ClassWeightsHook needs exactly one'
            )
        return next(iter(found.values()))
