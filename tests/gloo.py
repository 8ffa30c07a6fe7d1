"""A test's part in a process group."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import distributed


@contextmanager
def in_group(rank: int, folder: str, processes: int = 2) -> Iterator[None]:
    """Be one of several processes on gloo, which meet in a folder."""
    torch.set_num_threads(1)
    distributed.init_process_group(
        'gloo',
        init_method=f'file://{folder}/rendezvous',
        rank=rank,
        world_size=processes,
    )
    try:
        yield
    finally:
        distributed.destroy_process_group()
