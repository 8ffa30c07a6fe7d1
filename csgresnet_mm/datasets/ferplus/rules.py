"""What ten people's votes make the label of a FER+ image.

The rules are those of Barsoum et al., "Training Deep Networks for Facial
Expression Recognition with Crowd-Sourced Label Distribution" (2016), as their
published reader applies them. Votes are ten numbers, for the eight classes,
unknown and "not a face" (NF).
"""

from __future__ import annotations

from collections.abc import Sequence

NUM_CLASSES = 8


def majority_label(votes: Sequence[int]) -> int | None:
    """The class with more than half of the votes, single votes left out.

    None where there is none, or where it is unknown or NF.

    >>> majority_label([4, 0, 0, 1, 3, 0, 0, 0, 1, 1])
    0
    >>> majority_label([4, 0, 0, 4, 0, 0, 0, 0, 2, 0]) is None
    True
    """
    left = _without_single(votes)
    top = max(left)
    if 2 * top <= sum(left):
        return None
    return _class_or_none(left.index(top))


def argmax_label(votes: Sequence[int]) -> int | None:
    """The first of the columns with most votes; None for unknown and NF.

    >>> argmax_label([0, 5, 5, 0, 0, 0, 0, 0, 0, 0])
    1
    """
    return _class_or_none(list(votes).index(max(votes)))


def soft_label(votes: Sequence[int]) -> tuple[float, ...] | None:
    """Shares of the classes that together hold most votes, or None.

    Single votes are left out. Classes are taken by their votes, equal ones
    together, until they hold three quarters or are three. Unknown or NF ends
    this when its turn comes, and none is left if it comes first. Nor is one
    if the classes taken hold no more than half, or are more than three.

    >>> soft_label([5, 0, 0, 3, 0, 0, 0, 0, 1, 1])
    (0.625, 0.0, 0.0, 0.375, 0.0, 0.0, 0.0, 0.0)
    """
    left = _without_single(votes)
    total = sum(left)
    taken = [0] * NUM_CLASSES
    while 4 * sum(taken) < 3 * total and sum(map(bool, taken)) < 3:
        top = max(left)
        first = [index for index, count in enumerate(left) if count == top]
        for index in first:
            if index < NUM_CLASSES:
                taken[index], left[index] = top, 0
        if first[-1] >= NUM_CLASSES:
            break
    if 2 * sum(taken) <= total or sum(map(bool, taken)) > 3:
        return None
    return tuple(count / sum(taken) for count in taken)


def _without_single(votes: Sequence[int]) -> list[int]:
    return [count if count > 1 else 0 for count in votes]


def _class_or_none(column: int) -> int | None:
    return column if column < NUM_CLASSES else None


def label_by_rule(
    votes: Sequence[int], rule: str, num_classes: int = NUM_CLASSES
) -> tuple[int, tuple[float, ...] | None] | None:
    """Label and, for a soft rule, shares of the classes.

    Args:
        votes: Ten numbers.
        rule: 'majority', 'argmax', or else soft.
        num_classes: 8; or 7, where an image of the last class has no label
            and shares are those of the others.

    Returns:
        None where the image has no label.
    """
    score = None
    if rule == 'majority':
        label = majority_label(votes)
    elif rule == 'argmax':
        label = argmax_label(votes)
    else:
        score = soft_label(votes)
        label = None if score is None else score.index(max(score))
    if label is None or label >= num_classes:
        return None
    if score is None:
        return label, None
    total = sum(score[:num_classes])
    return label, tuple(share / total for share in score[:num_classes])
