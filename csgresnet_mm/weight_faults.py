"""What can be wrong with weights, in the words that all loaders share.

For tensors of torch and for arrays of numpy; torch is not imported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from csgresnet_mm.printable import list_some

SHOWN = 5
"""So many keys of a kind are named."""


def bare_name(name: str) -> str:
    """A parameter's name without what a wrapper puts before it.

    DistributedDataParallel and MMEngine's averaged models call the model that
    they hold ``module``.

    Example:
        >>> bare_name('module.head.fc.bias'), bare_name('head.fc.bias')
        ('head.fc.bias', 'head.fc.bias')
    """
    return name.removeprefix('module.')


def missing(key: str) -> str:
    """A key that only the model has."""
    return f'{key}: in the model, not in the file'


def unexpected(key: str) -> str:
    """A key that only the file has."""
    return f'{key}: in the file, not in the model'


def wrong_shape(
    key: str, found: Sequence[int], expected: Sequence[int]
) -> str:
    """A key that both have."""
    return f'{key}: found shape {tuple(found)}, expected {tuple(expected)}'


def check_finite(source: str, state: Mapping[str, Any]) -> None:
    """Refuse weights that are NaN or infinite.

    Args:
        source: Of the weights, for the error.
        state: Tensors or arrays by name.

    Raises:
        ValueError: Naming the source and the keys.
    """
    broken = [key for key, value in state.items() if not _is_finite(value)]
    if broken:
        raise ValueError(
            f'{source}: NaN or infinite are {listed(broken)}; finite '
            'weights are expected'
        )


def _is_finite(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return bool(np.isfinite(value).all())
    return bool(value.isfinite().all())


def listed(items: Sequence[str], between: str = ', ') -> str:
    """The first :data:`SHOWN`, and how many more there are."""
    return list_some(items, SHOWN, between)
