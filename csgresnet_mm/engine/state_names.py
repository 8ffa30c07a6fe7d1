"""Names and numbers of a state dict, whatever wrapped the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

SHOWN = 5
"""So many keys of a kind are told."""


def bare_name(name: str) -> str:
    """A parameter's name without what a wrapper puts before it.

    DistributedDataParallel and MMEngine's averaged models call the model that
    they hold ``module``.

    Example:
        >>> bare_name('module.head.fc.bias'), bare_name('head.fc.bias')
        ('head.fc.bias', 'head.fc.bias')
    """
    return name.removeprefix('module.')


def check_finite(source: str, state: Mapping[str, Any]) -> None:
    """Refuse weights that are NaN or infinite.

    Raises:
        ValueError: Naming the source and the keys.
    """
    broken = [key for key in state if not torch.isfinite(state[key]).all()]
    if broken:
        raise ValueError(
            f'{source}: NaN or infinite are {listed(broken)}; finite '
            'weights are expected'
        )


def listed(items: list[str], between: str = ', ') -> str:
    """The first few, and how many more there are."""
    more = len(items) - SHOWN
    text = between.join(items[:SHOWN])
    return f'{text} and {more} more' if more > 0 else text
