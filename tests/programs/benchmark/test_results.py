"""Medians, quartiles and ratios of the benchmark, by hand."""

import pytest

from csgresnet_mm.apis.measuring.compared_networks import (
    OURS,
    SAME_RESOLUTION,
    STOCK,
)
from csgresnet_mm.programs.benchmark.results import (
    Sample,
    Summary,
    best_of,
    compare,
    summarise,
)


def samples_of(
    role: str, form: str, values: list[float], case: str = 'batch 1'
) -> list[Sample]:
    return [
        Sample('inference', case, role, f'a {role}', form, n, value, 'ms')
        for n, value in enumerate(values)
    ]


def test_summarise_gives_median_and_quartiles() -> None:
    # sorted: 1 2 3 4 10; the quartiles are the second and the fourth
    (found,) = summarise(samples_of(OURS, 'native', [10, 2, 3, 1, 4]))
    assert found == Summary(
        'inference', 'batch 1', OURS, 'a ours', 'native', 5, 3, 2, 4, 'ms'
    )


def test_summarise_keeps_arms_and_cases_apart() -> None:
    samples = [
        *samples_of(OURS, 'native', [1, 1]),
        *samples_of(OURS, 'dense', [2, 4]),
        *samples_of(OURS, 'native', [5, 5], case='batch 8'),
        *samples_of(STOCK, 'native', [7, 7]),
    ]
    found = [(s.case, s.role, s.form, s.median) for s in summarise(samples)]
    assert found == [
        ('batch 1', OURS, 'native', 1),
        ('batch 1', OURS, 'dense', 3),
        ('batch 8', OURS, 'native', 5),
        ('batch 1', STOCK, 'native', 7),
    ]


def test_best_is_the_least_median_not_the_least_sample() -> None:
    summaries = summarise(
        [
            *samples_of(STOCK, 'lucky once', [1, 9, 9]),
            *samples_of(STOCK, 'steady', [5, 5, 5]),
        ]
    )
    assert best_of(summaries)[STOCK].form == 'steady'


def test_compare_divides_the_best_peer_by_each_of_ours() -> None:
    samples = [
        *samples_of(OURS, 'native', [2, 2, 4]),
        *samples_of(OURS, 'dense', [8, 8, 8]),
        *samples_of(SAME_RESOLUTION, 'eager', [9, 9, 9]),
        *samples_of(SAME_RESOLUTION, 'frozen', [6, 8, 6]),
        *samples_of(STOCK, 'eager', [1, 1, 1]),
    ]
    found = {(r.ours.form, r.peer.role): r for r in compare(samples)}
    assert set(found) == {
        (form, role)
        for form in ('native', 'dense')
        for role in (SAME_RESOLUTION, STOCK)
    }
    ratio = found['native', SAME_RESOLUTION]
    assert ratio.peer.form == 'frozen'
    assert ratio.value == 3
    # within rounds: 6/2, 8/2, 6/4; quartiles between 1.5, 3 and 4
    assert ratio.lower_quartile == pytest.approx(2.25)
    assert ratio.upper_quartile == pytest.approx(3.5)
    assert found['dense', SAME_RESOLUTION].value == 0.75
    assert found['native', STOCK].value == 0.5


def test_the_best_peer_is_picked_in_each_case_anew() -> None:
    samples = []
    for case, eager, frozen in (('batch 1', 2, 3), ('batch 8', 3, 2)):
        samples += samples_of(OURS, 'native', [1], case)
        samples += samples_of(STOCK, 'eager', [eager], case)
        samples += samples_of(STOCK, 'frozen', [frozen], case)
    found = [(r.ours.case, r.peer.form, r.value) for r in compare(samples)]
    assert found == [('batch 1', 'eager', 2), ('batch 8', 'frozen', 2)]
