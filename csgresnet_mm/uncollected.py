"""Importing much without looking through it for garbage again and again."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Make in the block what stays as long as the process.

    The collector is off in the block, and never looks at what is there after
    it: at the 400,000 objects of torch and the stack it looks ten times while
    they are imported, and three times as the process ends. Together that is
    a third of the time of a start. Processes that are forked share the pages
    of these objects, which a collection would make copies of.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
