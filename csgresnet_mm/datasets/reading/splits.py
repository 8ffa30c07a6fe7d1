"""Cutting a split into parts that depend on names and a seed only."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

from ..errors import DatasetError


def stratified_split(
    keys: Sequence[str],
    labels: Sequence[int],
    ratio: float,
    seed: int,
    groups: Sequence[str] = (),
) -> list[bool]:
    """Choose a part of a split: stratified, or of whole groups.

    Each image is ranked in its class by a keyed hash of its name (BLAKE2b of
    the UTF-8 text ``seed:key``, 8 bytes), and the first
    ``round(ratio * n)`` of the class are chosen, at least one and never all.
    So the choice depends on names and seed only: not on the order of the
    files or on a library's random stream, and an image more or less moves at
    most one other image of its class across.

    Where images belong to groups (subjects, photographs), no group is cut:
    :func:`choose_groups` chooses, and classes are not balanced.

    Args:
        keys: A name for each image.
        labels: Its class.
        ratio: Part to choose, between 0 and 1.
        seed: Another seed chooses another part.
        groups: Its group; an image of group '' is one of its own. Empty
            where there are none.

    Returns:
        For each image, whether it is chosen.

    Raises:
        DatasetError: A class has one image only, or there is one group only.
    """
    if any(groups):
        units = [
            group or f'key {key}'
            for group, key in zip(groups, keys, strict=True)
        ]
        return choose_groups(units, ratio, seed)
    members: dict[int, list[int]] = {}
    for index, label in enumerate(labels):
        members.setdefault(label, []).append(index)
    chosen = [False] * len(keys)
    for label, indices in sorted(members.items()):
        if len(indices) == 1:
            raise DatasetError(
                f'val_ratio={ratio}: class {label} has one image only '
                f'({keys[indices[0]]!r}), so train and val cannot both have '
                'one'
            )
        count = min(max(round(ratio * len(indices)), 1), len(indices) - 1)
        ranked = sorted(indices, key=lambda i: (_rank(seed, keys[i]), keys[i]))
        for index in ranked[:count]:
            chosen[index] = True
    return chosen


def choose_groups(
    groups: Sequence[str], ratio: float, seed: int
) -> list[bool]:
    """Choose whole groups: by rank, until ``ratio`` of the images is reached.

    Groups are ranked as :func:`stratified_split` ranks images.

    Args:
        groups: The group of each image.
        ratio: Part of the images to choose, between 0 and 1.
        seed: Another seed chooses other groups.

    Returns:
        For each image, whether its group is chosen: at least one group, and
        never all.

    Raises:
        DatasetError: There is one group only.
    """
    sizes = Counter(groups)
    if len(sizes) < 2:
        raise DatasetError(
            f'all {len(groups)} images are of one group '
            f'({next(iter(sizes), "")!r}), so they cannot be cut in two'
        )
    ranked = sorted(sizes, key=lambda group: (_rank(seed, group), group))
    chosen: set[str] = set()
    count = 0
    for group in ranked[:-1]:
        if chosen and count >= round(ratio * len(groups)):
            break
        chosen.add(group)
        count += sizes[group]
    return [group in chosen for group in groups]


def assign_folds(
    groups: Sequence[str], num_folds: int, seed: int
) -> list[int]:
    """Give every group to one of the folds, folds about equally large.

    Groups are taken by size, the largest first (equal ones by the rank of
    :func:`stratified_split`), each for the fold that is smallest so far.

    Args:
        groups: The group of each image: a subject.
        num_folds: Number of folds, 2 or more.
        seed: Another seed gives other folds.

    Returns:
        For each image, its fold, from 0.

    Raises:
        DatasetError: There are fewer groups than folds.
    """
    sizes = Counter(groups)
    if not 2 <= num_folds <= len(sizes):
        raise DatasetError(
            f'num_folds={num_folds} is not in 2..{len(sizes)}, the number '
            'of subjects'
        )
    ranked = sorted(
        sizes, key=lambda group: (-sizes[group], _rank(seed, group), group)
    )
    totals = [0] * num_folds
    fold_of = {}
    for group in ranked:
        fold = totals.index(min(totals))
        fold_of[group] = fold
        totals[fold] += sizes[group]
    return [fold_of[group] for group in groups]


def _rank(seed: int, key: str) -> bytes:
    text = f'{seed}:{key}'.encode('utf-8', 'surrogateescape')
    return hashlib.blake2b(text, digest_size=8).digest()
