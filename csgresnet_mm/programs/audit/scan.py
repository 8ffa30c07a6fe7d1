"""Reading every image once, in several processes."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from csgresnet_mm.apis.config_data.file_task import FileTask
from csgresnet_mm.apis.config_data.parts import Part
from csgresnet_mm.datasets.cache.content_hashes import FileHash
from csgresnet_mm.programs.audit.pictures import CELLS, Look, look_at

CHUNK = 64
"""Images given to a process at once."""


class Scan(NamedTuple):
    """All images of all parts, n together, in columns.

    ``part`` and ``entry`` say which image it is; ``key`` is the same for two
    images of the same content; ``unreadable`` maps the number of an image to
    a short cause and a message; ``files`` maps paths to what was read there.
    """

    part: NDArray[np.int64]
    entry: NDArray[np.int64]
    key: list[bytes]
    size: NDArray[np.int64]  # (n, 2): width, height
    grey: NDArray[np.bool_]
    blank: NDArray[np.bool_]
    uniform: NDArray[np.bool_]  # one value in all pixels
    hashes: NDArray[np.uint64]  # (n, 2): as it is, mirrored
    cells: NDArray[np.uint8]  # (n, CELLS, CELLS)
    unreadable: dict[int, tuple[str, str]]
    files: dict[str, FileHash]


def scan(
    parts: Sequence[Part],
    workers: int,
    advance: Callable[[int], None] = lambda count: None,
) -> Scan:
    """Look at every image of every part.

    Args:
        parts: See :func:`~.parts.open_parts`.
        workers: Processes; 0 looks in this one.
        advance: Told how many images were looked at since the last time.

    Returns:
        The columns, in the order of the parts and of their entries.

    Raises:
        concurrent.futures.BrokenExecutor: A process died.
    """
    tasks = [task for part in parts for task in part.tasks]
    looks: list[Look] = []
    for found in _looks(tasks, workers):
        looks += found
        advance(len(found))
    return _columns(parts, tasks, looks)


def _looks(
    tasks: Sequence[FileTask | NDArray[np.uint8]], workers: int
) -> Iterator[list[Look]]:
    chunks = [
        tasks[start : start + CHUNK] for start in range(0, len(tasks), CHUNK)
    ]
    if not workers:
        yield from map(look_at, chunks)
        return
    # a fresh interpreter would import the whole stack again in each process
    method = 'fork' if sys.platform == 'linux' else None
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        yield from pool.map(look_at, chunks)


def _columns(
    parts: Sequence[Part],
    tasks: Sequence[FileTask | NDArray[np.uint8]],
    looks: Sequence[Look],
) -> Scan:
    sizes = [len(part) for part in parts]
    keys = []
    files = {}
    for task, look in zip(tasks, looks, strict=True):
        key = look.digest
        if isinstance(task, FileTask):
            if look.file is not None:
                files[task.path] = look.file
            if task.box is not None:  # another face of one photograph
                key += repr(tuple(task.box)).encode()
        keys.append(key)
    return Scan(
        part=np.repeat(np.arange(len(parts)), sizes),
        entry=np.concatenate([np.arange(size) for size in sizes]),
        key=keys,
        size=np.array(
            [(look.width, look.height) for look in looks], np.int64
        ).reshape(-1, 2),
        grey=np.array([look.grey for look in looks], bool),
        blank=np.array([look.blank for look in looks], bool),
        uniform=np.array([look.uniform for look in looks], bool),
        hashes=np.array([look.hashes for look in looks], np.uint64).reshape(
            -1, 2
        ),
        cells=np.array([look.cells for look in looks], np.uint8).reshape(
            -1, CELLS, CELLS
        ),
        unreadable={
            number: (look.cause, look.message)
            for number, look in enumerate(looks)
            if look.cause
        },
        files=files,
    )
