"""One set of batch norm statistics for all processes of a run."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from mmengine.dist import all_reduce_params
from mmengine.hooks import EMAHook, Hook
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS
from torch import nn
from torch.nn.modules.batchnorm import _NormBase


@HOOKS.register_module()
class SyncStatisticsHook(Hook):
    """After each epoch, averages running means and variances over processes.

    Each process sees its own part of the batches, so its statistics differ
    from the others', and MMEngine saves those of process 0. Without this
    hook, every process validates its part of the images with a network of
    its own, and the logged accuracy is not that of the checkpoint; a run that
    is resumed starts all processes from the statistics of process 0.

    The averaged weights of EMAHook are covered, too. Unlike MMEngine's
    SyncBuffersHook it leaves other buffers alone, as Gabor filters, which are
    the same everywhere: a third of a sum of three is not always the number.

    With one process it does nothing.
    """

    priority = 'ABOVE_NORMAL'  # before the checkpoint is written

    def after_train_epoch(self, runner: Runner) -> None:
        """Average."""
        models = [runner.model]
        models += [
            hook.ema_model
            for hook in runner.hooks
            if isinstance(hook, EMAHook)
        ]
        all_reduce_params(
            [tensor for model in models for tensor in _statistics(model)],
            op='mean',
        )


def _statistics(model: nn.Module) -> Iterator[torch.Tensor]:
    for module in model.modules():
        if isinstance(module, _NormBase) and module.track_running_stats:
            yield module.running_mean
            yield module.running_var
