"""The Gabor convolution against the loop oracle."""

import re
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from csgresnet_mm.functional import (
    expand_orientations,
    gabor_conv2d,
    gabor_filter_bank,
    sum_expanded_kernel,
)

from ..oracle import gabor_reference as oracle

NUMPY_MODE = {
    'zeros': 'constant',
    'reflect': 'reflect',
    'replicate': 'edge',
    'circular': 'wrap',
}


def one_or_two(numbers: st.SearchStrategy[int]) -> st.SearchStrategy[Any]:
    """A number, or a pair of numbers."""
    return st.one_of(numbers, st.tuples(numbers, numbers))


options = st.fixed_dictionaries(
    {
        'stride': one_or_two(st.integers(1, 3)),
        'padding': one_or_two(st.integers(0, 3)),
        'dilation': one_or_two(st.integers(1, 2)),
        'padding_mode': st.sampled_from(sorted(NUMPY_MODE)),
    }
)


def random_tensor(
    *shape: int, seed: int = 0, dtype: torch.dtype = torch.float64
) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=dtype)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 4)),
    m=st.integers(1, 4),
    planes=st.integers(1, 2),
    with_bias=st.booleans(),
    dtype=st.sampled_from([torch.float64, torch.float32]),
    options=options,
)
def test_matches_oracle(
    kernel: tuple[int, int],
    m: int,
    planes: int,
    with_bias: bool,
    dtype: torch.dtype,
    options: dict[str, Any],
) -> None:
    x = random_tensor(2, 2 * m, 7, 8, dtype=dtype)
    weight = random_tensor(planes, 2 * m, *kernel, seed=1, dtype=dtype)
    bank = gabor_filter_bank(kernel, m).to(dtype)
    bias = random_tensor(planes, seed=2, dtype=dtype) if with_bias else None
    found = gabor_conv2d(x, weight, bank, bias, **options)
    mode = NUMPY_MODE[options.pop('padding_mode')]
    expected = oracle.gabor_conv(
        x.double().numpy(),
        weight.double().numpy(),
        bank.double().numpy(),
        None if bias is None else bias.double().numpy(),
        mode=mode,
        **options,
    )
    assert found.dtype == dtype
    tolerance = 1e-12 if dtype == torch.float64 else 1e-4
    np.testing.assert_allclose(found.numpy(), expected, rtol=0, atol=tolerance)


def test_expansion_equals_literal_repetition() -> None:
    x = random_tensor(2, 3, 7, 6)
    weight = random_tensor(2, 12, 5, 5, seed=1)
    bank = gabor_filter_bank((5, 5))
    summed = gabor_conv2d(
        x, sum_expanded_kernel(weight, 4), bank, stride=2, padding=2
    )
    literal = gabor_conv2d(
        expand_orientations(x, 4), weight, bank, stride=2, padding=2
    )
    torch.testing.assert_close(summed, literal)
    expected = oracle.gabor_conv(
        x.numpy(),
        weight.numpy(),
        bank.numpy(),
        stride=2,
        padding=2,
        expand=True,
    )
    np.testing.assert_allclose(summed.numpy(), expected, rtol=0, atol=1e-12)


def test_one_by_one_repeats_each_plane() -> None:
    x, weight = random_tensor(2, 8, 5, 5), random_tensor(3, 8, 1, 1, seed=1)
    out = gabor_conv2d(x, weight, gabor_filter_bank((1, 1)), stride=2)
    plain = torch.conv2d(x, weight, stride=2)
    torch.testing.assert_close(out, plain.repeat_interleave(4, 1))


def test_channels_last_gives_the_same_in_that_format() -> None:
    x = random_tensor(2, 8, 7, 5)
    weight, bank = random_tensor(4, 8, 3, 3, seed=1), gabor_filter_bank((3, 3))
    for mode in NUMPY_MODE:
        expected = gabor_conv2d(x, weight, bank, padding=1, padding_mode=mode)
        found = gabor_conv2d(
            x.to(memory_format=torch.channels_last),
            weight.to(memory_format=torch.channels_last),
            bank,
            padding=1,
            padding_mode=mode,
        )
        torch.testing.assert_close(found, expected)
        assert found.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize('mode', sorted(NUMPY_MODE))
def test_gradients(mode: str) -> None:
    def convolve(*tensors: Tensor) -> Tensor:
        return gabor_conv2d(
            *tensors, stride=(1, 2), padding=(2, 1), padding_mode=mode
        )

    tensors = (
        random_tensor(2, 4, 4, 5),
        random_tensor(1, 4, 3, 2, seed=1),
        random_tensor(2, 3, 2, seed=2),
        random_tensor(1, seed=3),
    )
    tensors = tuple(tensor.requires_grad_() for tensor in tensors)
    assert torch.autograd.gradcheck(convolve, tensors)


def test_errors() -> None:
    x, weight = torch.zeros(1, 4, 5, 5), torch.zeros(1, 4, 3, 3)
    message = re.escape("padding_mode='same' must be one of ('zeros', ")
    with pytest.raises(ValueError, match=message):
        gabor_conv2d(x, weight, torch.ones(4, 3, 3), padding_mode='same')
    message = re.escape('(1, 4, 3, 3) and bank of shape (4, 1, 3)')
    with pytest.raises(ValueError, match=message):
        gabor_conv2d(x, weight, torch.ones(4, 1, 3))
