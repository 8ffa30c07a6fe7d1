"""Pairs of images that look alike, without comparing each with each.

Multi-index hashing (Norouzi, Punjani and Fleet, "Fast search in Hamming space
with multi-index hashing", 2012): two 64-bit hashes that differ in at most
``radius`` bits differ in at most ``radius // 4`` bits of at least one of their
four 16-bit parts, so only images are compared of which a part is that near.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

PARTS = 4
PART_BITS = 16
BLOCK = 1 << 20
"""Pairs compared at once."""

_VERIFIED = 1 << 14
"""Pairs whose pixels are compared at once."""
RADIUS = 7
"""Most bits in which the hashes of near duplicates differ."""
MOST_DISTANCE = 12
"""Most difference of a pixel of their small pictures, of 255.

Chosen with RADIUS on 5,000 generated faces: all of 630 copies (JPEG of quality
60, half to twice the size, flipped) differ by at most 5 bits and 8 grey
levels, no two faces within 7 bits by less than 27, and of 300 faces drawn
again with another expression 2 pass.
"""
MOST_PAIRS = 1_000_000
"""So many are alike only where a data set consists of one picture."""

Hashes: TypeAlias = NDArray[np.uint64]


class NearDuplicate(NamedTuple):
    """Two images by index, first < second, and how alike they are.

    ``bits`` is the number of bits in which their hashes differ, ``distance``
    that of their pixels; ``mirrored`` says that one is to be flipped.
    """

    first: int
    second: int
    bits: int
    distance: float
    mirrored: bool


def near_hashes(
    asked: Hashes, hashes: Hashes, radius: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]]:
    """All (i, j) with ``asked[i]`` and ``hashes[j]`` within a radius, once.

    Args:
        asked: Hashes (n,).
        hashes: Hashes (m,).
        radius: Most bits that differ, 0 to 63.

    Yields:
        Blocks of i, j and the number of bits that differ.
    """
    own = radius // PARTS
    for part in range(PARTS):
        keys = _part(hashes, part)
        order = np.argsort(keys, kind='stable')
        starts: NDArray[np.int64] = np.searchsorted(
            keys[order], np.arange((1 << PART_BITS) + 1)
        )
        wanted = _part(asked, part)
        for mask in _masks(own):
            bucket = wanted ^ np.uint64(mask)
            first = starts[bucket]
            count = starts[bucket + np.uint64(1)] - first
            for i, place in _expand(first, count):
                j = order[place]
                difference = asked[i] ^ hashes[j]
                bits = np.bitwise_count(difference)
                keep = bits <= radius
                i, j, bits = i[keep], j[keep], bits[keep]
                # a pair that several parts find belongs to the first
                new: NDArray[np.bool_] = np.ones(len(i), bool)
                for earlier in range(part):
                    ours = _part(difference[keep], earlier)
                    new &= np.bitwise_count(ours) > own
                yield i[new], j[new], bits[new]


def _part(hashes: Hashes, part: int) -> Hashes:
    return (hashes >> np.uint64(PART_BITS * part)) & np.uint64(0xFFFF)


def _masks(radius: int) -> list[int]:
    """All 16-bit numbers with at most ``radius`` bits."""
    return [
        sum(1 << bit for bit in bits)
        for count in range(radius + 1)
        for bits in combinations(range(PART_BITS), count)
    ]


def _expand(
    first: NDArray[np.int64], count: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Each index with each of its places ``first[i] ... + count[i] - 1``.

    Yields:
        Blocks of index and place, of about :data:`BLOCK` pairs.
    """
    ends = np.cumsum(count)
    done = 0
    while done < len(count):
        before = ends[done] - count[done]
        stop = int(np.searchsorted(ends, before + BLOCK, side='right'))
        stop = max(stop, done + 1)
        inside = count[done:stop]
        index: NDArray[np.int64] = np.repeat(np.arange(done, stop), inside)
        shift = first[done:stop] - (ends[done:stop] - inside - before)
        yield index, np.arange(len(index)) + np.repeat(shift, inside)
        done = stop


def find_alike(
    hashes: NDArray[np.uint64], cells: NDArray[np.uint8]
) -> tuple[list[NearDuplicate], bool]:
    """All pairs that show the same picture, as it is or mirrored.

    Args:
        hashes: pHash of n images and of their mirror images (n, 2).
        cells: Their grey pictures (n, side, side).

    Returns:
        The pairs by index, each once, in the better of the two ways; and
        whether they are all: the search stops at :data:`MOST_PAIRS`.
    """
    plain, mirrored = (np.ascontiguousarray(column) for column in hashes.T)
    best: dict[tuple[int, int], NearDuplicate] = {}
    for flip, asked in ((False, plain), (True, mirrored)):
        for i, j, bits in near_hashes(asked, plain, RADIUS):
            # a mirrored pair may be near in one of its two directions only
            keep = i != j if flip else i < j
            i, j, bits = i[keep], j[keep], bits[keep]
            distance = pixel_distances(cells, i, j, flip)
            for row in np.flatnonzero(distance <= MOST_DISTANCE).tolist():
                first, second = sorted((int(i[row]), int(j[row])))
                found = NearDuplicate(
                    first,
                    second,
                    int(bits[row]),
                    round(float(distance[row]), 2),
                    flip,
                )
                kept = best.setdefault((first, second), found)
                if found.distance < kept.distance:
                    best[first, second] = found
            if len(best) > MOST_PAIRS:
                return _in_order(best.values()), False
    return _in_order(best.values()), True


def _in_order(found: Iterable[NearDuplicate]) -> list[NearDuplicate]:
    return sorted(found, key=lambda item: (item.first, item.second))


def pixel_distances(
    cells: NDArray[np.uint8],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    flip: bool,
) -> NDArray[np.float32]:
    """Largest difference of a pixel of the grey pictures of pairs.

    The mean difference is taken off before: a copy may be brighter.

    Args:
        cells: The pictures (n, side, side).
        first: Indices of p images.
        second: Of those each is compared with.
        flip: Whether the first are mirrored before.

    Returns:
        The distances (p,).
    """
    distances: NDArray[np.float32] = np.empty(len(first), np.float32)
    for start in range(0, len(first), _VERIFIED):
        rows = slice(start, start + _VERIFIED)
        ours = cells[first[rows]].astype(np.int16)
        if flip:
            ours = ours[:, :, ::-1]
        difference = (ours - cells[second[rows]]).astype(np.float32)
        difference -= difference.mean(axis=(1, 2), keepdims=True)
        distances[rows] = np.abs(difference).max(axis=(1, 2))
    return distances
