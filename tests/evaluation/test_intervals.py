"""Bootstrap intervals against scipy's and closed forms."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import balanced_accuracy_score, f1_score

from csgresnet_mm.evaluation import (
    bootstrap_intervals,
    difference_intervals,
    inflation,
    mean_interval,
    summarise,
)
from csgresnet_mm.evaluation.intervals import _weights
from csgresnet_mm.evaluation.tallies import STATISTICS, tally

from .made import from_pairs, make


def test_interval_of_accuracy_is_the_binomial_one():
    # the bootstrap distribution of a share is binomial, exactly
    made = make(400, sharpness=1)
    share = made.right.mean()
    low, high = bootstrap_intervals(made, samples=20_000)['accuracy']
    expected = stats.binom(400, share).ppf([0.025, 0.975]) / 4
    assert (low, high) == pytest.approx(expected, abs=0.3)


@pytest.mark.parametrize(
    ('statistic', 'compute'),
    [
        ('mean_class_accuracy', balanced_accuracy_score),
        (
            'macro_f1',
            lambda true, given_: f1_score(true, given_, average='macro'),
        ),
    ],
)
def test_interval_is_that_of_scipy(statistic, compute):
    made = make(250, sharpness=1)
    expected = stats.bootstrap(
        (made.labels, made.given),
        compute,
        paired=True,
        vectorized=False,
        n_resamples=600,
        method='percentile',
        random_state=1,
    ).confidence_interval
    found = bootstrap_intervals(made, samples=10_000)[statistic]
    assert found == pytest.approx(
        (100 * expected.low, 100 * expected.high), abs=1
    )


def test_a_resample_is_its_drawn_images():
    """The sums of a resample give the summary of the images drawn."""
    made = make(60)
    (weights,) = _weights(60, 5, seed=3)
    sums = tally(made).weighted(weights)
    for number, row in enumerate(weights.astype(int)):
        drawn = np.repeat(np.arange(60), row)
        part = dataclasses.replace(
            made,
            scores=made.scores[drawn],
            labels=made.labels[drawn],
            names=tuple(map(str, drawn)),
        )
        found = summarise(part)
        for name, compute in STATISTICS.items():
            assert compute(sums)[number] == pytest.approx(
                getattr(found, name), rel=1e-5
            )


def test_weights_draw_every_image_equally_often():
    rows = np.concatenate(list(_weights(300_000, 7, seed=0)))
    assert rows.shape == (7, 300_000)  # three or so at a time
    assert (rows.sum(axis=1) == 300_000).all()
    # Poisson(1), for this many
    assert (rows == 0).mean() == pytest.approx(np.exp(-1), abs=0.002)
    assert len({row.tobytes() for row in rows}) == 7


def test_intervals_cover_the_truth_as_often_as_they_say():
    # 300 test sets of 200 images, of a network that is right in 70 %
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(300):
        right = rng.random(200) < 0.7
        made = from_pairs([(0, 0) if x else (0, 1) for x in right], 2)
        low, high = bootstrap_intervals(made, samples=400)['accuracy']
        covered += low <= 70 <= high
    # 95 % within three standard deviations of a count of 300
    assert abs(covered / 300 - 0.95) < 0.038


def test_higher_levels_hold_lower_ones_and_seeds_repeat():
    made = make(100, sharpness=1)
    wide, narrow = (
        bootstrap_intervals(made, level=level) for level in (0.99, 0.8)
    )
    for name in STATISTICS:
        assert wide[name].low <= narrow[name].low
        assert wide[name].high >= narrow[name].high
    again = bootstrap_intervals(made, level=0.99)
    assert wide == again
    assert wide != bootstrap_intervals(made, level=0.99, seed=1)


def test_difference_of_a_network_from_itself_is_zero():
    made = make(80)
    found = difference_intervals(made, made)
    assert set(found.values()) == {(0, 0)}


def test_difference_is_paired():
    # b is a with 100 more images right: every resample has b ahead
    pairs = [(0, 1)] * 300 + [(0, 0)] * 500 + [(1, 1)] * 400
    a = from_pairs(pairs, 2)
    b = from_pairs([(0, 0)] * 100 + pairs[100:], 2)
    low, high = difference_intervals(a, b)['accuracy']
    expected = stats.binom(1200, 1 / 12).ppf([0.025, 0.975]) / 12
    assert (low, high) == pytest.approx(expected, abs=0.2)
    backward = difference_intervals(b, a)['accuracy']
    assert backward == pytest.approx((-high, -low))


VALUES = st.lists(st.floats(0, 100), min_size=2, max_size=6)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(VALUES)
def test_mean_and_deviation_are_those_of_scipy(values):
    found = mean_interval(values)
    assert found.n == len(values)
    assert found.mean == pytest.approx(np.mean(values))
    assert found.std == pytest.approx(
        stats.tstd(values) if len(set(values)) > 1 else 0, abs=1e-9
    )
    low, high = found.interval
    assert min(values) - 1e-9 <= low <= found.mean + 1e-9
    assert found.mean - 1e-9 <= high <= max(values) + 1e-9


def test_interval_over_seeds_is_that_of_scipy():
    values = [88.1, 88.9, 87.5, 88.4, 88.6]
    expected = stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=20_000,
        method='percentile',
        random_state=0,
    ).confidence_interval
    found = mean_interval(values).interval
    assert found == pytest.approx(tuple(expected), abs=0.03)


def test_one_seed_has_no_interval():
    found = mean_interval([81.5])
    assert (found.n, found.mean, found.std, found.interval) == (
        1,
        81.5,
        None,
        None,
    )


def test_inflation_is_paired_by_seed():
    found = inflation([80, 90, 70], [79, 87, 68])
    assert (found.n, found.mean) == (3, 2)
    assert found.std == pytest.approx(1)
    with pytest.raises(ValueError, match='2 seeds against 1'):
        inflation([1, 2], [1])


@pytest.mark.parametrize(
    'values', [[], [1.0, float('nan')], [[1.0, 2.0]], [float('inf')]]
)
def test_bad_values_are_refused(values):
    with pytest.raises(ValueError, match='values='):
        mean_interval(values)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (dict(level=1), 'level=1; expected between'),
        (dict(level=0), 'level=0'),
        (dict(samples=0), 'samples=0; expected 1'),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        mean_interval([1, 2], **arguments)
    with pytest.raises(ValueError, match=message):
        bootstrap_intervals(make(5), **arguments)
