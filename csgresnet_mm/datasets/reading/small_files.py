"""Reading hundreds of thousands of tiny files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from rich.console import Console
from rich.progress import Progress

LIMIT = 65_536
"""Bytes of a file that are read: a label has 132."""
_THREADS = 16
_CHUNK = 1_000
_MANY = 10_000
"""From here on a progress bar is shown."""


def read_small_files(
    folder: str, names: Sequence[str], what: str
) -> list[bytes | str]:
    """The contents of files, read in parallel, with a progress bar.

    Reading waits for the disk or the network, and lets go of the
    interpreter's lock meanwhile: threads are as fast as processes here, and
    work in loader workers too, which may not start processes.

    Args:
        folder: Holds the files.
        names: Of the files.
        what: Said beside the bar.

    Returns:
        For each name, the first :data:`LIMIT` bytes of the file; or text
        that says why it cannot be read.
    """
    chunks = [
        names[start : start + _CHUNK] for start in range(0, len(names), _CHUNK)
    ]
    if len(chunks) < 2:
        return _read(folder, names)
    contents: list[bytes | str] = []
    progress = Progress(
        console=Console(stderr=True), disable=len(names) < _MANY
    )
    with progress, ThreadPoolExecutor(_THREADS) as pool:
        task = progress.add_task(f'Reading {what}', total=len(names))
        for chunk in pool.map(lambda part: _read(folder, part), chunks):
            contents += chunk
            progress.advance(task, len(chunk))
    return contents


def _read(folder: str, names: Sequence[str]) -> list[bytes | str]:
    contents: list[bytes | str] = []
    for name in names:
        try:
            with open(os.path.join(folder, name), 'rb', buffering=0) as file:
                contents.append(file.read(LIMIT))
        except OSError as error:
            contents.append(f'cannot be read: {error}')
    return contents
