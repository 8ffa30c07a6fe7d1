"""What is written into a checkpoint is what the safe loader reads."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import PurePath
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmengine.logging import HistoryBuffer

DTYPES = ('f8', 'i8', 'f4', 'i4')
"""Element types of the arrays in a checkpoint."""

_KEPT = (torch.Tensor, torch.dtype, torch.device, HistoryBuffer)
_EXACT = (type(None), bool, int, float, complex, str, bytes)
_BASES = (str, bytes, int, float)


def to_builtin(value: Any, key: str, dropped: list[str]) -> Any:
    """A copy in plain containers, numbers and text.

    A value from a config file is a ConfigDict wherever a dict was written;
    it becomes a dict, a Path its text, an Enum its value, an array of other
    types than a checkpoint's lists.

    Args:
        value: A part of a checkpoint without weights.
        key: Where it lies, for ``dropped``.
        dropped: Takes a line for each entry that is left out, since the
            loader would refuse it.

    Returns:
        The copy, or None in place of a value that is left out.
    """
    if type(value) in _EXACT or isinstance(value, _KEPT):
        return value
    if isinstance(value, Enum):
        return to_builtin(value.value, key, dropped)
    if isinstance(value, (np.ndarray, np.generic)):
        if value.dtype.str[1:] in DTYPES:
            return value
        return to_builtin(value.tolist(), key, dropped)
    if isinstance(value, Config):
        value = value.to_dict()
    if isinstance(value, Mapping):
        kind = OrderedDict if type(value) is OrderedDict else dict
        return kind(_entries(value.items(), key, dropped))
    if isinstance(value, (list, tuple, set, frozenset)):
        parts = _entries(enumerate(value), key, dropped)
        made = [part for _, part in parts]
        return tuple(made) if isinstance(value, tuple) else made
    if isinstance(value, PurePath):
        return str(value)
    for base in _BASES:  # a subclass of it
        if isinstance(value, base):
            new: Any = base.__new__
            return new(base, value)
    dropped.append(f'{key} ({type(value).__module__}.{type(value).__name__})')
    return None


def _entries(
    pairs: Iterable[tuple[Any, Any]], key: str, dropped: list[str]
) -> list[tuple[Any, Any]]:
    """Plain names and values, without those that are left out."""
    made = []
    for name, part in pairs:
        before = len(dropped)
        entry = (
            to_builtin(name, f'{key} (a key)', dropped),
            to_builtin(part, f'{key}.{name}', dropped),
        )
        left_out = len(dropped) > before and entry[1] is None
        if not left_out:
            made.append(entry)
    return made
