"""How many processors there are."""

import math
import os
from pathlib import Path

_CGROUP = Path('/sys/fs/cgroup')


def present_cpus() -> int:
    """Those that this process may run on, where the system says so."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def available_cpus() -> int:
    """Those that this process may use: no more than its container's share."""
    return max(1, min(present_cpus(), _quota() or present_cpus()))


def _quota(root: Path = _CGROUP) -> int | None:
    """The processors' worth of time that a container has, rounded up.

    Of both versions of Linux's control groups; None where there is no limit.
    """
    for read in (_second_version, _first_version):
        try:
            (quota, period) = read(root)
        except (OSError, ValueError):  # not that version, or no limit
            continue
        if quota > 0 and period > 0:
            return math.ceil(quota / period)
    return None


def _second_version(root: Path) -> tuple[int, int]:
    (quota, period) = (root / 'cpu.max').read_text().split()
    return int(quota), int(period)  # 'max' is no number


def _first_version(root: Path) -> tuple[int, int]:
    (quota, period) = (
        int((root / 'cpu' / f'cpu.cfs_{name}_us').read_text())
        for name in ('quota', 'period')
    )
    return quota, period
