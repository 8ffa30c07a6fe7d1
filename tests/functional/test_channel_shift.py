"""The channel shift against the paper's convolution, and its positions."""

import re
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from csgresnet_mm.functional import channel_shift, shift_blocks

from ..oracle import gabor_reference as oracle

POSITIONS = ['start', 'middle', 'end', 0, 1, 2]
DIRECTIONS = [(a, b) for a in ('right', 'left') for b in ('right', 'left')]
examples = settings(derandomize=True, deadline=None, max_examples=100)

shapes = st.tuples(
    st.integers(1, 2),  # batch
    st.integers(1, 5),  # planes
    st.sampled_from([1, 2, 4]),  # orientations
    st.integers(2, 7),
    st.integers(2, 7),
)


def distinct(batch: int, channels: int, height: int, width: int) -> Tensor:
    """Features whose every value is another positive number."""
    count = batch * channels * height * width
    x = torch.arange(1, count + 1, dtype=torch.float64)
    return x.reshape(batch, channels, height, width)


def paper_convolution(
    x: Tensor, divisor: int, index: int, directions: tuple[str, str], m: int
) -> Tensor:
    """Algorithm 1 as written: a frozen Conv1d with one group a position."""
    batch, channels, height, width = x.shape
    positions = m * height * width
    block = positions // divisor
    weight = torch.zeros(positions, 1, 3, dtype=x.dtype)
    weight[:, 0, 1] = 1
    for n, direction in enumerate(directions):
        taps = {'right': [1.0, 0, 0], 'left': [0.0, 0, 1]}[direction]
        begin = (index + n) * block
        weight[begin : begin + block, 0] = torch.tensor(taps, dtype=x.dtype)
    signal = x.reshape(batch, channels // m, positions).transpose(1, 2)
    out = torch.conv1d(signal, weight, padding=1, groups=positions)
    return out.transpose(1, 2).reshape(x.shape)


@examples
@given(
    shapes,
    st.integers(2, 16),
    st.sampled_from(POSITIONS),
    st.sampled_from(DIRECTIONS),
)
def test_matches_oracle_and_paper(
    shape: tuple[int, ...],
    divisor: int,
    position: str | int,
    directions: tuple[str, str],
) -> None:
    batch, planes, m, height, width = shape
    divisor = min(divisor, m * height * width)
    if isinstance(position, int):
        position = min(position, divisor - 2)
    x = distinct(batch, planes * m, height, width)
    before = x.clone()
    found = channel_shift(
        x, divisor, position, directions=directions, num_orientations=m
    )
    assert torch.equal(x, before)
    expected = oracle.channel_shift(
        x.numpy(), divisor, position, directions, m
    )
    np.testing.assert_array_equal(found.numpy(), expected)
    named = {'start': 0, 'middle': divisor // 2 - 1, 'end': divisor - 2}
    index = named.get(position, position)
    literal = paper_convolution(x, divisor, index, directions, m)
    assert torch.equal(found, literal)


def test_defaults_are_the_paper() -> None:
    x = distinct(2, 6, 8, 7)
    expected = paper_convolution(x, 16, 0, ('right', 'left'), 1)
    assert torch.equal(channel_shift(x), expected)


@examples
@given(
    shapes,
    st.integers(2, 16),
    st.sampled_from([*POSITIONS[:3], 'stochastic']),
    st.integers(0, 5),
)
def test_copies_or_zeroes_and_never_invents(
    shape: tuple[int, ...], divisor: int, position: str, seed: int
) -> None:
    batch, planes, m, height, width = shape
    positions = m * height * width
    divisor = min(divisor, positions)
    x = distinct(batch, planes * m, height, width)
    out = channel_shift(x, divisor, position, num_orientations=m, seed=seed)
    signal = x.reshape(batch, planes, positions)
    shifted = out.reshape(batch, planes, positions)
    moved = 0
    for p in range(positions):
        column, result = signal[:, :, p], shifted[:, :, p]
        zero = torch.zeros(batch, 1, dtype=x.dtype)
        right = torch.cat((zero, column[:, :-1]), 1)
        left = torch.cat((column[:, 1:], zero), 1)
        ways = [torch.equal(result, way) for way in (column, right, left)]
        assert any(ways)
        moved += not ways[0]
    assert moved == 2 * (positions // divisor)


@pytest.mark.parametrize('position', ['start', 'stochastic'])
@pytest.mark.parametrize('m', [1, 4])
def test_memory_formats_give_the_same(position: str, m: int) -> None:
    x = distinct(2, 8, 5, 7)
    expected = channel_shift(x, 4, position, num_orientations=m)
    strided = distinct(2, 16, 5, 7)[:, ::2]
    for layout in (x.to(memory_format=torch.channels_last), x.mT.mT):
        found = channel_shift(layout, 4, position, num_orientations=m)
        assert torch.equal(found, expected)
    assert torch.equal(
        channel_shift(strided, 4, position, num_orientations=m),
        channel_shift(strided.contiguous(), 4, position, num_orientations=m),
    )


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16, torch.int64])
def test_keeps_the_dtype(dtype: torch.dtype) -> None:
    x = distinct(1, 4, 3, 3)
    found = channel_shift(x.to(dtype), 4)
    assert found.dtype == dtype
    assert torch.equal(found, channel_shift(x, 4).to(dtype))


@pytest.mark.parametrize('position', ['start', 'end', 'stochastic'])
@pytest.mark.parametrize('m', [1, 2])
def test_gradient(position: str, m: int) -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 4, 3, 3, generator=generator, dtype=torch.float64)

    def shift(x: Tensor) -> Tensor:
        return channel_shift(x, 3, position, num_orientations=m)

    assert torch.autograd.gradcheck(shift, x.requires_grad_())


