"""Near hashes against all pairs, and pixel distances."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csgresnet_mm.programs.audit import pairs


def clustered(seed: int, count: int) -> np.ndarray:
    """Hashes of which many are within a few bits of each other."""
    rng = np.random.default_rng(seed)
    centres = rng.integers(0, 2**64, 1 + count // 8, dtype=np.uint64)
    hashes = centres[rng.integers(0, len(centres), count)]
    for _ in range(6):
        bit = rng.integers(0, 64, count).astype(np.uint64)
        flip = rng.random(count) < 0.7
        hashes = hashes ^ np.where(flip, np.uint64(1) << bit, np.uint64(0))
    return hashes


def differing_bits(a: int, b: int) -> int:
    return bin(a ^ b).count('1')


@settings(derandomize=True, deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**20),
    asked=st.integers(1, 40),
    count=st.integers(1, 40),
    radius=st.integers(0, 15),
)
def test_near_hashes_are_those_of_all_pairs_each_once(
    seed, asked, count, radius
):
    ours, theirs = clustered(seed, asked), clustered(seed, count)
    expected = {
        (i, j): bits
        for i, a in enumerate(ours.tolist())
        for j, b in enumerate(theirs.tolist())
        if (bits := differing_bits(a, b)) <= radius
    }
    found: Counter[tuple[int, int]] = Counter()
    for i, j, bits in pairs.near_hashes(ours, theirs, radius):
        for pair in zip(i.tolist(), j.tolist(), strict=True):
            found[pair] += 1
        for row in range(len(i)):
            assert expected[int(i[row]), int(j[row])] == bits[row]
    assert found == Counter(dict.fromkeys(expected, 1))


def test_a_bucket_larger_than_a_block_is_split(monkeypatch):
    monkeypatch.setattr(pairs, 'BLOCK', 7)
    hashes = np.zeros(20, np.uint64)
    blocks = list(pairs.near_hashes(hashes, hashes, 3))
    assert sum(len(i) for i, _, _ in blocks) == 400
    assert max(len(i) for i, _, _ in blocks) == 20


def pictures(count: int) -> np.ndarray:
    rng = np.random.default_rng(3)
    return rng.integers(0, 256, (count, 8, 8), dtype=np.uint8)


@pytest.mark.parametrize('flip', [False, True])
def test_pixel_distance_forgets_brightness_only(flip, monkeypatch):
    monkeypatch.setattr(pairs, '_VERIFIED', 2)
    cells = pictures(4)
    first, second = np.array([0, 0, 1, 3, 2]), np.array([1, 2, 1, 0, 3])
    found = pairs.pixel_distances(cells, first, second, flip)
    for row, (i, j) in enumerate(zip(first, second, strict=True)):
        differences = [
            int(cells[i][y][7 - x if flip else x]) - int(cells[j][y][x])
            for y in range(8)
            for x in range(8)
        ]
        mean = sum(differences) / 64
        largest = max(abs(value - mean) for value in differences)
        assert found[row] == pytest.approx(largest, rel=1e-5)


def test_like_hashes_of_unlike_pictures_are_no_pair():
    cells = pictures(3)
    cells[2] = cells[0]
    hashes = np.zeros((3, 2), np.uint64)
    hashes[:, 1] = np.uint64(2**64 - 1)  # mirror images look otherwise
    found, complete = pairs.find_alike(hashes, cells)
    assert complete
    assert [(item.first, item.second) for item in found] == [(0, 2)]
    assert found[0] == pairs.NearDuplicate(0, 2, 0, 0.0, False)


def test_a_mirrored_pair_is_found_once_and_says_so():
    cells = pictures(2)
    cells[1] = cells[0][:, ::-1]
    hashes = np.array([[0, 2**64 - 1], [2**64 - 1, 0]], np.uint64)
    found, _ = pairs.find_alike(hashes, cells)
    assert found == [pairs.NearDuplicate(0, 1, 0, 0.0, True)]


@pytest.mark.parametrize('asked', [0, 1])
def test_M5_a_pair_near_in_one_direction_only_is_found(asked):
    cells = pictures(2)
    cells[1] = cells[0][:, ::-1]
    # (plain, mirrored): only the one asked is near the other, mirrored
    hashes = np.array([[0, 2**64 - 1], [0xFFFFFFFF, 2**64 - 1]], np.uint64)
    hashes[asked, 1] = hashes[1 - asked, 0]
    found, _ = pairs.find_alike(hashes, cells)
    assert found == [pairs.NearDuplicate(0, 1, 0, 0.0, True)]


def test_an_image_that_is_its_own_mirror_image_is_no_pair():
    cells = pictures(1)
    cells[0] = cells[0] // 2 + cells[0][:, ::-1] // 2
    found, _ = pairs.find_alike(np.zeros((1, 2), np.uint64), cells)
    assert found == []


def test_the_search_stops_where_everything_looks_alike(monkeypatch):
    monkeypatch.setattr(pairs, 'MOST_PAIRS', 10)
    cells = np.zeros((30, 8, 8), np.uint8)
    found, complete = pairs.find_alike(np.zeros((30, 2), np.uint64), cells)
    assert not complete
    assert len(found) > 10
