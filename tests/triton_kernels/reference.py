"""Examples, and the dense form in float64 that they are compared with."""

import torch
import torch.nn.functional as F
from torch import Tensor

LAYERS = [  # C, O, k, stride, size: the layers of GResNet-18, made smaller
    (64, 16, 3, 1, 6),
    (64, 32, 3, 2, 7),
    (64, 32, 1, 2, 7),
    (128, 40, 3, 1, 3),
    (130, 33, 3, 2, 4),
]


def symmetric_bank(m: int, k: int) -> Tensor:
    """Numbers in [0, 1], equal at opposite taps, some of them zero."""
    bank = torch.rand(m, k, k)
    bank[torch.rand(m, k, k) < 0.2] = 0
    return torch.minimum(bank, bank.flip(1, 2)).contiguous()


def example(
    b: int, c: int, o: int, m: int, k: int, hw: tuple[int, int], seed: int = 0
) -> tuple[Tensor, Tensor, Tensor]:
    """Features, weight and bank."""
    torch.manual_seed(seed)
    return (
        torch.randn(b, c, *hw),
        torch.randn(o, c, k, k),
        symmetric_bank(m, k),
    )


def dense(
    x: Tensor,
    weight: Tensor,
    bank: Tensor,
    *,
    scale: Tensor | None = None,
    bias: Tensor | None = None,
    residual: Tensor | None = None,
    relu: bool = False,
    dtype: torch.dtype = torch.float64,
    **conv: int,
) -> Tensor:
    """K[o*M+u] = weight[o] * bank[u], an ordinary convolution, epilogue."""
    kernels = [w * b for w in weight.to(dtype) for b in bank.to(dtype)]
    y = F.conv2d(x.to(dtype), torch.stack(kernels), **conv)
    for tensor, combine in ((scale, torch.mul), (bias, torch.add)):
        if tensor is not None:
            y = combine(y, tensor.to(dtype).view(-1, 1, 1))
    if residual is not None:
        y = y + residual.to(dtype)
    return y.relu() if relu else y


def error(found: Tensor, expected: Tensor) -> float:
    """The largest difference over the largest value."""
    expected = expected.detach().double().cpu()
    difference = (found.detach().double().cpu() - expected).abs().max()
    return (difference / expected.abs().max().clamp(min=1e-3)).item()
