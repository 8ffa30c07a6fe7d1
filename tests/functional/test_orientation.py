"""The channel order c = plane * M + u, checked channel by channel."""

import re
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from csgresnet_mm.functional import (
    check_channels,
    expand_orientations,
    max_over_orientations,
    merge_orientations,
    split_orientations,
    sum_expanded_kernel,
)

from ..oracle import network_reference
from ..oracle.gabor_reference import repeat_channels


def random_tensor(*shape: int) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize('spatial', [(), (3, 5)])
@pytest.mark.parametrize('m', [1, 2, 4])
def test_split_reads_orientation_fastest(
    m: int, spatial: tuple[int, ...]
) -> None:
    x = random_tensor(2, 8, *spatial)
    split = split_orientations(x, m)
    assert split.shape == (2, 8 // m, m, *spatial)
    for plane in range(8 // m):
        for u in range(m):
            assert torch.equal(split[:, plane, u], x[:, plane * m + u])
    assert torch.equal(merge_orientations(split), x)
    assert split.data_ptr() == x.data_ptr()


def test_expand_repeats_each_channel_in_place() -> None:
    x = random_tensor(2, 3, 4, 5)
    expanded = expand_orientations(x, 4)
    for channel in range(12):
        assert torch.equal(expanded[:, channel], x[:, channel // 4])
    expected = repeat_channels(x.numpy(), 4)
    np.testing.assert_array_equal(expanded.numpy(), expected)


def test_sum_expanded_kernel_sums_the_copies_of_a_channel() -> None:
    weight = random_tensor(2, 12, 3, 3)
    summed = sum_expanded_kernel(weight, 4)
    assert summed.shape == (2, 3, 3, 3)
    for channel in range(3):
        expected = sum(weight[:, channel * 4 + n] for n in range(4))
        torch.testing.assert_close(summed[:, channel], expected)


def test_summed_kernel_equals_literal_expansion() -> None:
    x, weight = random_tensor(2, 3, 6, 7), random_tensor(5, 12, 3, 3)
    literal = torch.conv2d(expand_orientations(x, 4), weight)
    torch.testing.assert_close(
        torch.conv2d(x, sum_expanded_kernel(weight, 4)), literal
    )


@pytest.mark.parametrize('spatial', [(), (3, 5)])
def test_max_is_over_the_orientations_of_a_plane(
    spatial: tuple[int, ...],
) -> None:
    x = -random_tensor(2, 12, *spatial).abs()
    pooled = max_over_orientations(x, 4)
    expected = network_reference.orientation_max(x.numpy(), 4)
    np.testing.assert_array_equal(pooled.numpy(), expected)


@pytest.mark.parametrize(
    'function',
    [
        lambda x: merge_orientations(split_orientations(x, 4)),
        lambda x: expand_orientations(x, 4),
        lambda x: sum_expanded_kernel(x, 4),
        lambda x: max_over_orientations(x, 4),
    ],
)
def test_gradients(function: Callable[[Tensor], Tensor]) -> None:
    x = random_tensor(2, 8, 2, 3)
    assert torch.autograd.gradcheck(function, x.requires_grad_())


@pytest.mark.parametrize(
    'function',
    [
        lambda x: split_orientations(x, 4),
        lambda x: expand_orientations(x, 4),
        lambda x: max_over_orientations(x, 4),
    ],
)
def test_channels_last_gives_the_same(
    function: Callable[[Tensor], Tensor],
) -> None:
    x = random_tensor(2, 8, 3, 5)
    permuted = x.to(memory_format=torch.channels_last)
    assert torch.equal(function(permuted), function(x))


def test_check_channels() -> None:
    assert check_channels(512, 4) == 128
    with pytest.raises(
        ValueError, match='channels=6 is not divisible by num_orientations=4'
    ):
        check_channels(6, 4)
    message = 'out_channels=6 is not divisible by num_orientations=4'
    with pytest.raises(ValueError, match=re.escape(message)):
        check_channels(6, 4, 'out_channels')
    with pytest.raises(ValueError, match='num_orientations=0 must be at'):
        check_channels(6, 0)


@pytest.mark.parametrize(
    'function',
    [split_orientations, sum_expanded_kernel, max_over_orientations],
)
def test_indivisible_channels_raise(
    function: Callable[[Tensor, int], Tensor],
) -> None:
    with pytest.raises(ValueError, match='channels=6 is not divisible by'):
        function(torch.zeros(1, 6, 2, 2), 4)
