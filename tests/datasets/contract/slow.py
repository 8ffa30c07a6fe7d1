"""Parts and folds once more, slowly, as the documentation says them."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence

Unit = tuple[str, Hashable]
"""A name and its class, or its group."""


def rank(seed: int, name: str) -> tuple[bytes, str]:
    """Place of a name: BLAKE2b of ``seed:name``, 8 bytes."""
    text = f'{seed}:{name}'.encode()
    return hashlib.blake2b(text, digest_size=8).digest(), name


def classes_part(units: Sequence[Unit], ratio: float, seed: int) -> set[str]:
    """Names of the first ``ratio`` of every class: one at least, never all."""
    chosen: set[str] = set()
    for label in {label for _, label in units}:
        names = [name for name, own in units if own == label]
        count = min(max(round(ratio * len(names)), 1), len(names) - 1)
        chosen |= set(sorted(names, key=lambda n: rank(seed, n))[:count])
    return chosen


def groups_part(groups: Sequence[str], ratio: float, seed: int) -> set[str]:
    """Whole groups by rank, until ``ratio`` of all images is reached."""
    chosen: set[str] = set()
    for group in sorted(set(groups), key=lambda g: rank(seed, g))[:-1]:
        if chosen and len([g for g in groups if g in chosen]) >= round(
            ratio * len(groups)
        ):
            break
        chosen.add(group)
    return chosen


def folds(groups: Sequence[str], count: int, seed: int) -> dict[str, int]:
    """Group to fold: the largest first, each to the smallest fold."""
    sizes = {group: groups.count(group) for group in groups}
    totals = [0] * count
    found = {}
    for group in sorted(sizes, key=lambda g: (-sizes[g], *rank(seed, g))):
        found[group] = totals.index(min(totals))
        totals[found[group]] += sizes[group]
    return found
