"""Two networks on the same images."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from csgresnet_mm.evaluation.predictions import Predictions

FEW = 25
"""Below so many discordant images the exact test is taken."""


@dataclass(frozen=True)
class McNemar:
    """Whether two networks err equally often on the same images.

    Args:
        only_a: Images that only the first has right.
        only_b: Images that only the second has right.
        statistic: Chi-square, or None of the exact test.
        p_value: Two-sided.
    """

    only_a: int
    only_b: int
    statistic: float | None
    p_value: float

    @property
    def test(self) -> str:
        """Which test it was."""
        return (
            'exact binomial'
            if self.statistic is None
            else 'chi-square with continuity correction'
        )


def mcnemar(a: Predictions, b: Predictions) -> McNemar:
    """McNemar's test on the images that one of two networks has right.

    Below 25 such images the exact binomial test, else chi-square with
    Edwards' continuity correction, (|only_a - only_b| - 1)^2 / (only_a +
    only_b), which is 0 where both are equal.

    Raises:
        ValueError: The images are not the same, see :func:`check_paired`.
    """
    from scipy import stats  # takes a second, and few runs need it

    check_paired(a, b)
    only_a = int((a.right & ~b.right).sum())
    only_b = int((b.right & ~a.right).sum())
    total = only_a + only_b
    if total < FEW:
        # of no image, the sides are equal
        p_value = stats.binomtest(only_a, total).pvalue if total else 1.0
        return McNemar(only_a, only_b, None, float(p_value))
    statistic = max(abs(only_a - only_b) - 1, 0) ** 2 / total
    return McNemar(
        only_a, only_b, statistic, float(stats.chi2.sf(statistic, 1))
    )


def check_paired(a: Predictions, b: Predictions) -> None:
    """Check that two predictions are about the same images in one order.

    The folder that all images of a set share may differ: the data may lie in
    two places.

    Raises:
        ValueError: Naming the first that differs in images, classes, names
            or labels.
    """
    for key, ours, theirs in (
        ('number of images', [len(a)], [len(b)]),
        ('classes', a.classes, b.classes),
        ('names', relative_names(a.names), relative_names(b.names)),
        ('labels', a.labels.tolist(), b.labels.tolist()),
    ):
        if ours != theirs:
            _raise_first(key, ours, theirs)


def relative_names(names: Sequence[str]) -> list[str]:
    """Names without the folders that all of them share."""
    parts = [name.replace(os.sep, '/').split('/') for name in names]
    shared = 0
    shortest = min(len(part) for part in parts) - 1
    while shared < shortest and len({part[shared] for part in parts}) == 1:
        shared += 1
    return ['/'.join(part[shared:]) for part in parts]


def _raise_first(
    key: str, ours: Sequence[object], theirs: Sequence[object]
) -> None:
    place = next(
        (
            number
            for number, (x, y) in enumerate(zip(ours, theirs, strict=False))
            if x != y
        ),
        min(len(ours), len(theirs)),
    )
    found = [
        repr(items[place]) if place < len(items) else 'missing'
        for items in (ours, theirs)
    ]
    raise ValueError(
        f'{key}, {place}: {found[0]} in the first predictions, {found[1]} in '
        'the second; expected the same images, in one order, with the same '
        'classes'
    )
