"""Weights that fit a model exactly, or a ValueError: one owner for all."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from csgresnet_mm.weight_faults import (
    bare_name,
    check_finite,
    listed,
    missing,
    unexpected,
    wrong_shape,
)


def load_strictly(model: nn.Module, state: Any, source: str) -> None:
    """Load weights, every one of them.

    Args:
        model: Changed, unless it raises.
        state: As of :func:`check_weights`.
        source: Of the state, for the error.

    Raises:
        ValueError: As :func:`check_weights`.
    """
    # not strict: num_batches_tracked may be missing
    model.load_state_dict(check_weights(model, state, source), strict=False)


def check_weights(
    model: nn.Module,
    state: Any,
    source: str,
    *,
    advice: str = '',
    more: bool = False,
) -> dict[str, Tensor]:
    """Refuse weights that do not fit a model.

    They are tried on a copy of it: what its modules do with keys of older
    versions counts. ``num_batches_tracked`` may be missing, as in MMEngine.

    Args:
        model: Not in a wrapper; it stays as it is.
        state: Tensors by name. The names may be those of a wrapped model;
            ``steps``, which averaged models count, is passed over.
        source: Of the state, for the error.
        advice: A last sentence of the error where keys or shapes differ.
        more: Whether the state may hold more than the model has.

    Returns:
        Those that the model takes, by its own names.

    Raises:
        ValueError: Keys or shapes differ, or a weight is NaN or infinite:
            naming the source and the keys.
    """
    if not isinstance(state, Mapping):
        raise ValueError(
            f'{source} is {type(state).__name__}; a dict of name to tensor '
            'is expected'
        )
    given = {
        bare_name(key): value for key, value in state.items() if key != 'steps'
    }
    misfits, extra = _find_misfits(model, given)
    if extra and not more:
        misfits.append(listed([unexpected(key) for key in extra], '; '))
    if misfits:
        raise ValueError(
            f'{source} does not fit the model: {"; ".join(misfits)}'
            f'{f". {advice}" if advice else ""}'
        )
    taken = {key: given[key] for key in given if key not in extra}
    check_finite(source, taken)
    return taken


def _find_misfits(
    model: nn.Module, state: dict[str, Any]
) -> tuple[list[str], list[str]]:
    """What is wrong, in words; and the keys that the model does not have."""
    tried = copy.deepcopy(model)
    try:
        lacking, extra = tried.load_state_dict(state, strict=False)
    except RuntimeError as error:
        own = model.state_dict()
        shapes = [
            wrong_shape(key, value.shape, own[key].shape)
            for key, value in state.items()
            if key in own
            and isinstance(value, Tensor)
            and value.shape != own[key].shape
        ]
        # torch's first line names the class; then one line a wrong tensor
        lines = [line.strip(' \t.') for line in str(error).splitlines()[1:]]
        return [listed(shapes or lines, '; ')], []
    lacking = [key for key in lacking if 'num_batches_tracked' not in key]
    found = [listed([missing(key) for key in lacking], '; ')]
    return found if lacking else [], extra
