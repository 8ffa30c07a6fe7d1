"""Launches the Triton kernels on torch tensors.

Letters: B batch, C input channels, O planes, M orientations, k kernel size,
H, W input size, OH, OW output size. Channel o*M + u of an output is
orientation u of plane o.
"""

import torch
import triton
from torch import Tensor

from csgresnet_mm.triton_kernels.backward import input_kernel, weight_kernel
from csgresnet_mm.triton_kernels.forward import forward_kernel

LEAST_TILE = 16
"""Of every axis of ``tl.dot``."""

ACCUMULATORS = 8192
"""Float32 values that a program of 128 threads keeps: 64 a thread. Products
in full float32 take no tensor cores and twice the registers: half of it."""

PART = 4096
"""Positions in one float32 sum of the weight's gradient, at most."""


def _tile(size: int, most: int) -> int:
    """The least power of two that holds a size, within the limits."""
    return min(max(triton.next_power_of_2(size), LEAST_TILE), most)


def _precision(dtype: torch.dtype) -> str:
    """TF32 where torch's convolutions take it."""
    if dtype == torch.float32:
        switch = torch.backends.cudnn.conv.fp32_precision  # type: ignore
        return 'tf32' if switch == 'tf32' else 'ieee'
    return 'ieee'


def _widen(dtype: torch.dtype) -> bool:
    """Whether products are taken of float32: the interpreter's of bfloat16.

    numpy has no bfloat16, and the interpreter would multiply its bits.
    """
    return dtype == torch.bfloat16 and triton.knobs.runtime.interpret


def _out_size(size: int, k: int, stride: int, padding: int) -> int:
    return (size + 2 * padding - k) // stride + 1


def pack_weight(weight: Tensor, dtype: torch.dtype) -> Tensor:
    """Reorder a weight for `forward`.

    Args:
        weight: (O, C, k, k), any floating dtype.
        dtype: That of the inputs to come.

    Returns:
        (k*k, C, O), contiguous.
    """
    packed = weight.flatten(2).permute(2, 1, 0).to(dtype)
    return packed.contiguous()


