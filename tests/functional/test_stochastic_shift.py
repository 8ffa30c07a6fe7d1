"""The stochastic order of positions: fixed by its seed, for ever."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from csgresnet_mm.functional import channel_shift, shift_blocks

from ..oracle import gabor_reference as oracle

examples = settings(derandomize=True, deadline=None, max_examples=60)


def chosen(positions: int, divisor: int, seed: int) -> list[list[int]]:
    masks = shift_blocks(positions, divisor, 'stochastic', seed=seed)
    return [mask.nonzero().flatten().tolist() for mask in masks]


@pytest.mark.parametrize(
    ('seed', 'positions'),
    [
        (0, [[0, 7, 9, 17], [11, 14, 18, 22]]),
        (1, [[3, 5, 20, 21], [0, 11, 16, 22]]),
        (-1, [[3, 12, 18, 19], [7, 9, 15, 21]]),
        (2**32 - 1, [[3, 12, 18, 19], [7, 9, 15, 21]]),
    ],
)
def test_golden_positions(seed: int, positions: list[list[int]]) -> None:
    # A checkpoint shifts these positions: another torch must not move them.
    assert chosen(24, 6, seed) == positions


@examples
@given(st.integers(2, 200), st.integers(2, 20), st.integers(0, 2**40))
def test_blocks_are_disjoint_and_full(
    positions: int, divisor: int, seed: int
) -> None:
    divisor = min(divisor, positions)
    first, second = shift_blocks(positions, divisor, 'stochastic', seed=seed)
    assert first.shape == second.shape == (positions,)
    assert first.sum() == second.sum() == positions // divisor
    assert not (first & second).any()


@examples
@given(st.integers(1, 100), st.integers(0, 2**40))
def test_order_is_a_permutation(half: int, seed: int) -> None:
    # Two blocks of half the positions each: every one is taken once.
    first, second = chosen(2 * half, 2, seed)
    assert sorted(first + second) == list(range(2 * half))


def test_larger_blocks_hold_smaller_ones() -> None:
    # One order a seed: its first b positions are among its first 2b.
    small, large = chosen(96, 16, 3), chosen(96, 8, 3)
    assert set(large[0]) == set(small[0]) | set(small[1])


def test_seeds_give_other_positions() -> None:
    orders = {str(chosen(196, 16, seed)) for seed in range(50)}
    assert len(orders) == 50


def test_every_position_is_equally_likely() -> None:
    seeds, positions, divisor = 2000, 40, 8
    counts = torch.zeros(2, positions)
    for seed in range(seeds):
        masks = shift_blocks(positions, divisor, 'stochastic', seed=seed)
        counts += torch.stack(masks)
    mean = seeds / divisor
    deviation = (mean * (1 - 1 / divisor)) ** 0.5
    assert ((counts - mean).abs() < 5 * deviation).all()


def test_number_and_tensor_seed_agree() -> None:
    for seed in (0, 7, 2**31, -3):
        number = shift_blocks(50, 8, 'stochastic', seed=seed)
        tensor = shift_blocks(50, 8, 'stochastic', seed=torch.tensor(seed))
        assert all(map(torch.equal, number, tensor))


def test_global_generator_is_left_alone() -> None:
    state = torch.get_rng_state()
    shift_blocks(50, 8, 'stochastic', seed=1)
    assert torch.equal(torch.get_rng_state(), state)


def test_shift_uses_these_positions() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 12, 5, 7, generator=generator, dtype=torch.float64)
    for m in (1, 4):
        first, second = chosen(m * 35, 8, 5)
        found = channel_shift(x, 8, 'stochastic', num_orientations=m, seed=5)
        expected = oracle.channel_shift(
            x.numpy(), 8, num_orientations=m, order=first + second
        )
        assert torch.equal(found, torch.from_numpy(expected))
