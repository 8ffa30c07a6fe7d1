"""McNemar's test, and that both networks saw the same images."""

from __future__ import annotations

import dataclasses
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from csgresnet_mm.evaluation import check_paired, mcnemar
from csgresnet_mm.evaluation.paired import relative_names

from .made import from_pairs, make


def two(both: int, only_a: int, only_b: int, none: int = 1):
    """Two networks with these counts of images that are right."""
    right, wrong = (0, 0), (0, 1)
    a = [right] * (both + only_a) + [wrong] * (only_b + none)
    b = [right] * both + [wrong] * only_a + [right] * only_b + [wrong] * none
    return from_pairs(a, 2), from_pairs(b, 2)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(0, 24), st.integers(0, 24))
def test_few_discordant_images_give_the_binomial_sum(only_a, only_b):
    total = only_a + only_b
    found = mcnemar(*two(3, only_a, only_b))
    assert (found.only_a, found.only_b) == (only_a, only_b)
    if total >= 25:
        assert found.statistic is not None
        return
    tail = sum(comb(total, k) for k in range(min(only_a, only_b) + 1))
    expected = min(1.0, 2 * tail / 2**total)
    assert found.statistic is None
    assert found.test == 'exact binomial'
    assert found.p_value == pytest.approx(expected)


def test_many_give_edwards_chi_square():
    # Agresti, Categorical Data Analysis, approval ratings: 150 against 86
    found = mcnemar(*two(794, 150, 86, 570))
    assert found.statistic == pytest.approx(63**2 / 236)
    assert found.p_value == pytest.approx(4.1e-5, rel=0.02)
    assert 'continuity' in found.test


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(0, 90), st.integers(25, 90))
def test_many_against_a_normal_deviate(only_a, only_b):
    found = mcnemar(*two(2, only_a, only_b))
    deviate = max(abs(only_a - only_b) - 1, 0) / np.sqrt(only_a + only_b)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(deviate))
    # close to the exact test, which it stands for
    exact = stats.binomtest(only_a, only_a + only_b).pvalue
    assert found.p_value == pytest.approx(exact, abs=0.02)


def test_equal_sides_say_nothing():
    assert mcnemar(*two(5, 0, 0)).p_value == 1
    assert mcnemar(*two(5, 4, 4)).p_value == 1
    assert mcnemar(*two(5, 30, 30)).p_value == 1


def test_order_of_the_networks_does_not_matter():
    a, b = two(5, 40, 20)
    forth, back = mcnemar(a, b), mcnemar(b, a)
    assert (forth.only_a, forth.only_b) == (back.only_b, back.only_a)
    assert forth.p_value == back.p_value


@pytest.mark.parametrize('discordant', [12, 60])
def test_false_alarms_are_as_rare_as_the_level(discordant):
    """Under equal networks p < 0.05 in 5 % of all cases at most."""
    p_values = [
        mcnemar(*two(0, k, discordant - k)).p_value
        for k in range(discordant + 1)
    ]
    chances = stats.binom(discordant, 0.5).pmf(range(discordant + 1))
    alarms = chances[np.array(p_values) < 0.05].sum()
    assert 0.01 < alarms <= 0.05


MADE = make(4)


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (
            dict(labels=(MADE.labels + 1) % 5),
            f'labels, 0: {MADE.labels[0]} in the first',
        ),
        (
            dict(names=(*MADE.names[:2], 'x/y.jpg', MADE.names[3])),
            "names, 0: 'test_0000.jpg' in the first .*'data/faces/test_0000",
        ),
        (
            dict(names=(*MADE.names[:2], MADE.names[3], MADE.names[2])),
            "names, 2: 'test_0002.jpg'",
        ),
        (dict(classes=('a', *MADE.classes[1:])), "classes, 0: 'Anger'"),
    ],
)
def test_other_images_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        mcnemar(MADE, dataclasses.replace(MADE, **change))


def test_another_number_of_images_is_refused():
    with pytest.raises(ValueError, match='number of images, 0: 4 in .* 5 in'):
        check_paired(MADE, make(5))


def test_the_data_may_have_been_moved():
    moved = tuple(f'/srv/other/{name}' for name in MADE.names)
    check_paired(MADE, dataclasses.replace(MADE, names=moved))


@pytest.mark.parametrize(
    ('names', 'expected'),
    [
        (['a/b/c', 'a/b/d'], ['c', 'd']),
        (['a/b/c', 'a/e/c'], ['b/c', 'e/c']),
        (['a/x.csv#1', 'a/x.csv#2'], ['x.csv#1', 'x.csv#2']),
        (['a/b', 'a/b'], ['b', 'b']),
        (['ab/c', 'a/c'], ['ab/c', 'a/c']),
        (['c', 'a/c'], ['c', 'a/c']),
        (['/c'], ['c']),
    ],
)
def test_shared_folders_are_left_out(names, expected):
    assert relative_names(names) == expected
