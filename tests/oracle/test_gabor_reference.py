"""The reference against numbers that were not computed by it."""

import math

import numpy as np
import pytest

from .gabor_reference import (
    channel_shift,
    default_orientations,
    gabor_bank,
    gabor_conv,
    modulated_kernel,
    repeat_channels,
    shift_blocks,
)
from .network_reference import max_pool, orientation_max

RELEASE = (0, math.pi / 4, math.pi / 2, 3 * math.pi / 4)


def test_bank_golden_numbers() -> None:
    bank = gabor_bank(3, 3, RELEASE)
    a, b = 0.9089007, 0.0622477
    c, d = 0.6974657, 0.8967273
    upright = np.array([[0, a, 0], [b, 1, b], [0, a, 0]])
    oblique = np.array([[0, c, d], [c, 1, c], [d, c, 0]])
    expected = [upright, oblique, upright.T, oblique[:, ::-1]]
    np.testing.assert_allclose(bank, expected, atol=5e-8, rtol=0)


def test_bank_golden_row_5x5() -> None:
    row = gabor_bank(5, 5, [math.pi / 4])[0, 0]
    expected = [0, 0.2651407, 0.5868985, 0.8148708, 0.8506196]
    np.testing.assert_allclose(row, expected, atol=5e-8, rtol=0)


@pytest.mark.parametrize('size', [(2, 2), (3, 3), (4, 5), (5, 5), (7, 7)])
@pytest.mark.parametrize('scale', [1, 2, 3, 4])
def test_bank_is_point_symmetric_and_scaled(
    size: tuple[int, int], scale: int
) -> None:
    bank = gabor_bank(*size, default_orientations(8), scale)
    assert (bank == bank[:, ::-1, ::-1]).all()
    assert (bank.max(axis=(1, 2)) == 1).all()
    degenerate = (bank == 1).all(axis=(1, 2))
    assert (bank.min(axis=(1, 2)) == np.where(degenerate, 1, 0)).all()
    assert not ((bank > 0) & (bank < 1e-12)).any()


def test_paper_angles_are_the_release_rotated_by_one() -> None:
    assert default_orientations(4)[:3] == list(RELEASE[1:])
    paper = gabor_bank(3, 3, default_orientations(4))
    release = gabor_bank(3, 3, RELEASE)
    np.testing.assert_allclose(paper, np.roll(release, -1, axis=0), atol=1e-14)


@pytest.mark.parametrize(('height', 'width'), [(1, 1), (1, 3)])
def test_bank_of_height_one_is_ones(height: int, width: int) -> None:
    assert (gabor_bank(height, width, RELEASE) == 1).all()


def test_degenerate_filter_is_ones() -> None:
    bank = gabor_bank(2, 2, RELEASE)
    assert (bank[0] == 1).all()
    assert bank[1].min() == 0


def test_modulated_kernel_channel_order() -> None:
    weight = np.arange(2 * 8 * 9, dtype=float).reshape(2, 8, 3, 3)
    bank = gabor_bank(3, 3, RELEASE)
    kernel = modulated_kernel(weight, bank)
    assert kernel.shape == (8, 8, 3, 3)
    expected = weight[1, 5, 0, 1] * bank[2, 0, 1]
    assert kernel[1 * 4 + 2, 5, 0, 1] == expected


