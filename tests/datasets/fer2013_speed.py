"""Opens FER2013 with one loader, and prints what it took, as JSON.

Run by the tests in a process of its own: ``python fer2013_speed.py LOADER ROOT
WORKERS``. torchvision compares the MD5 of the file with that of the real one:
for generated rows that comparison is taken out.

Private memory is the unique set size. While workers run, most of the
interpreter is shared by them and no longer private, so what a data set takes
is then the difference to a tiny one, ``ROOT/tiny``, in the same process.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from torch.utils.data import DataLoader, RandomSampler

MIB = 2**20


def private_mib() -> float:
    """Private memory of this process and its children."""
    gc.collect()
    own = psutil.Process()
    found = (own, *own.children(recursive=True))
    return sum(p.memory_full_info().uss for p in found) / MIB


def open_theirs(root: Path) -> Any:
    from torchvision.datasets import FER2013, fer2013
    from torchvision.transforms import PILToTensor

    fer2013.check_integrity = lambda *_, **__: True
    return FER2013(root, 'train', transform=PILToTensor())


def open_ours(root: Path) -> Any:
    from csgresnet_mm.datasets.fer2013 import FER2013

    pipeline = [
        dict(type='LoadImageFromFile', color_type='grayscale'),
        dict(type='PackInputs'),
    ]
    return FER2013(root, 'train', layout='csv', pipeline=pipeline)


def read_with_workers(data: Any, workers: int) -> tuple[int, float]:
    """Images of an epoch, and private memory after it."""
    loader = DataLoader(
        data,
        batch_size=64,
        sampler=RandomSampler(data),
        num_workers=workers,
        persistent_workers=True,
        collate_fn=len,
    )
    return sum(loader), private_mib()


def measure(
    opener: Callable[[Path], Any], root: Path, workers: int
) -> dict[str, float]:
    tiny = opener(root / 'tiny')
    if workers:
        _, tiny_mib = read_with_workers(tiny, workers)
    before = private_mib()
    start = time.perf_counter()
    data = opener(root)
    seconds = time.perf_counter() - start
    found = dict(seconds=seconds, mib=private_mib() - before, rows=len(data))
    if workers:
        found['read'], mib = read_with_workers(data, workers)
        found['mib_with_workers'] = mib - tiny_mib
    return found


if __name__ == '__main__':
    loader, root, workers = sys.argv[1:]
    opener = open_ours if loader == 'ours' else open_theirs
    print(json.dumps(measure(opener, Path(root), int(workers))))
