"""Peak memory of a training step, each in a process of its own."""

import ctypes
import gc
import multiprocessing
import platform
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import torch

from csgresnet_mm.apis.measuring.steps import NetworkArm, TrainingStep

MIB = 2**20
RESET_PEAK = '5'  # proc(5): /proc/pid/clear_refs


def is_supported(device: str) -> bool:
    """Whether the peak of one step can be read on this system."""
    return device == 'cuda' or platform.libc_ver()[0] == 'glibc'


def peak_of_step(arm: NetworkArm, device: str) -> float:
    """Measure a training step in a fresh process.

    Args:
        arm: A training arm.
        device: ``'cpu'`` or ``'cuda'``.

    Returns:
        MiB of weights, gradients, momentum and all that a step adds to them.
        On the CPU what it adds is the growth of the resident set from
        before the step, freed memory given back, to its high-water mark.
    """
    with ProcessPoolExecutor(
        max_workers=1, mp_context=multiprocessing.get_context('spawn')
    ) as pool:
        threads = torch.get_num_threads()
        return pool.submit(_measure, arm, device, threads).result()


def _measure(arm: NetworkArm, device: str, threads: int) -> float:
    torch.set_num_threads(threads)
    step = arm.build(device)
    if not isinstance(step, TrainingStep):
        raise TypeError(f'{arm} is not a training arm')
    step()
    if device == 'cuda':
        torch.cuda.reset_peak_memory_stats()
        step()
        return torch.cuda.max_memory_allocated() / MIB
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    before = _resident('VmRSS')
    Path('/proc/self/clear_refs').write_text(RESET_PEAK)
    step()
    return _resident('VmHWM') - before + step.state_bytes() / MIB


def _resident(key: str) -> float:
    """A line of /proc/self/status in MiB."""
    for line in Path('/proc/self/status').read_text().splitlines():
        if line.startswith(f'{key}:'):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f'/proc/self/status: no line {key}')
