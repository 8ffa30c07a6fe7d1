"""A loss that is no number stops the run before it reaches the weights."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import all_reduce, get_rank, is_distributed
from mmengine.hooks import Hook
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS

from csgresnet_mm.mmengine_private import (
    accumulative_counts,
    count_skipped_batch,
)
from csgresnet_mm.printable import printable

from ..atomic_backend import AtomicBackend

SKIPPED = 'skipped_losses'
"""In the message hub, and so in each checkpoint: the steps left out."""

FOLDER = 'nonfinite_loss'
"""Of the saved batches, in the run's work_dir."""


@HOOKS.register_module()
class FiniteLossHook(Hook):
    """Raises where a loss is NaN or infinite, before backward and step.

    It asks at ``optim_wrapper.update_params``, through which MMEngine's
    models pass their loss, of whichever class the wrapper is: with AMP the
    loss is not scaled yet, and what the scaler makes of infinite gradients
    stays its own affair. Several processes agree, so that none waits for the
    others' gradients.

    The batch is saved in ``work_dir/nonfinite_loss``, as the loader gave it:
    ``iter_<n>_rank_<r>.json`` lists img_path (of a CSV with the row),
    sample_idx and labels, ``.pth`` is the tensor, or list of tensors, of its
    inputs.

    Args:
        skip: Leave the step out instead, and go on. Buffers (the statistics
            of batch normalisation) are put back, too. The count lies in the
            message hub, so a resumed run goes on counting. The log shows
            the loss as it was.
        limit: So many steps of a run may be left out.

    Raises:
        FloatingPointError: While training; it names the batch's files. With
            ``skip`` after the limit, or when weights are not finite either.
        TypeError: Before training, if the optimizer wrapper is a dict of
            several.
        ValueError: ``limit`` is negative, or, before training, ``skip`` with
            accumulated gradients.
    """

    def __init__(self, skip: bool = False, limit: int = 10) -> None:
        if limit < 0:
            raise ValueError(f'limit={limit}; 0 or more is expected')
        self.skip = skip
        self.limit = limit
        self._batch: Any = None
        self._buffers: list[torch.Tensor] = []

    def before_train(self, runner: Runner) -> None:
        """Stand between the loss and the optimizer."""
        wrapper = runner.optim_wrapper
        if not isinstance(wrapper, OptimWrapper):
            raise TypeError(
                f'optim_wrapper is {type(wrapper).__name__}; FiniteLossHook '
                'expects an OptimWrapper'
            )
        counts = accumulative_counts(wrapper)
        if self.skip and counts != 1:
            raise ValueError(
                f'FiniteLossHook(skip=True) with accumulative_counts='
                f'{counts}; 1 is expected, a step is left out as a whole'
            )
        update = wrapper.update_params

        def guarded(loss: torch.Tensor, *args: Any, **kwargs: Any) -> None:
            if self._is_finite(runner, loss):
                update(loss, *args, **kwargs)
            else:
                count_skipped_batch(wrapper)

        wrapper.update_params = guarded

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None
    ) -> None:
        """Keep what is needed if the loss is not finite."""
        self._batch = data_batch
        if self.skip:
            if not self._buffers:
                self._buffers = [b.clone() for b in runner.model.buffers()]
            _copy(runner.model.buffers(), self._buffers)

    def after_train(self, runner: Runner) -> None:
        """Take the guard away."""
        vars(runner.optim_wrapper).pop('update_params', None)
        self._batch, self._buffers = None, []

    def _is_finite(self, runner: Runner, loss: torch.Tensor) -> bool:
        """Whether all processes' losses are; with ``skip``, it may be no."""
        own = torch.isfinite(loss.detach()).all()
        everyone = own.to(torch.float32)
        if is_distributed():
            all_reduce(everyone, 'min')
        if everyone.item():
            return True
        message = (
            'the loss of another process is not finite'
            if own.item()
            else self._save(runner, loss)
        )
        broken = _find_broken(runner.model.named_parameters())
        if broken:
            raise FloatingPointError(
                f'{message}. The weights are not finite either ({broken}): an '
                'earlier step, not this batch, is the cause. Lower the '
                'learning rate or clip gradients, and resume from a '
                'checkpoint before'
            )
        if not self.skip:
            raise FloatingPointError(f'{message}. The weights are untouched')
        self._leave_out(runner, message)
        return False

    def _leave_out(self, runner: Runner, message: str) -> None:
        hub = runner.message_hub
        count = hub.runtime_info.get(SKIPPED, 0) + 1
        if count > self.limit:
            raise FloatingPointError(
                f'{message}. {self.limit} steps were left out, '
                f'limit={self.limit}'
            )
        hub.update_info(SKIPPED, count)
        _copy(self._buffers, runner.model.buffers())
        runner.logger.warning(
            f'{message}. The step is left out, {count} of at most {self.limit}'
        )

    def _save(self, runner: Runner, loss: torch.Tensor) -> str:
        """Save the batch; where, in words."""
        batch = self._batch if isinstance(self._batch, dict) else {}
        samples = [_describe(s) for s in batch.get('data_samples') or ()]
        name = f'iter_{runner.iter + 1}_rank_{get_rank()}'
        path = Path(runner.work_dir, FOLDER, f'{name}.json')
        files = AtomicBackend()
        files.put_text(json.dumps(samples, indent=1), path)
        stream = io.BytesIO()
        torch.save(batch.get('inputs'), stream)
        files.put(stream.getvalue(), path.with_suffix('.pth'))
        names = ', '.join(str(sample['img_path']) for sample in samples)
        return (
            f'the loss is {loss.detach().cpu().tolist()} in epoch '
            f'{runner.epoch + 1}, iteration {runner.iter + 1}; the batch is '
            f'saved as {path} and .pth: '
            f'{printable(names) or "it names no files"}'
        )


def _copy(
    sources: Iterable[torch.Tensor], targets: Iterable[torch.Tensor]
) -> None:
    with torch.no_grad():
        for source, target in zip(sources, targets, strict=True):
            target.copy_(source)


def _find_broken(named: Iterable[tuple[str, torch.Tensor]]) -> str | None:
    """The name of the first tensor that is not finite."""
    for name, tensor in named:
        if not torch.isfinite(tensor).all():
            return name
    return None


def _describe(sample: Any) -> dict[str, Any]:
    """A sample in plain types."""
    path, index = sample.get('img_path'), sample.get('sample_idx')
    entry: dict[str, Any] = dict(
        img_path=None if path is None else str(path),
        sample_idx=None if index is None else int(index),
    )
    for key in ('gt_label', 'gt_score'):
        if key in sample:
            entry[key] = sample.get(key).tolist()
    return entry
