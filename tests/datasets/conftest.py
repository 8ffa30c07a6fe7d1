"""Fixtures of the data set tests."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator

import pytest

from csgresnet_mm.datasets import errors


class Log(list):
    """Logged (level, message) pairs."""

    @property
    def warnings(self) -> list[str]:
        return [text for level, text in self if level == logging.WARNING]

    @property
    def notes(self) -> list[str]:
        return [text for level, text in self if level == logging.INFO]


@pytest.fixture(autouse=True)
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    """What the data sets log, which goes nowhere else."""
    found = Log()

    def keep(message: str, logger: str, level: int) -> None:
        assert logger == 'current'
        found.append((level, message))

    monkeypatch.setattr(errors, 'print_log', keep)
    return found


@pytest.fixture(autouse=True, scope='session')
def short_collections() -> Iterator[None]:
    """MMEngine collects garbage at every build: spare it the modules."""
    gc.freeze()
    yield
    gc.unfreeze()