@pytest.mark.parametrize('divisor', [2, 3, 5, 16])
@pytest.mark.parametrize('position', ['start', 'middle', 'end', 1])
def test_blocks_match_oracle(divisor: int, position: str | int) -> None:
    if position == 1 and divisor == 2:
        position = 0
    for positions in (16, 49, 100):
        masks = shift_blocks(positions, divisor, position)
        expected = oracle.shift_blocks(positions, divisor, position)
        for mask, block in zip(masks, expected, strict=True):
            assert mask.dtype == torch.bool
            assert mask.nonzero().flatten().tolist() == list(block)


def test_integer_position_may_use_the_rest() -> None:
    # 7 // 3 = 2: three blocks and one position over; block 1 and 2 fit.
    first, second = shift_blocks(7, 3, 1)
    assert first.nonzero().flatten().tolist() == [2, 3]
    assert second.nonzero().flatten().tolist() == [4, 5]
    # 11 // 4 = 2 leaves 3 over: the second block may lie after block 3.
    assert shift_blocks(11, 4, 3)[1].nonzero().flatten().tolist() == [8, 9]


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({'divisor': 1}, 'divisor=1 must be at least 2'),
        ({'divisor': 0}, 'divisor=0 must be at least 2'),
        (
            {'divisor': 13},
            '12 positions are fewer than divisor=13: the shift blocks are',
        ),
        (
            {'divisor': 4, 'position': 3},
            'position=3: the second block ends at 15, after the last of 12 '
            'positions (divisor=4, 3 positions a block)',
        ),
        ({'position': -1}, 'position=-1 must not be negative'),
        (
            {'position': 'begin'},
            "position='begin' must be one of ('start', 'middle', 'end', "
            "'stochastic') or a block index",
        ),
        (
            {'directions': ('right', 'up')},
            "directions=('right', 'up') must be two of ('right', 'left')",
        ),
        (
            {'directions': ('left',)},
            "directions=('left',) must be two of ('right', 'left')",
        ),
        (
            {'num_orientations': 4},
            'channels=6 is not divisible by num_orientations=4',
        ),
        (
            {'num_orientations': 0},
            'num_orientations=0 must be at least 1',
        ),
    ],
)
def test_errors(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        channel_shift(torch.zeros(1, 6, 3, 4), **arguments)
