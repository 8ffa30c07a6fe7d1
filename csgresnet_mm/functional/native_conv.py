"""When the C++ kernel computes a Gabor convolution, and its calls.

Letters as in :mod:`csgresnet_mm.functional.gabor_conv`.
"""

import torch
from torch import Tensor

from csgresnet_mm import native
from csgresnet_mm.functional import native_ops  # noqa: F401

_DTYPES = {torch.float32, torch.bfloat16}


@torch.compiler.assume_constant_result  # type: ignore[untyped-decorator]
def available() -> bool:
    """Whether the C++ kernel is or can be built here, see ``native``."""
    return native.library() is not None


def _exporting() -> bool:
    """Whether torch.export traces; before torch 2.7, or torch.compile."""
    if hasattr(torch.compiler, 'is_exporting'):
        return torch.compiler.is_exporting()
    return torch.compiler.is_compiling()


def _autocast(x: Tensor) -> Tensor:
    """X in the dtype that autocast, where it is on, gives a convolution."""
    device = x.device.type
    if torch.is_autocast_enabled(device) and x.dtype != torch.float64:
        return x.to(torch.get_autocast_dtype(device))
    return x


def covers(
    x: Tensor,
    weight: Tensor,
    bank: Tensor,
    stride: tuple[int, int],
    padding: tuple[int, int],
) -> bool:
    """Whether the C++ kernel computes this convolution.

    It does on the CPU, in float32 and bfloat16, for square kernels of 1, 3
    and 5, strides 1 and 2, M of 2, 4 and 8, and a bank without gradient.

    Args:
        x: Shape (B, C_in, H, W).
        weight: Shape (O, C_in, k, k).
        bank: Shape (M, k, k).
        stride: (vertical, horizontal).
        padding: (vertical, horizontal) zeros on each side.

    Returns:
        Whether :func:`gabor_conv2d` may be called.
    """
    (orientations, height, width) = bank.shape
    return (
        weight.device.type == 'cpu'
        and x.shape[1] == weight.shape[1]
        and height == width
        and height in (1, 3, 5)
        and orientations in (2, 4, 8)
        and stride in ((1, 1), (2, 2))
        and padding[0] == padding[1] < height
        and not bank.requires_grad
        and covers_input(x, weight.dtype, height, padding[0])
        and available()
    )


def covers_input(
    x: Tensor, dtype: torch.dtype, kernel_size: int, padding: int
) -> bool:
    """The part of :func:`covers` that depends on the input.

    Args:
        x: Shape (B, C_in, H, W).
        dtype: Of the weight.
        kernel_size: Of both axes.
        padding: Zeros on each side of both axes.

    Returns:
        Whether the C++ kernel takes it, if it takes the layer.
    """
    if not x.is_cpu or _exporting():
        return False
    if torch.is_autocast_enabled('cpu'):
        taken = {x.dtype, dtype, torch.get_autocast_dtype('cpu')}
    elif x.dtype == dtype:
        taken = {dtype}
    else:
        return False
    (height, width) = x.shape[2:]
    return (
        taken <= _DTYPES
        and min(height, width) + 2 * padding >= kernel_size
        and x.numel() > 0
    )


def is_faster(weight: Tensor, bank: Tensor) -> bool:
    """Whether the C++ kernel, where it covers a layer, beats the dense form.

    Without gradient it does in every layer of GResNet-18. With gradient it
    does not in stems, which share nothing (0.7 of the dense form's speed),
    and in 1x1 kernels of few channels (0.97 at 64, 1.3 at 128 channels).
    Measured by ``python tools/benchmark.py --sections layers``: fp32, AVX-512,
    2 threads, batches 1, 8 and 32, training at batch 16.

    Args:
        weight: Shape (O, C_in, k, k).
        bank: Shape (M, k, k).

    Returns:
        What ``execution='auto'`` takes.
    """
    if not (torch.is_grad_enabled() and weight.requires_grad):
        return True
    (channels, size) = weight.shape[1:3]
    return channels >= (128 if size == 1 else bank.shape[0])


def gabor_conv2d(
    x: Tensor, weight: Tensor, bank: Tensor, stride: int, padding: int
) -> Tensor:
    """Gabor convolution by the C++ kernel; the caller has asked `covers`.

    Args:
        x: Shape (B, C_in, H, W).
        weight: Shape (O, C_in, k, k).
        bank: Shape (M, k, k).
        stride: Stride of both axes.
        padding: Zeros on each side of both axes.

    Returns:
        Shape (B, O*M, H_out, W_out), channels-last in memory.
    """
    y: Tensor = torch.ops.csgresnet_mm.gabor_conv2d(
        _autocast(x), weight, bank, stride, padding
    )
    return y


def pack(
    weight: Tensor,
    bank: Tensor,
    stride: tuple[int, int],
    padding: tuple[int, int],
) -> Tensor:
    """Reorder a weight for :func:`gabor_conv2d_fused` on this machine.

    Args:
        weight: Shape (O, C_in, k, k).
        bank: Shape (M, k, k).
        stride: (vertical, horizontal).
        padding: (vertical, horizontal) zeros on each side.

    Returns:
        Bytes, not for saving; none where the C++ kernel does not cover it.
    """
    image = weight.new_empty((1, weight.shape[1], *weight.shape[2:]))
    if covers(image, weight, bank, stride, padding) and native.covers(
        bank.float().contiguous(),
        weight.shape[1],
        stride=stride[0],
        padding=padding[0],
        dtype=weight.dtype,
    ):
        return native.pack_weight(
            weight.detach().float(), bank.shape[0], weight.dtype
        )
    return torch.empty(0, dtype=torch.uint8, device=weight.device)


def gabor_conv2d_fused(
    x: Tensor,
    weight: Tensor,
    packed: Tensor,
    bank: Tensor,
    scale: Tensor,
    bias: Tensor,
    residual: Tensor | None,
    stride: int,
    padding: int,
    relu: bool,
) -> Tensor:
    """Gabor convolution with what follows it; without gradient.

    Args:
        x: Shape (B, C_in, H, W).
        weight: Shape (O, C_in, k, k).
        packed: The weight from :func:`pack`.
        bank: Shape (M, k, k).
        scale: A factor for each channel, shape (O*M,).
        bias: Added to each channel, shape (O*M,).
        residual: Added to the output, shape (B, O*M, H_out, W_out), or None.
        stride: Stride of both axes.
        padding: Zeros on each side of both axes.
        relu: Whether to rectify.

    Returns:
        Shape (B, O*M, H_out, W_out), channels-last in memory.
    """
    y: Tensor = torch.ops.csgresnet_mm.gabor_conv2d_fused(
        _autocast(x),
        weight,
        packed,
        bank,
        scale,
        bias,
        None if residual is None else _autocast(residual),
        stride,
        padding,
        relu,
    )
    return y
