"""Doing the next thing while one is being used."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable
from typing import Any, TypeVar

T = TypeVar('T')
PATIENCE = 0.1
"""Seconds after which a full queue asks whether anybody still reads."""


def read_ahead(items: Iterable[T], depth: int) -> Generator[T, None, None]:
    """Take items in a thread, a few before they are asked for.

    What they raise is raised here. Closing the generator ends the thread,
    which then is within no item any more.

    Args:
        items: Used by the thread alone.
        depth: How many may wait.

    Yields:
        The items, in order.
    """
    ready: queue.Queue[tuple[str, Any]] = queue.Queue(depth)
    stopped = threading.Event()

    def put(kind: str, item: Any = None) -> bool:
        while not stopped.is_set():
            try:
                ready.put((kind, item), timeout=PATIENCE)
                return True
            except queue.Full:
                continue
        return False

    def work() -> None:
        try:
            for item in items:
                if not put('item', item):
                    return
        except BaseException as error:  # whatever it is, it is raised below
            put('error', error)
        else:
            put('end')

    thread = threading.Thread(target=work, name='read_ahead', daemon=True)
    thread.start()
    try:
        while True:
            kind, item = ready.get()
            if kind == 'error':
                raise item
            if kind == 'end':
                return
            yield item
    finally:
        stopped.set()
        thread.join()
