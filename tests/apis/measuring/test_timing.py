"""The order of the arms and what one sample is, on a clock of our own."""

from collections.abc import Callable

import pytest

from csgresnet_mm.apis.measuring import timing


class Clock:
    """Time that passes only when a step says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.calls: list[str] = []

    def step(self, name: str, ms: float) -> Callable[[], None]:
        def call() -> None:
            self.calls.append(name)
            self.now += ms / 1e3

        return call


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(timing.time, 'perf_counter', lambda: clock.now)
    return clock


def test_a_sample_is_the_mean_of_its_calls(clock: Clock) -> None:
    step = clock.step('a', 4)
    assert timing.time_calls(step, 3, 'cpu') == pytest.approx(4)
    assert clock.calls == ['a'] * 3


def test_each_round_holds_each_arm_once(clock: Clock) -> None:
    steps = {name: clock.step(name, 1) for name in 'abcde'}
    found = list(timing.interleave(steps, 20, 0, 'cpu'))
    orders = []
    for number in range(20):
        names = [name for name, n, _ in found if n == number]
        assert sorted(names) == sorted(steps)
        orders.append(tuple(names))
    assert [n for _, n, _ in found] == sorted(n for _, n, _ in found)
    assert len(set(orders)) > 10  # no arm always after the same one
    again = list(timing.interleave(steps, 20, 0, 'cpu'))
    assert [name for name, *_ in again] == [name for name, *_ in found]


def test_short_calls_are_repeated_and_long_ones_are_not(clock: Clock) -> None:
    steps = {'short': clock.step('short', 3), 'long': clock.step('long', 70)}
    found = list(timing.interleave(steps, 1, 10, 'cpu'))
    assert {name: ms for name, _, ms in found} == {
        'short': pytest.approx(3),
        'long': pytest.approx(70),
    }
    # one to find out, one untimed before the sample, then 4 * 3 ms >= 10 ms
    assert clock.calls.count('short') == 1 + 1 + 4
    assert clock.calls.count('long') == 1 + 1 + 1
