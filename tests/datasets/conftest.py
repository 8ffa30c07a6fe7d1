"""Fixtures of the data set tests."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from mmengine.logging import MMLogger

pytest.register_assert_rewrite('tests.datasets.contract')


class Log(list):
    """Logged (level, message) pairs."""

    @property
    def warnings(self) -> list[str]:
        return [text for level, text in self if level == logging.WARNING]

    @property
    def notes(self) -> list[str]:
        return [text for level, text in self if level == logging.INFO]


class _Keep(logging.Handler):
    def __init__(self, log: Log) -> None:
        super().__init__()
        self.log = log

    def emit(self, record: logging.LogRecord) -> None:
        self.log.append((record.levelno, record.getMessage()))


@pytest.fixture(autouse=True)
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    """What the data sets log, which goes nowhere else."""
    found = Log()
    logger = MMLogger.get_current_instance()
    monkeypatch.setattr(logger, 'handlers', [_Keep(found)])
    return found


@pytest.fixture
def cache(tmp_path_factory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of this test alone for the indexes of data sets."""
    folder = tmp_path_factory.mktemp('cache')
    monkeypatch.setenv('CSGRESNET_DATA_CACHE', str(folder))
    return folder


@pytest.fixture(autouse=True, scope='session')
def short_collections() -> Iterator[None]:
    """MMEngine collects garbage at every build: spare it the modules."""
    gc.freeze()
    yield
    gc.unfreeze()
