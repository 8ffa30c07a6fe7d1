"""Generators of random numbers that transforms keep for themselves.

MMCV's and MMPretrain's transforms draw from the global generators. Those of
Albumentations 2 do not: each keeps one of numpy and one of python, seeded
when it is made. So may anybody's.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import torch
from mmengine.dataset import BaseDataset
from torch.utils.data import Dataset

_GENERATORS = (
    np.random.Generator,
    np.random.RandomState,
    random.Random,
    torch.Generator,
)
_LEAVES = (
    type(None),
    bool,
    int,
    float,
    complex,
    str,
    bytes,
    type,
    ModuleType,
    np.ndarray,
    np.generic,
    torch.Tensor,
    logging.Logger,
    Dataset,
    BaseDataset,
)
"""What holds no transform's generator, or is not the transform's."""


def find_generators(*holders: Any) -> list[Any]:
    """All generators that these hold, at any depth, each once.

    Args:
        holders: Transforms, pipelines, functions.

    Returns:
        numpy's, python's and torch's, in an order that depends on the
        holders alone.
    """
    found = []
    seen: dict[int, Any] = {}
    waiting = list(reversed(holders))
    while waiting:
        value = waiting.pop()
        if id(value) in seen or isinstance(value, _LEAVES):
            continue
        seen[id(value)] = value  # kept: its id is not given away again
        if isinstance(value, _GENERATORS):
            found.append(value)
        else:
            waiting += reversed(list(_parts(value)))
    return found


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield from list(value.values())
    elif isinstance(value, (list, tuple, set, frozenset)):
        yield from value
    elif isinstance(value, MethodType):
        yield from (value.__self__, value.__func__)
    elif isinstance(value, FunctionType):
        for cell in value.__closure__ or ():
            try:
                yield cell.cell_contents
            except ValueError:  # empty as yet
                continue
    else:
        if isinstance(value, partial):
            yield from (value.func, value.args, value.keywords)
        yield from list(getattr(value, '__dict__', {}).values())


def reseed(generator: Any, *entropy: int) -> None:
    """Seed a generator where it is, whoever holds it.

    Args:
        generator: numpy's, python's or torch's.
        entropy: Numbers of 0 or more, mixed by numpy's SeedSequence.
    """
    sequence = np.random.SeedSequence(entropy)
    if isinstance(generator, np.random.Generator):
        bits: Any = generator.bit_generator
        bits.state = type(bits)(sequence).state
    elif isinstance(generator, np.random.RandomState):
        generator.seed(sequence.generate_state(4))
    elif isinstance(generator, random.Random):
        generator.seed(int(sequence.generate_state(1, np.uint64)[0]))
    else:
        words = sequence.generate_state(1, np.uint64)
        generator.manual_seed(int(words[0] >> np.uint64(1)))


def unseedable(generators: Iterable[Any]) -> list[str]:
    """The types of those that take no seed."""
    return sorted(
        {
            type(generator).__name__
            for generator in generators
            if isinstance(generator, random.SystemRandom)
        }
    )
