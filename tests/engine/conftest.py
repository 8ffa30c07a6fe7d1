"""Fixtures of the engine's tests."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope='session')
def short_collections() -> Iterator[None]:
    """MMEngine collects garbage at every build: spare it the modules."""
    gc.freeze()
    yield
    gc.unfreeze()
