"""Which epoch each protocol reports."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csgresnet_mm.evaluation import PROTOCOLS, choose_epoch


def curve(accuracies, split='test'):
    return [
        dict(epoch=number, loss=1.0, top1=accuracy, split=split)
        for number, accuracy in enumerate(accuracies, start=1)
    ]


def test_last_is_the_last_of_either_split():
    assert choose_epoch(curve([3, 9, 1]), 'last') == 3
    assert choose_epoch(curve([3, 9, 1], 'val'), 'last') == 3


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=12))
def test_best_and_honest_are_the_first_of_the_highest(accuracies):
    expected = accuracies.index(max(accuracies)) + 1
    assert choose_epoch(curve(accuracies), 'best') == expected
    assert choose_epoch(curve(accuracies, 'val'), 'honest') == expected


def test_test_does_not_choose_for_honest_nor_val_for_best():
    with pytest.raises(ValueError, match='honest: a curve of test; .* of val'):
        choose_epoch(curve([1, 2]), 'honest')
    with pytest.raises(ValueError, match='best: a curve of val; .* of test'):
        choose_epoch(curve([1, 2], 'val'), 'best')
    mixed = [*curve([1]), dict(epoch=2, loss=1.0, top1=9, split='val')]
    with pytest.raises(ValueError, match='curve of test, val'):
        choose_epoch(mixed, 'honest')


@pytest.mark.parametrize('epochs', [[], [0, 1], [1, 3], [2, 1]])
def test_a_curve_with_gaps_is_refused(epochs):
    broken = [
        dict(epoch=epoch, loss=1.0, top1=1, split='val') for epoch in epochs
    ]
    for protocol in PROTOCOLS:
        with pytest.raises(ValueError, match='epochs .*without a gap'):
            choose_epoch(broken, protocol)


def test_an_unknown_protocol_is_refused():
    with pytest.raises(ValueError, match="'top'; expected .*last, best, hon"):
        choose_epoch(curve([1]), 'top')
