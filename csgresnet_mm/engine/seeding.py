"""Random numbers that depend on what they are for, not on what ran before."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def preserved() -> Iterator[None]:
    """Restore python's, numpy's and torch's generators of the CPU after."""
    python, host = random.getstate(), np.random.get_state()
    cpu = torch.get_rng_state()
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(host)
        torch.set_rng_state(cpu)


def seed_host(*entropy: int) -> None:
    """Seed python, numpy and torch's generator of the CPU.

    Args:
        entropy: Numbers of 0 or more, mixed by numpy's SeedSequence.

    Raises:
        ValueError: A number is negative.
    """
    torch.default_generator.manual_seed(_seed_others(entropy))


def seed_process(*entropy: int) -> None:
    """As :func:`seed_host`, and torch's generators of all devices."""
    seed = _seed_others(entropy)
    if torch.accelerator.is_available():
        torch.manual_seed(seed)
    else:  # that would note the whole call stack, for a device to come
        torch.default_generator.manual_seed(seed)


def _seed_others(entropy: tuple[int, ...]) -> int:
    """Seed python and numpy; torch's seed is returned."""
    words = np.random.SeedSequence(entropy).generate_state(4, np.uint64)
    random.seed(int(words[0]))
    np.random.seed(words[1:3].view(np.uint32))
    return int(words[3] >> np.uint64(1))  # torch's are signed
