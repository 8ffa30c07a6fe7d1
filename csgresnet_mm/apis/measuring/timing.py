"""Timing of several arms in turn."""

import math
import random
import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from statistics import median
from typing import TypeVar

Step = Callable[[], object]
_Name = TypeVar('_Name', bound=Hashable)


def synchronise(device: str) -> None:
    """Wait until an accelerator has done what it was asked."""
    if device == 'cuda':
        import torch

        torch.cuda.synchronize()


def time_calls(step: Step, calls: int, device: str) -> float:
    """Give the milliseconds of one call, mean of several.

    Args:
        step: What to call.
        calls: How often.
        device: ``'cpu'`` or ``'cuda'``.
    """
    synchronise(device)
    start = time.perf_counter()
    for _ in range(calls):
        step()
    synchronise(device)
    return (time.perf_counter() - start) * 1e3 / calls


def interleave(
    steps: Mapping[_Name, Step], rounds: int, least_ms: float, device: str
) -> Iterator[tuple[_Name, int, float]]:
    """Time all steps once a round, so that a slow minute meets all.

    The order is drawn anew each round (seeded), so that no step always runs
    after the same one. Each sample follows one call that is not timed and
    repeats the call until it takes at least ``least_ms``.

    Args:
        steps: Name -> step, called at least once before.
        rounds: How many samples of each.
        least_ms: How long one sample takes at least.
        device: ``'cpu'`` or ``'cuda'``.

    Yields:
        Name, round and milliseconds of one call.
    """
    calls = {
        name: math.ceil(least_ms / time_calls(step, 1, device)) or 1
        for name, step in steps.items()
    }
    generator = random.Random(0)
    for number in range(rounds):
        for name in generator.sample(list(steps), len(steps)):
            steps[name]()
            yield name, number, time_calls(steps[name], calls[name], device)


def medians(
    steps: Mapping[_Name, Step], rounds: int, least_ms: float, device: str
) -> dict[_Name, float]:
    """Median milliseconds of a call of each step, run in turn.

    Args:
        steps: As of :func:`interleave`; each is called once before.
        rounds: As there.
        least_ms: As there.
        device: As there.
    """
    for step in steps.values():
        step()
    samples: dict[_Name, list[float]] = {name: [] for name in steps}
    for name, _, value in interleave(steps, rounds, least_ms, device):
        samples[name].append(value)
    return {name: median(found) for name, found in samples.items()}
