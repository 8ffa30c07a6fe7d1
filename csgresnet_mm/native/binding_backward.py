"""Calls the backward pass of the native kernel on torch tensors.

Letters: B batch, C input channels, O planes, M orientations, k kernel size,
H, W input size, OH, OW output size. Channel o*M + u of an output is
orientation u of plane o.
"""

import ctypes
import functools

import torch
from torch import Tensor

from csgresnet_mm.native.binding import library

_POINTER, _SIZE, _INT = ctypes.c_void_p, ctypes.c_int64, ctypes.c_int
_SIGNATURES = {
    'csg_backward_covers': (_INT, [_POINTER, *[_INT] * 4]),
    'csg_backward_bytes': (_SIZE, [*[_SIZE] * 5, *[_INT] * 7]),
    'csg_backward': (None, [*[_POINTER] * 7, *[_SIZE] * 5, *[_INT] * 6]),
}


@functools.cache
def _library() -> ctypes.CDLL | None:
    lib = library()
    if lib is None:
        return None
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


def backward_covers(
    bank: Tensor, *, stride: int, padding: int, dtype: torch.dtype
) -> bool:
    """Whether `backward` handles this convolution here.

    Args:
        bank: (M, k, k) float32 on the CPU; M must be 2, 4 or 8, k 1, 3 or 5,
            and bank[u, q] == bank[u, -q].
        stride: The stride of both axes, 1 or 2.
        padding: Zeros beside both axes, less than k.
        dtype: Of the input and of the output's gradient.
    """
    lib = _library()
    if lib is None or dtype not in (torch.float32, torch.bfloat16):
        return False
    m, k, width = bank.shape
    return k == width and bool(
        lib.csg_backward_covers(bank.data_ptr(), m, k, stride, padding)
    )


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

    Results are the same bits at every thread count. The caller has asked
    `backward_covers`; nothing is checked again here.

    Args:
        grad: Gradient of the output, (B, O*M, OH, OW), float32 or bfloat16;
            converted to channels-last memory if it is not.
        x: (B, C, H, W), dtype of grad, likewise converted.
        weight: (O, C, k, k) float32.
        bank: (M, k, k) float32, dense.
        stride: The stride of both axes.
        padding: Zeros beside both axes, less than k.
        need_input: Whether to compute the gradient of x.
        need_weight: Whether to compute the gradient of the weight.

    Returns:
        The gradient of x (dtype of x, channels-last) and that of the weight
        (float32, contiguous), None where not needed.
    """
    lib = _library()
    layout = torch.channels_last
    grad = grad.contiguous(memory_format=layout)
    x = x.contiguous(memory_format=layout)
    weight = weight.contiguous()
    b, c, h, w = x.shape
    m, k, _ = bank.shape
    half = x.dtype == torch.bfloat16
    sizes = (b, h, w, c, weight.shape[0], m, k, stride, padding, half)
    grad_x = torch.empty_like(x) if need_input else None
    grad_weight = torch.empty_like(weight) if need_weight else None
    size = lib.csg_backward_bytes(*sizes, need_input, need_weight)
    scratch = torch.empty(size, dtype=torch.uint8)
    lib.csg_backward(
        grad.data_ptr(),
        x.data_ptr(),
        weight.data_ptr(),
        bank.data_ptr(),
        None if grad_x is None else grad_x.data_ptr(),
        None if grad_weight is None else grad_weight.data_ptr(),
        scratch.data_ptr(),
        *sizes,
        torch.get_num_threads(),
    )
    return grad_x, grad_weight
