"""Processes that run beside what is measured, as on a machine in use."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

BUSY = 'while True: pass'
"""A process of somebody else, which never waits."""

LOADER = """
import time
while True:
    end = time.perf_counter() + 0.01
    while time.perf_counter() < end:
        pass
    time.sleep(0.01)
"""
"""A worker of a data loader, which works half of the time."""


@contextmanager
def beside(programs: Sequence[str]) -> Iterator[None]:
    """Run Python programs during the block.

    Args:
        programs: Texts, one a process.

    Raises:
        RuntimeError: If one ended before the block did.
    """
    started = [
        subprocess.Popen([sys.executable, '-c', text]) for text in programs
    ]
    try:
        yield
        for process in started:
            if process.poll() is not None:
                raise RuntimeError(
                    f'a neighbour ended with status {process.returncode}; '
                    'expected it to run until the case was measured'
                )
    finally:
        for process in started:
            process.kill()
            process.wait()
