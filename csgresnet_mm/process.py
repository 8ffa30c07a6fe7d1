"""The process of a program here: how its threads wait, and its allocator.

Both are the user's to set, by the environment; where nothing is set, a program
of this package sets them before torch is imported, which is when they are
read. The package, imported as a library, changes neither.
"""

from __future__ import annotations

import ctypes
import os
import sys

from csgresnet_mm.cpus import available_cpus, present_cpus

WAIT = ('GOMP_SPINCOUNT', 'OMP_WAIT_POLICY')
SPINS = 1000
"""How often a thread of libgomp that has nothing to do looks for work before
it sleeps, about 0.01 ms; libgomp's own is 300,000. Beside one other process on
two cores a training step takes twice its time with it, and 21 times with
libgomp's own; alone it is the faster of the two as well, in training and in
inference: ``tools/benchmark.py --sections busy``."""

ALLOCATOR = {
    'MALLOC_MMAP_THRESHOLD_': (-3, 2**25),  # glibc takes no more
    'MALLOC_TRIM_THRESHOLD_': (-1, 2**31 - 1),
    'MALLOC_TOP_PAD_': (-2, 2**26),
}
"""Variable of glibc to what ``mallopt`` calls it, and to bytes. Features of a
batch are large blocks, which glibc would return to the system and fetch again,
page by page, in each step."""

_done: list[str] = []


def prepare() -> None:
    """Set what the user has not; for a process that has not imported torch."""
    _done.clear()
    if sys.platform != 'linux':
        return
    _set_wait()
    _set_threads()
    if _keep_memory():
        _done.append('freed memory is kept')


def describe() -> str:
    """What :func:`prepare` set, in a line; '' where it set nothing."""
    return f'set for this process: {", ".join(_done)}' if _done else ''


def _set_wait() -> None:
    if 'torch' in sys.modules or any(name in os.environ for name in WAIT):
        return
    os.environ['GOMP_SPINCOUNT'] = str(SPINS)
    _done.append(f'GOMP_SPINCOUNT={SPINS}')


def _set_threads() -> None:
    """A container of few processors on a machine of many would get many."""
    (allowed, name) = (available_cpus(), 'OMP_NUM_THREADS')
    if 'torch' in sys.modules or name in os.environ:
        return
    if allowed < present_cpus():
        os.environ[name] = str(allowed)
        _done.append(f'{name}={allowed} (this container has no more)')


def _keep_memory() -> bool:
    """Let glibc keep freed memory; False where that is not ours to ask."""
    if sys.platform != 'linux':  # so that type checkers elsewhere see it
        return False
    if any(name in os.environ for name in ALLOCATOR):
        return False
    if 'glibc.malloc' in os.environ.get('GLIBC_TUNABLES', ''):
        return False
    if 'CS_GNU_LIBC_VERSION' not in os.confstr_names:
        return False  # another C library
    mallopt = ctypes.CDLL(None).mallopt
    return all(mallopt(*setting) for setting in ALLOCATOR.values())
