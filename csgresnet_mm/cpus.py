"""How many processors there are."""

import os


def available_cpus() -> int:
    """Those that this process may use, where the system says so."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
