"""Carving a validation part out of a training split."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from .errors import DatasetError


def carve(
    keys: Sequence[str], labels: Sequence[int], ratio: float, seed: int
) -> list[bool]:
    """Choose a stratified part of a split.

    Each image is ranked in its class by a keyed hash of its name (BLAKE2b of
    the UTF-8 text ``seed:key``, 8 bytes), and the first
    ``round(ratio * n)`` of the class are chosen, at least one and never all.
    So the choice depends on names and seed only: not on the order of the
    files or on a library's random stream, and an image more or less moves at
    most one other image of its class across.

    Args:
        keys: A name for each image.
        labels: Its class.
        ratio: Part to choose, between 0 and 1.
        seed: Another seed chooses another part.

    Returns:
        For each image, whether it is chosen.

    Raises:
        DatasetError: A class has one image only.
    """
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


def _rank(seed: int, key: str) -> bytes:
    text = f'{seed}:{key}'.encode('utf-8', 'surrogateescape')
    return hashlib.blake2b(text, digest_size=8).digest()
