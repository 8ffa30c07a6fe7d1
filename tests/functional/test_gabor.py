"""The Gabor filter bank against golden numbers and the loop oracle."""

import math
import random
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from csgresnet_mm.functional import (
    check_orientations,
    filter_bank,
    gabor_filter_bank,
    modulate,
    resolve_orientations,
)

from ..oracle import gabor_reference as oracle

RELEASE = (0, math.pi / 4, math.pi / 2, 3 * math.pi / 4)
GOLDEN = torch.tensor(
    [
        [
            [0, 0.9089007, 0],
            [0.0622477, 1, 0.0622477],
            [0, 0.9089007, 0],
        ],
        [
            [0, 0.6974657, 0.8967273],
            [0.6974657, 1, 0.6974657],
            [0.8967273, 0.6974657, 0],
        ],
        [
            [0, 0.0622477, 0],
            [0.9089007, 1, 0.9089007],
            [0, 0.0622477, 0],
        ],
        [
            [0.8967273, 0.6974657, 0],
            [0.6974657, 1, 0.6974657],
            [0, 0.6974657, 0.8967273],
        ],
    ],
    dtype=torch.float64,
)
"""The GCN bank of scale 3 for the angles of ``RELEASE``."""

sizes = st.integers(1, 7)
scales = st.integers(1, 6)
angles = st.integers(0, 48).map(lambda n: n * math.pi / 48)
examples = settings(derandomize=True, deadline=None, max_examples=60)


def test_golden_3x3() -> None:
    bank = gabor_filter_bank((3, 3), orientations=RELEASE)
    torch.testing.assert_close(bank, GOLDEN, rtol=0, atol=5e-8)


def test_golden_zeros_are_exact() -> None:
    bank = gabor_filter_bank((3, 3), orientations=RELEASE)
    assert torch.equal(bank == 0, GOLDEN == 0)
    assert torch.equal(bank == 1, GOLDEN == 1)


def test_golden_5x5_row() -> None:
    bank = gabor_filter_bank((5, 5), orientations=RELEASE)
    row = torch.tensor(
        [0, 0.2651407, 0.5868985, 0.8148708, 0.8506196], dtype=torch.float64
    )
    torch.testing.assert_close(bank[1, 0], row, rtol=0, atol=5e-8)


def test_default_is_the_release_rotated_one_place() -> None:
    bank = gabor_filter_bank((3, 3))
    golden = GOLDEN.roll(-1, 0)
    torch.testing.assert_close(bank, golden, rtol=0, atol=5e-8)


@pytest.mark.parametrize(
    'mistake',
    [
        lambda bank: bank.flip(-1),
        lambda bank: bank.flip(-2),
        lambda bank: bank.mT,
        lambda bank: bank.flip(0),
    ],
)
def test_golden_numbers_catch_mistakes(mistake: object) -> None:
    # The numbers above would see a mirrored angle, swapped x and y or
    # reversed angles: none of these leaves the bank as it is.
    bank = gabor_filter_bank((3, 3), orientations=RELEASE)
    assert not torch.allclose(mistake(bank), GOLDEN, rtol=0, atol=0.1)


@examples
@given(sizes, sizes, scales, st.lists(angles, min_size=1, max_size=4))
def test_matches_oracle(
    height: int, width: int, scale: int, orientations: list[float]
) -> None:
    bank = gabor_filter_bank(
        (height, width),
        len(orientations),
        scale=scale,
        orientations=orientations,
    )
    expected = oracle.gabor_bank(height, width, orientations, scale)
    assert bank.dtype == torch.float64
    np.testing.assert_allclose(bank.numpy(), expected, rtol=0, atol=1e-9)


@examples
@given(sizes, sizes, scales, angles)
def test_point_symmetric_and_in_range(
    height: int, width: int, scale: int, angle: float
) -> None:
    bank = gabor_filter_bank(
        (height, width), 1, scale=scale, orientations=[angle]
    )
    assert torch.equal(bank, bank.flip(-2, -1))
    assert bank.max() == 1
    assert bank.min() in (0, 1)
    assert not ((bank > 0) & (bank < 1e-12)).any()


@examples
@given(sizes, scales, st.sampled_from([2, 4, 6, 8]))
def test_quarter_turn(size: int, scale: int, num_orientations: int) -> None:
    bank = gabor_filter_bank((size, size), num_orientations, scale=scale)
    half = num_orientations // 2
    turned = torch.rot90(bank[:half], 1, (1, 2))
    torch.testing.assert_close(bank[half:], turned, rtol=0, atol=1e-9)


@pytest.mark.parametrize('size', [(1, 1), (1, 2), (1, 3), (1, 7)])
def test_height_one_is_all_ones(size: tuple[int, int]) -> None:
    bank = gabor_filter_bank(size, orientations=RELEASE)
    assert torch.equal(bank, torch.ones(4, *size, dtype=torch.float64))


def test_constant_filter_is_all_ones() -> None:
    bank = gabor_filter_bank((2, 2), orientations=RELEASE)
    assert (bank[[0, 2]] == 1).all()
    off_diagonal = torch.tensor([[0.0, 1], [1, 0]], dtype=torch.float64)
    assert torch.equal(bank[1], off_diagonal)
    assert torch.equal(bank[3], off_diagonal.flip(-1))