def test_convolution_of_an_impulse_reads_the_kernel() -> None:
    rng = np.random.default_rng(0)
    weight = rng.normal(size=(2, 8, 3, 3))
    bank = gabor_bank(3, 3, RELEASE)
    x = np.zeros((1, 8, 5, 5))
    x[0, 6, 2, 2] = 1
    out = gabor_conv(x, weight, bank, np.array([10.0, 20.0]), padding=1)
    kernel = modulated_kernel(weight, bank)
    for channel in range(8):
        expected = np.full((5, 5), 10.0 * (channel // 4 + 1))
        # Cross-correlation: the output left of the impulse sees it with its
        # right tap.
        expected[1:4, 1:4] += kernel[channel, 6, ::-1, ::-1]
        np.testing.assert_allclose(out[0, channel], expected, atol=1e-15)


@pytest.mark.parametrize(
    ('stride', 'padding', 'dilation', 'shape'),
    [
        (1, 0, 1, (5, 4)),
        (2, 1, 1, (4, 3)),
        (2, 2, 2, (4, 3)),
        ((1, 3), (2, 0), 1, (9, 2)),
    ],
)
def test_convolution_against_a_sum_per_output_pixel(
    stride: int | tuple[int, int],
    padding: int | tuple[int, int],
    dilation: int,
    shape: tuple[int, int],
) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(2, 4, 7, 6))
    weight = rng.normal(size=(1, 4, 3, 3))
    bank = gabor_bank(3, 3, RELEASE)
    out = gabor_conv(
        x, weight, bank, stride=stride, padding=padding, dilation=dilation
    )
    assert out.shape == (2, 4, *shape)
    (sy, sx), (py, px) = (
        (value, value) if isinstance(value, int) else value
        for value in (stride, padding)
    )
    for b, u, y, z in np.ndindex(out.shape):
        total = 0.0
        for c, row, column in np.ndindex(4, 3, 3):
            top = y * sy - py + row * dilation
            left = z * sx - px + column * dilation
            if 0 <= top < 7 and 0 <= left < 6:
                factor = weight[0, c, row, column] * bank[u, row, column]
                total += factor * x[b, c, top, left]
        assert math.isclose(out[b, u, y, z], total, abs_tol=1e-13)


def test_expansion_repeats_and_equals_the_summed_weight() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(2, 3, 6, 5))
    weight = rng.normal(size=(2, 12, 5, 5))
    bank = gabor_bank(5, 5, RELEASE)
    repeated = repeat_channels(x, 4)
    assert (repeated[:, 7] == x[:, 1]).all()
    out = gabor_conv(x, weight, bank, padding=2, expand=True)
    # Read as one orientation a call, the summed weight needs no expansion.
    summed = weight.reshape(2, 3, 4, 5, 5).sum(axis=2)
    for u in range(4):
        alone = gabor_conv(x, summed, bank[u : u + 1], padding=2)
        np.testing.assert_allclose(out[:, u::4], alone, rtol=1e-12)


def test_one_by_one_repeats_each_plane() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(1, 4, 5, 5))
    weight = rng.normal(size=(2, 4, 1, 1))
    out = gabor_conv(x, weight, gabor_bank(1, 1, RELEASE), stride=2)
    assert out.shape == (1, 8, 3, 3)
    for channel in range(8):
        assert (out[:, channel] == out[:, channel // 4 * 4]).all()


@pytest.mark.parametrize(
    ('position', 'first', 'second'),
    [
        ('start', range(0, 4), range(4, 8)),
        ('middle', range(4, 8), range(8, 12)),
        ('end', range(8, 12), range(12, 16)),
        (1, range(4, 8), range(8, 12)),
    ],
)
def test_shift_block_positions(
    position: str | int, first: range, second: range
) -> None:
    assert shift_blocks(17, 4, position) == (first, second)


def test_shift_in_a_small_case_by_hand() -> None:
    # Two channels, 2x2 positions, s = 4: position 0 right, 1 left.
    x = np.array([[[[1.0, 2], [3, 4]], [[5, 6], [7, 8]]]])
    out = channel_shift(x, divisor=4)
    assert out.tolist() == [[[[0, 6], [3, 4]], [[1, 0], [7, 8]]]]
    swapped = channel_shift(x, divisor=4, directions=('left', 'right'))
    assert swapped.tolist() == [[[[5, 0], [3, 4]], [[0, 2], [7, 8]]]]


def test_shift_orientation_view_by_hand() -> None:
    # Two planes of two orientations: channels (plane, u) are 00 01 10 11.
    x = np.array([[[[1.0, 2]], [[3, 4]], [[5, 6]], [[7, 8]]]])
    out = channel_shift(x, divisor=2, num_orientations=2)
    # P = 4, b = 2: both positions of orientation 0 go right over the planes,
    # both of orientation 1 go left.
    assert out[0, :, 0].tolist() == [[0, 0], [7, 8], [1, 2], [0, 0]]


def test_shift_of_chosen_positions() -> None:
    x = np.arange(1.0, 9).reshape(1, 2, 2, 2)
    out = channel_shift(x, divisor=4, order=[3, 0, 1, 2])
    assert out.tolist() == [[[[5, 2], [3, 0]], [[0, 6], [7, 4]]]]


def test_pooling_by_hand() -> None:
    x = -np.arange(1.0, 17).reshape(1, 1, 4, 4)
    assert max_pool(x).tolist() == [[[[-1, -2], [-5, -6]]]]
    channels = np.array([[1.0, 4, 2, 3, -1, -4, -2, -3]])
    assert orientation_max(channels, 4).tolist() == [[4, -1]]
