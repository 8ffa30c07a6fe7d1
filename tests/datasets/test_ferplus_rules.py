"""FER+: what makes votes a label, beside a second implementation.

The second follows the text: it goes through the columns one by one, and
counts with fractions.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csgresnet_mm.datasets.ferplus.rules import (
    argmax_label,
    label_by_rule,
    majority_label,
    soft_label,
)


def slow_majority(votes: list[int]) -> int | None:
    kept = {i: n for i, n in enumerate(votes) if n >= 2}
    for column, count in kept.items():
        if Fraction(count, sum(kept.values())) > Fraction(1, 2):
            return column if column <= 7 else None
    return None


def slow_argmax(votes: list[int]) -> int | None:
    best = 0
    for column in range(1, 10):
        if votes[column] > votes[best]:
            best = column
    return best if best <= 7 else None


def slow_soft(votes: list[int]) -> list[Fraction] | None:
    """Rank columns by votes and index; take equal ones together."""
    kept = [n if n >= 2 else 0 for n in votes]
    total = sum(kept)
    ranked = sorted(range(10), key=lambda i: (-kept[i], i))
    taken: list[int] = []
    held = 0
    position = 0
    while position < 10 and total:
        count = kept[ranked[position]]
        if not held * 4 < total * 3 or len(taken) >= 3 or not count:
            break
        ended = False
        while position < 10 and kept[ranked[position]] == count:
            column = ranked[position]
            position += 1
            if column > 7:
                ended = True
                break
            taken.append(column)
            held += count
        if ended:
            break
    if not total or held * 2 <= total or len(taken) > 3:
        return None
    return [
        Fraction(kept[i], held) if i in taken else Fraction(0)
        for i in range(8)
    ]


@st.composite
def ten_votes(draw: st.DrawFn) -> list[int]:
    """Votes of ten people; sometimes some are missing."""
    kinds = draw(st.sets(st.integers(0, 9), min_size=1))
    columns = draw(
        st.lists(
            st.sampled_from(sorted(kinds)),
            min_size=7,
            max_size=10,
        )
    )
    return [columns.count(column) for column in range(10)]


@settings(derandomize=True, deadline=None, max_examples=1500)
@given(ten_votes())
def test_rules_agree_with_the_text(votes: list[int]) -> None:
    assert majority_label(votes) == slow_majority(votes)
    assert argmax_label(votes) == slow_argmax(votes)
    slow = slow_soft(votes)
    found = soft_label(votes)
    assert (found is None) == (slow is None)
    if found is not None and slow is not None:
        assert found == pytest.approx([float(share) for share in slow])
        assert sum(found) == pytest.approx(1)


@pytest.mark.parametrize(
    'votes, majority, argmax, soft',
    [
        # a tie has no majority; argmax takes the first column
        ([5, 5, 0, 0, 0, 0, 0, 0, 0, 0], None, 0, {0: 0.5, 1: 0.5}),
        # half is not more than half
        ([3, 0, 0, 5, 0, 0, 0, 0, 2, 0], None, 3, {0: 3 / 8, 3: 5 / 8}),
        # single votes do not count against the majority
        ([4, 1, 1, 1, 1, 1, 1, 0, 0, 0], 0, 0, {0: 1.0}),
        # unknown, and no face
        ([2, 0, 0, 0, 0, 0, 0, 0, 8, 0], None, None, None),
        ([0, 0, 0, 0, 0, 0, 0, 0, 0, 10], None, None, None),
        # a tie of a class and unknown
        ([5, 0, 0, 0, 0, 0, 0, 0, 5, 0], None, 0, None),
        # unknown ends the search: what was taken holds four of nine
        ([4, 0, 0, 2, 0, 0, 0, 0, 3, 0], None, 0, None),
        # the same, with more than half taken before
        ([4, 0, 0, 3, 0, 0, 0, 0, 3, 0], None, 0, {0: 4 / 7, 3: 3 / 7}),
        # four classes are too many
        ([3, 3, 2, 2, 0, 0, 0, 0, 0, 0], None, 0, None),
        ([2, 2, 2, 2, 2, 0, 0, 0, 0, 0], None, 0, None),
        # three quarters are enough
        ([6, 0, 0, 2, 0, 0, 0, 0, 1, 1], 0, 0, {0: 1.0}),
        # three classes
        (
            [3, 2, 2, 0, 1, 1, 1, 0, 0, 0],
            None,
            0,
            {0: 3 / 7, 1: 2 / 7, 2: 2 / 7},
        ),
        # all votes single
        ([1, 1, 1, 1, 1, 1, 1, 1, 1, 1], None, 0, None),
    ],
)
def test_worked_examples(votes, majority, argmax, soft) -> None:
    assert majority_label(votes) == majority
    assert argmax_label(votes) == argmax
    found = soft_label(votes)
    shares = None if found is None else dict(enumerate(found))
    if soft is None:
        assert shares is None
    else:
        assert shares == pytest.approx({i: soft.get(i, 0) for i in range(8)})


CONTEMPT = [0, 0, 0, 0, 0, 0, 0, 7, 2, 1]
MIXED = [5, 0, 0, 0, 0, 0, 0, 3, 1, 1]


def test_seven_classes_leave_contempt_out() -> None:
    for rule in ('majority', 'argmax', 'crossentropy'):
        assert label_by_rule(CONTEMPT, rule, 7) is None
        assert label_by_rule(CONTEMPT, rule, 8)[0] == 7
    assert label_by_rule(MIXED, 'crossentropy', 8) == (
        0,
        (0.625, 0, 0, 0, 0, 0, 0, 0.375),
    )
    assert label_by_rule(MIXED, 'crossentropy', 7) == (
        0,
        (1.0, 0, 0, 0, 0, 0, 0),
    )


def test_soft_labels_have_a_label_too() -> None:
    votes = [0, 0, 4, 5, 0, 0, 0, 0, 1, 0]
    label, score = label_by_rule(votes, 'probability', 8)
    assert label == 3
    assert score[3] == pytest.approx(5 / 9)
    assert label_by_rule(votes, 'majority', 8) == (3, None)