def test_width_one_follows_the_formula() -> None:
    bank = gabor_filter_bank((3, 1), orientations=RELEASE)
    upright = torch.tensor([[0.0], [1], [0]], dtype=torch.float64)
    assert torch.equal(bank, upright.expand(4, 3, 1))


def test_default_dtype_and_device_do_not_matter() -> None:
    expected = gabor_filter_bank((5, 5))
    torch.set_default_dtype(torch.float16)
    try:
        with torch.device('meta'):
            bank = gabor_filter_bank((5, 5))
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.equal(bank, expected)


def test_default_orientations() -> None:
    paper = (math.pi / 4, math.pi / 2, 3 * math.pi / 4, math.pi)
    assert resolve_orientations(4) == paper
    assert resolve_orientations(1) == (math.pi,)
    assert resolve_orientations(3) == pytest.approx(
        (math.pi / 3, 2 * math.pi / 3, math.pi)
    )
    assert resolve_orientations(2, [0, 1]) == (0.0, 1.0)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ((3, RELEASE[:2]), r'holds 2 angles, expected num_orientations=3'),
        ((0, None), r'num_orientations=0 must be at least 1'),
        ((2, (0.5, math.nan)), r'orientations=\(0.5, nan\) must be finite'),
    ],
)
def test_orientation_errors(arguments: tuple, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        resolve_orientations(*arguments)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({'kernel_size': (0, 3)}, 'kernel_size=(0, 3) must be positive'),
        ({'kernel_size': (3, 3), 'scale': 0}, 'scale=0 must be at least 1'),
    ],
)
def test_bank_errors(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        gabor_filter_bank(**arguments)


def test_kinds_of_bank() -> None:
    gabor = filter_bank('gabor', (3, 3), 4, orientations=RELEASE, scale=2)
    expected = oracle.gabor_bank(3, 3, RELEASE, 2)
    np.testing.assert_allclose(gabor.numpy(), expected, rtol=0, atol=1e-12)
    ones = filter_bank('ones', (3, 5), 2)
    assert torch.equal(ones, torch.ones(2, 3, 5, dtype=torch.float64))


def test_random_bank_is_fixed() -> None:
    torch_state, python_state = torch.get_rng_state(), random.getstate()
    bank = filter_bank('random', (3, 3), 4)
    assert bank.dtype == torch.float64
    assert bank.shape == (4, 3, 3)
    assert ((bank >= 0) & (bank < 1)).all()
    assert bank.unique().numel() == bank.numel()
    # Values of CPython's Mersenne Twister for seed 0.
    golden = [0.8444218515250481, 0.7579544029403025, 0.420571580830845]
    assert bank.flatten()[:3].tolist() == golden
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert random.getstate() == python_state


def test_unknown_kind() -> None:
    message = re.escape("bank='gabr' must be one of ('gabor', 'ones', ")
    with pytest.raises(ValueError, match=message):
        filter_bank('gabr', (3, 3))


def random_tensor(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def test_modulate_matches_oracle() -> None:
    weight, bank = random_tensor(3, 8, 3, 5), random_tensor(4, 3, 5, seed=1)
    kernel = modulate(weight, bank)
    expected = oracle.modulated_kernel(weight.numpy(), bank.numpy())
    np.testing.assert_array_equal(kernel.numpy(), expected)


@examples
@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 5), sizes, sizes)
def test_modulate_is_linear(
    planes: int, channels: int, num_orientations: int, height: int, width: int
) -> None:
    first = random_tensor(planes, channels, height, width)
    second = random_tensor(planes, channels, height, width, seed=1)
    bank = random_tensor(num_orientations, height, width, seed=2)
    mixed = modulate(2 * first - 3 * second, bank)
    apart = 2 * modulate(first, bank) - 3 * modulate(second, bank)
    assert mixed.shape[0] == planes * num_orientations
    torch.testing.assert_close(mixed, apart)


def test_modulate_gradient() -> None:
    weight = random_tensor(2, 3, 3, 3).requires_grad_()
    bank = random_tensor(4, 3, 3, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(modulate, (weight, bank))


def test_modulate_refuses_other_kernel_size() -> None:
    message = re.escape('shape (2, 4, 3, 3) and bank of shape (4, 5, 5)')
    with pytest.raises(ValueError, match=message):
        modulate(torch.ones(2, 4, 3, 3), torch.ones(4, 5, 5))


@pytest.mark.parametrize('dtype', [torch.float64, torch.float16])
def test_angles_of_a_checkpoint_may_be_rounded(dtype: torch.dtype) -> None:
    angles = resolve_orientations(4)
    check_orientations(torch.tensor(angles, dtype=dtype), angles, 'a')
    many = [20.0 + 0.1 * u for u in range(4)]
    check_orientations(torch.tensor(many).bfloat16(), many, 'a')


@pytest.mark.parametrize('other', [(1.0, 2.0), (1.0, 2.02, 3.0)])
def test_other_angles_of_a_checkpoint_raise(other: tuple) -> None:
    loaded = torch.tensor(other, dtype=torch.float64)
    message = re.escape(
        'net.orientations: the checkpoint was made with the angles '
        f'{other}, this model has (1.0, 2.0, 3.0)'
    )
    with pytest.raises(ValueError, match=message):
        check_orientations(loaded, (1.0, 2.0, 3.0), 'net.orientations')
