"""Random shapes against the dense form in float64.

CSGRESNET_FUZZ_SHAPES says how many; the release figure is of 10,000.
"""

import os
import random

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from csgresnet_mm.functional import filter_bank, gabor_conv2d

pytestmark = pytest.mark.compiler

SHAPES = int(os.environ.get('CSGRESNET_FUZZ_SHAPES', 300))


def draw(case: random.Random) -> tuple[Tensor, Tensor, Tensor, dict[str, int]]:
    k = case.choice([1, 3, 3, 3, 5])
    stride, padding = case.choice([1, 2]), case.randrange(k)
    least = max(1, k - 2 * padding)
    size = [case.randint(least, 36), case.randint(least, 36)]
    channels, planes = case.randint(1, 70), case.randint(1, 40)
    if case.random() < 0.05:
        channels = case.choice([256, 257, 512])
    m = case.choice([2, 4, 8])
    x = torch.randn(case.randint(1, 3), channels, *size)
    if case.random() < 0.5:
        x = x.contiguous(memory_format=torch.channels_last)
    weight = torch.randn(planes, channels, k, k)
    bank = filter_bank('gabor', (k, k), m).float()
    return x, weight, bank, dict(stride=stride, padding=padding)


def dense(
    x: Tensor,
    weight: Tensor,
    bank: Tensor,
    direction: Tensor,
    options: dict[str, int],
    dtype: torch.dtype,
) -> list[Tensor]:
    """Output and gradients, written out."""
    x = x.to(dtype).requires_grad_()
    weight = weight.to(dtype).requires_grad_()
    kernel = torch.einsum('ocyx,uyx->oucyx', weight, bank.to(dtype))
    y = F.conv2d(x, kernel.flatten(0, 1), **options)
    return [y, *torch.autograd.grad(y, (x, weight), direction.to(dtype))]


def error(found: Tensor, expected: Tensor) -> float:
    difference = (found.detach().double() - expected.detach()).abs().max()
    return float(difference / expected.detach().abs().max().clamp(min=1e-30))


def test_random_shapes() -> None:
    worst = dict.fromkeys(('output', 'input grad', 'weight grad'), 0.0)
    case = random.Random(0)
    for number in range(SHAPES):
        torch.manual_seed(number)
        x, weight, bank, options = draw(case)
        leaves = x.clone().requires_grad_(), weight.clone().requires_grad_()
        y = gabor_conv2d(*leaves, bank, execution='native', **options)
        direction = torch.randn(y.shape)
        found = [y, *torch.autograd.grad(y, leaves, direction)]
        args = x, weight, bank, direction, options
        expected = dense(*args, torch.float64)
        plain = dense(*args, torch.float32)
        for name, got, right, other in zip(
            worst, found, expected, plain, strict=True
        ):
            size = error(got, right)
            limit = 1e-6
            if name != 'output':
                limit = max(limit, error(other, right))
            assert size <= limit, (number, name, size, limit, x.shape, options)
            worst[name] = max(worst[name], size)
    print(f'{SHAPES} shapes, worst errors {worst}')
