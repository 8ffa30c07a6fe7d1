"""The binding of the native kernel to torch tensors, through ctypes.

Letters: B batch, C input channels, O planes, M orientations, k kernel size,
H, W input size, OH, OW output size. Channel o*M + u of an output is
orientation u of plane o.
"""

import ctypes
import functools

import torch
from torch import Tensor

from csgresnet_mm.native.build import LOGGER, BuildError, build

_POINTER, _SIZE, _INT = ctypes.c_void_p, ctypes.c_int64, ctypes.c_int
PLANAR = 4
"""Images of so few channels are read as (B, C, H, W), too."""

_DTYPES = (torch.float32, torch.bfloat16)
_SIGNATURES = {
    'csg_packed_bytes': (_SIZE, [_SIZE, _SIZE, _INT, _INT]),
    'csg_pack': (None, [_POINTER, *[_SIZE] * 2, *[_INT] * 3, _POINTER, _INT]),
    'csg_covers': (_INT, [_SIZE, *[_INT] * 5]),
    'csg_is_symmetric': (_INT, [_POINTER, *[_INT] * 2]),
    'csg_forward': (None, [*[_POINTER] * 7, *[_SIZE] * 5, *[_INT] * 8]),
    'csg_forward_chain': (None, [_POINTER, _INT, _POINTER, _SIZE, _INT, _INT]),
    'csg_backward_covers': (_INT, [*[_INT] * 4]),
    'csg_backward_bytes': (_SIZE, [*[_SIZE] * 5, *[_INT] * 7]),
    'csg_backward': (None, [*[_POINTER] * 7, *[_SIZE] * 5, *[_INT] * 6]),
}


@functools.cache
def library() -> ctypes.CDLL | None:
    """The native library, built and loaded at the first call.

    Returns:
        The library, or None where it cannot be built or loaded: that is
        logged once and remembered for the life of the process.
    """
    try:
        loaded = ctypes.CDLL(str(build()))
    except (BuildError, OSError) as error:
        LOGGER.warning('native kernel not available, using torch: %s', error)
        return None
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(loaded, name)
        function.restype, function.argtypes = result, arguments
    return loaded


def covers(
    in_channels: int,
    num_orientations: int,
    kernel_size: int,
    *,
    stride: int,
    padding: int,
    dtype: torch.dtype,
) -> bool:
    """Whether `forward` handles these sizes here, with a symmetric bank.

    Args:
        in_channels: C.
        num_orientations: M.
        kernel_size: k, of both axes.
        stride: The stride of both axes.
        padding: Zeros beside both axes.
        dtype: Of the input and the output.
    """
    lib = library()
    if lib is None or dtype not in _DTYPES:
        return False
    sizes = (in_channels, num_orientations, kernel_size, stride, padding)
    return bool(lib.csg_covers(*sizes, dtype == torch.bfloat16))


def backward_covers(
    num_orientations: int,
    kernel_size: int,
    *,
    stride: int,
    padding: int,
    dtype: torch.dtype,
) -> bool:
    """Whether `backward` handles these sizes here, with a symmetric bank.

    Args:
        num_orientations: M; it must be 2, 4 or 8.
        kernel_size: k, of both axes; it must be 1, 3 or 5.
        stride: The stride of both axes, 1 or 2.
        padding: Zeros beside both axes, less than k.
        dtype: Of the input and of the output's gradient.
    """
    lib = library()
    if lib is None or dtype not in _DTYPES:
        return False
    sizes = (num_orientations, kernel_size, stride, padding)
    return bool(lib.csg_backward_covers(*sizes))


def is_symmetric(bank: Tensor) -> bool:
    """Whether bank[u, q] == bank[u, -q], which the kernel needs.

    Args:
        bank: (M, k, k) float32, dense, on the CPU.
    """
    return bool(library().csg_is_symmetric(bank.data_ptr(), *bank.shape[:2]))


def pack_weight(
    weight: Tensor, num_orientations: int, dtype: torch.dtype
) -> Tensor:
    """Reorder a weight for this machine's vectors; not for saving.

    Args:
        weight: (O, C, k, k) float32 on the CPU.
        num_orientations: M.
        dtype: float32 or bfloat16, that of the inputs to come.

    Returns:
        A byte buffer for `forward`.
    """
    lib = library()
    weight = weight.contiguous()  # kept alive until the call is over
    planes, channels, k, _ = weight.shape
    half = dtype == torch.bfloat16
    size = lib.csg_packed_bytes(planes, channels, k, half)
    packed = torch.empty(size, dtype=torch.uint8)
    lib.csg_pack(
        weight.data_ptr(),
        planes,
        channels,
        num_orientations,
        k,
        half,
        packed.data_ptr(),
        torch.get_num_threads(),
    )
    return packed


def forward(
    x: Tensor,
    packed: Tensor,
    bank: Tensor,
    out_channels: int,
    *,
    stride: int = 1,
    padding: int = 0,
    scale: Tensor | None = None,
    bias: Tensor | None = None,
    residual: Tensor | None = None,
    relu: bool = False,
) -> Tensor:
    """The Gabor convolution, with the layers that follow it.

    y = relu(scale * conv(x) + bias + residual), each part optional. The
    caller has asked `covers` and `is_symmetric`; nothing is checked here.

    Args:
        x: (B, C, H, W) float32 or bfloat16; converted to channels-last
            memory if it is not.
        packed: The weight, from `pack_weight` with the dtype of x.
        bank: (M, k, k) float32, dense.
        out_channels: O*M.
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
    b, c, h, w = x.shape
    m, k, _ = bank.shape
    planar = c <= PLANAR and k > 1 and x.is_contiguous()
    if not planar:
        x = x.contiguous(memory_format=layout)
    y = torch.empty(
        (
            b,
            out_channels,
            (h + 2 * padding - k) // stride + 1,
            (w + 2 * padding - k) // stride + 1,
        ),
        dtype=x.dtype,
        memory_format=layout,
    )
    if residual is not None:
        residual = residual.contiguous(memory_format=layout)
    library().csg_forward(
        x.data_ptr(),
        packed.data_ptr(),
        bank.data_ptr(),
        None if scale is None else scale.data_ptr(),
        None if bias is None else bias.data_ptr(),
        None if residual is None else residual.data_ptr(),
        y.data_ptr(),
        b,
        h,
        w,
        c,
        out_channels // m,
        m,
        k,
        stride,
        padding,
        relu,
        x.dtype == torch.bfloat16,
        planar,
        torch.get_num_threads(),
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

    Results are the same bits at every thread count. The caller has asked
    `backward_covers` and `is_symmetric`; nothing is checked here.

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
    lib = library()
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