def forward(
    x: Tensor,
    packed: Tensor,
    bank: Tensor,
    *,
    stride: int = 1,
    padding: int = 0,
    scale: Tensor | None = None,
    bias: Tensor | None = None,
    residual: Tensor | None = None,
    relu: bool = False,
) -> Tensor:
    """The Gabor convolution, with the layers that follow it.

    y = relu(scale * conv(x) + bias + residual), each part optional. Nothing
    is checked here: the bank must be point-symmetric.

    Args:
        x: (B, C, H, W) float32, float16 or bfloat16; converted to
            channels-last memory if it is not.
        packed: The weight, from `pack_weight` with the dtype of x.
        bank: (M, k, k) float32, dense; M is 2, 4 or 8, k is 1 or 3.
        stride: The stride of both axes.
        padding: Zeros beside both axes, less than k.
        scale: (O*M,) float32.
        bias: (O*M,) float32.
        residual: (B, O*M, OH, OW), dtype of x.
        relu: Whether negative results become zero.

    Returns:
        (B, O*M, OH, OW), dtype of x, channels-last.
    """
    layout = torch.channels_last
    x = x.contiguous(memory_format=layout)
    (b, c, h, w), (m, k, _) = x.shape, bank.shape
    planes = packed.shape[2]
    oh, ow = (_out_size(n, k, stride, padding) for n in (h, w))
    y = torch.empty(
        (b, planes * m, oh, ow),
        dtype=x.dtype,
        device=x.device,
        memory_format=layout,
    )
    if residual is not None:
        residual = residual.contiguous(memory_format=layout)
    block_o = _tile(planes, 32)
    precision = _precision(x.dtype)
    full = x.dtype == torch.float32 and precision == 'ieee'
    values = ACCUMULATORS // 2 if full else ACCUMULATORS
    block_p = max(values // (m * block_o), LEAST_TILE)
    positions = b * oh * ow
    grid = (triton.cdiv(positions, block_p), triton.cdiv(planes, block_o))
    with torch.cuda.device_of(x):
        forward_kernel[grid](
            x,
            packed,
            bank,
            scale,
            bias,
            residual,
            y,
            positions,
            h,
            w,
            oh,
            ow,
            c,
            planes,
            STRIDE=stride,
            PADDING=padding,
            M=m,
            K=k,
            HAS_SCALE=scale is not None,
            HAS_BIAS=bias is not None,
            HAS_RESIDUAL=residual is not None,
            RELU=relu,
            BLOCK_P=block_p,
            BLOCK_O=block_o,
            BLOCK_C=_tile(c, 64),
            PRECISION=precision,
            WIDEN=_widen(x.dtype),
        )
    return y


def backward(
    grad: Tensor,
    x: Tensor,
    weight: Tensor,
    bank: Tensor,
    *,
    stride: int = 1,
    padding: int = 0,
    need_input: bool = True,
    need_weight: bool = True,
) -> tuple[Tensor | None, Tensor | None]:
    """The gradients of the Gabor convolution.

    Results are the same bits in every run. Nothing is checked here.

    Args:
        grad: Gradient of the output, (B, O*M, OH, OW), dtype of x; converted
            to channels-last memory if it is not.
        x: (B, C, H, W), likewise converted.
        weight: (O, C, k, k).
        bank: (M, k, k) float32, dense.
        stride: The stride of both axes.
        padding: Zeros beside both axes.
        need_input: Whether to compute the gradient of x.
        need_weight: Whether to compute the gradient of the weight.

    Returns:
        The gradient of x (dtype of x, channels-last) and that of the weight
        (float32, contiguous), None where not needed.
    """
    layout = torch.channels_last
    grad = grad.to(x.dtype).contiguous(memory_format=layout)
    x = x.contiguous(memory_format=layout)
    with torch.cuda.device_of(x):
        return (
            _grad_input(grad, x, weight, bank, stride, padding)
            if need_input
            else None,
            _grad_weight(grad, x, weight, bank, stride, padding)
            if need_weight
            else None,
        )


def _grad_input(
    grad: Tensor,
    x: Tensor,
    weight: Tensor,
    bank: Tensor,
    stride: int,
    padding: int,
) -> Tensor:
    (b, c, h, w), (m, k, _) = x.shape, bank.shape
    planes = weight.shape[0]
    taps = weight.flatten(2).permute(2, 0, 1).to(x.dtype).contiguous()
    grad_x = torch.empty_like(x)
    positions = b * triton.cdiv(h, stride) * triton.cdiv(w, stride)
    block_p, block_c = 64, _tile(c, 64)
    grid = (
        triton.cdiv(positions, block_p),
        triton.cdiv(c, block_c),
        stride * stride,
    )
    input_kernel[grid](
        grad,
        taps,
        bank,
        grad_x,
        positions,
        h,
        w,
        *grad.shape[2:],
        c,
        planes,
        STRIDE=stride,
        PADDING=padding,
        M=m,
        K=k,
        BLOCK_P=block_p,
        BLOCK_O=_tile(planes, 32),
        BLOCK_C=block_c,
        PRECISION=_precision(x.dtype),
        WIDEN=_widen(x.dtype),
    )
    return grad_x


def _grad_weight(
    grad: Tensor,
    x: Tensor,
    weight: Tensor,
    bank: Tensor,
    stride: int,
    padding: int,
) -> Tensor:
    (planes, c, k, _), m = weight.shape, bank.shape[0]
    (b, _, oh, ow) = grad.shape
    positions = b * oh * ow
    block_o, block_c = _tile(planes, 32), _tile(c, 64)
    blocks = triton.cdiv(planes, block_o) * triton.cdiv(c, block_c)
    parts = triton.cdiv(positions, PART)
    found = torch.empty(
        (parts, k * k, planes, c), dtype=torch.float32, device=x.device
    )
    weight_kernel[(blocks, k * k, parts)](
        grad,
        x,
        bank,
        found,
        positions,
        *x.shape[2:],
        oh,
        ow,
        c,
        planes,
        PART,
        STRIDE=stride,
        PADDING=padding,
        M=m,
        K=k,
        BLOCK_P=64,
        BLOCK_O=block_o,
        BLOCK_C=block_c,
        PRECISION=_precision(x.dtype),
        WIDEN=_widen(x.dtype),
    )
    summed = found.sum(0).permute(1, 2, 0)  # (O, C, k*k)
    return summed.reshape(planes, c, k, k).contiguous()
