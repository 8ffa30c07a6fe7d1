"""Processes beside a measurement."""

import os
import time

import pytest

from csgresnet_mm.programs.benchmark.neighbours import BUSY, LOADER, beside


def processor_time(programs: list[str]) -> float:
    """Seconds that children took while this process slept for a second."""
    before = os.times()
    with beside(programs):
        time.sleep(1)
    after = os.times()
    return after.children_user - before.children_user


def test_neighbours_work_and_end() -> None:
    assert processor_time([]) == 0
    idle = processor_time(['import time; time.sleep(60)'])
    assert processor_time([BUSY]) > idle + 0.1
    assert processor_time([LOADER]) > idle + 0.05


def test_a_neighbour_that_ends_is_told() -> None:
    with pytest.raises(RuntimeError, match='ended with status 3'):
        with beside(['raise SystemExit(3)']):
            time.sleep(2)
