"""A checkpoint that does not fit the model raises before it is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmengine.hooks import EMAHook, Hook
from mmengine.model import BaseTTAModel
from mmengine.registry import MODELS as ENGINE_MODELS
from mmengine.runner import CheckpointLoader, Runner
from mmpretrain.registry import HOOKS
from torch import nn

from csgresnet_mm.mmengine_private import checkpoint_of

from ..pretrained_part import (
    load_part,
    pretrained_entries,
    weights_of,
)
from ..strict_loading import check_weights
from ..unwrap import unwrap

_ADVICE = (
    'To start from a part of other weights, as for fine-tuning with another '
    "head, use init_cfg=dict(type='Pretrained', checkpoint=..., "
    "prefix='backbone') of the backbone instead of load_from"
)


@HOOKS.register_module()
class CheckedWeightsHook(Hook):
    """Raises where a loaded checkpoint does not fit the model exactly.

    MMEngine logs missing keys, unexpected keys and wrong shapes, and goes
    on. Here they raise, as do weights that are NaN or infinite, before
    training and before a test, whether the checkpoint is resumed or comes
    from ``load_from``; the averaged weights of EMAHook are looked at, too.

    The same holds before training for the weights that a module takes by
    ``init_cfg=dict(type='Pretrained', ...)``. Where it names no prefix, the
    checkpoint may hold more than the module has, as the head of another
    network: that is logged by MMEngine.

    See :func:`~csgresnet_mm.engine.strict_loading.check_weights`.

    Raises:
        ValueError: Naming the checkpoint, its keys and shapes, and those
            that the model expects.
    """

    priority = 'HIGH'  # EMAHook takes the weights after this

    def after_load_checkpoint(
        self, runner: Runner, checkpoint: dict[str, Any]
    ) -> None:
        """Try the weights."""
        _average_inner_model(runner)
        source = f'checkpoint {checkpoint_of(runner) or "of this run"}'
        model = unwrap(runner.model)
        for part in ('state_dict', 'ema_state_dict'):
            if part in checkpoint:
                check_weights(
                    model,
                    checkpoint[part],
                    f'{part} of {source}',
                    advice=_ADVICE,
                )
        if 'state_dict' not in checkpoint:  # bare, as MMEngine takes it
            check_weights(model, checkpoint, source, advice=_ADVICE)

    def before_train(self, runner: Runner) -> None:
        """Try what ``init_cfg`` of the model and its modules names."""
        for name, module, entry in pretrained_entries(runner.model):
            _check_init(name, module, entry)


def _check_init(
    name: str, module: nn.Module, entry: Mapping[str, Any]
) -> None:
    filename, prefix = entry['checkpoint'], entry.get('prefix')
    source = (
        f'checkpoint {filename} (init_cfg of {name or "the model"}'
        f'{f", prefix={prefix!r}" if prefix else ""})'
    )
    if prefix is None:
        checkpoint = CheckpointLoader.load_checkpoint(filename, 'cpu')
        state = weights_of(checkpoint, filename)
    else:
        state = load_part(prefix, filename, 'cpu')
    check_weights(module, state, source, more=prefix is None)


def _average_inner_model(runner: Runner) -> None:
    """Let EMAHook take the weights where test-time augmentation wraps them.

    MMEngine averages the wrapper, whose keys no checkpoint has: the test would
    be of random weights, without a word.
    """
    for hook in runner.hooks:
        if isinstance(hook, EMAHook) and isinstance(
            hook.src_model, BaseTTAModel
        ):
            hook.src_model = unwrap(hook.src_model)
            hook.ema_model = ENGINE_MODELS.build(
                hook.ema_cfg, default_args=dict(model=hook.src_model)
            )
