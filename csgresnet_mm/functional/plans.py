"""Who computes a Gabor convolution: a kernel of ours, or torch.

One :func:`plan` decides, for the C++ kernel on the CPU as for the Triton
kernels on CUDA; the operator behind it takes only what a plan took. Letters as
in :mod:`csgresnet_mm.functional.gabor_conv`.
"""

import functools
from importlib.util import find_spec
from typing import Any, NamedTuple

import torch
from torch import Tensor

from csgresnet_mm import native
from csgresnet_mm.functional import (
    measured,
    operators,  # noqa: F401
    tracing,
)

_TRITON_DEVICE = 'cuda'
_NATIVE_DTYPES = (torch.float32, torch.bfloat16)
_TRITON_DTYPES = (torch.float32, torch.float16, torch.bfloat16)


@torch.compiler.assume_constant_result  # type: ignore[untyped-decorator]
def native_available() -> bool:
    """Whether the C++ kernel is or can be built here, see ``native``."""
    return native.library() is not None


@torch.compiler.assume_constant_result  # type: ignore[untyped-decorator]
def triton_available() -> bool:
    """Whether Triton is installed; it is not imported for that."""
    return find_spec('triton') is not None


@functools.cache
def _cached_native_covers(
    channels: int, bank: torch.Size, stride: int, padding: int, dtype: Any
) -> bool:
    sizes: dict[str, Any]
    sizes = {'stride': stride, 'padding': padding, 'dtype': dtype}
    return native.covers(
        channels, *bank[:2], **sizes
    ) and native.backward_covers(*bank[:2], **sizes)


@torch.compiler.assume_constant_result  # type: ignore[untyped-decorator]
def _native_covers(
    channels: int, bank: torch.Size, stride: int, padding: int, dtype: Any
) -> bool:
    """Whether the C++ kernel has these sizes, forward and backward.

    Apart from its cached part, which torch.compile would trace.
    """
    return _cached_native_covers(channels, bank, stride, padding, dtype)


@torch.compiler.assume_constant_result  # type: ignore[untyped-decorator]
def _is_symmetric(bank: Tensor) -> bool:
    return torch.equal(bank, bank.flip(1, 2))


class Plan(NamedTuple):
    """A Gabor convolution that a kernel of ours computes.

    Args:
        stride: Of both axes.
        padding: Zeros on each side of both axes.
        dtype: Of the input and the output; autocast decides it where on.
    """

    stride: int
    padding: int
    dtype: torch.dtype

    def convolve(self, x: Tensor, weight: Tensor, bank: Tensor) -> Tensor:
        """Give the convolution.

        Args:
            x: Shape (B, C_in, H, W).
            weight: Shape (O, C_in, k, k).
            bank: Shape (M, k, k).

        Returns:
            Shape (B, O*M, H_out, W_out), channels-last in memory.
        """
        y: Tensor = torch.ops.csgresnet_mm.gabor_conv2d(
            x.to(self.dtype), weight, bank, self.stride, self.padding
        )
        return y

    def pack(self, weight: Tensor, bank: Tensor) -> Tensor:
        """Reorder a weight for :meth:`convolve_fused` on this machine.

        Args:
            weight: Shape (O, C_in, k, k).
            bank: Shape (M, k, k).

        Returns:
            What the kernel of the weight's device takes, not for saving.
        """
        if weight.device.type == _TRITON_DEVICE:
            from csgresnet_mm import triton_kernels  # needs Triton

            return triton_kernels.pack_weight(weight.detach(), weight.dtype)
        return native.pack_weight(
            weight.detach().float(), bank.shape[0], weight.dtype
        )

    def convolve_fused(
        self,
        x: Tensor,
        weight: Tensor,
        packed: Tensor,
        bank: Tensor,
        scale: Tensor,
        bias: Tensor,
        residual: Tensor | None,
        relu: bool,
    ) -> Tensor:
        """Give relu(scale * convolution + bias + residual), no gradient.

        Args:
            x: Shape (B, C_in, H, W).
            weight: Shape (O, C_in, k, k).
            packed: The weight from :meth:`pack`.
            bank: Shape (M, k, k).
            scale: A factor for each channel, shape (O*M,).
            bias: Added to each channel, shape (O*M,).
            residual: Added to the output, shape (B, O*M, H_out, W_out), or
                None.
            relu: Whether to rectify.

        Returns:
            Shape (B, O*M, H_out, W_out), channels-last in memory.
        """
        if residual is not None:
            residual = residual.to(self.dtype)
        y: Tensor = torch.ops.csgresnet_mm.gabor_conv2d_fused(
            x.to(self.dtype),
            weight,
            packed,
            bank,
            scale,
            bias,
            residual,
            self.stride,
            self.padding,
            relu,
        )
        return y


def plan(
    execution: str,
    x: Tensor,
    weight: Tensor,
    bank: Tensor,
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int] = (1, 1),
    padding_mode: str = 'zeros',
    symmetric: bool | None = None,
) -> Plan | None:
    """Decide whether a kernel of ours computes this convolution.

    ``native`` does on the CPU, in float32 and bfloat16, for kernels of 1, 3
    and 5; ``triton`` on CUDA, in float32, float16 and bfloat16, for kernels of
    1 and 3. Both take square kernels, strides 1 and 2, zeros as padding, M of
    2, 4 and 8 and a point-symmetric bank without gradient; neither where
    :func:`csgresnet_mm.functional.tracing.needs_torch_form`. ``auto`` takes
    either where it was measured faster.

    Args:
        execution: One of ``EXECUTIONS``.
        x: Shape (B, C_in, H, W).
        weight: Shape (O, C_in, h, w).
        bank: Shape (M, h, w).
        stride: (vertical, horizontal).
        padding: (vertical, horizontal).
        dilation: (vertical, horizontal).
        padding_mode: As in ``nn.Conv2d``.
        symmetric: Whether bank[u, q] == bank[u, -q], where the caller knows;
            None looks at the values, on CUDA in eager mode only. A graph
            compiled for the CPU remembers what it saw.

    Returns:
        A plan, or None where torch computes it.
    """
    kernel_size = bank.shape[1]
    if (
        execution not in ('auto', 'native', 'triton')
        # before a dynamic size is looked at
        or tracing.needs_torch_form(x, weight, bank)
        or x.device.type not in ('cpu', _TRITON_DEVICE)
        or padding_mode != 'zeros'
        or stride not in ((1, 1), (2, 2))
        or dilation != (1, 1)
        or bank.shape[0] not in (2, 4, 8)
        or kernel_size != bank.shape[2]
        or not padding[0] == padding[1] < kernel_size
        or bank.requires_grad
        or x.shape[1] != weight.shape[1]
        or x.device.type != weight.device.type
        or min(x.shape[2:]) + 2 * padding[0] < kernel_size
        or x.numel() == 0
    ):
        return None
    dtype = x.dtype
    if torch.is_autocast_enabled(x.device.type):
        if torch.float64 in (dtype, weight.dtype):
            return None
        dtype = torch.get_autocast_dtype(x.device.type)
    elif dtype != weight.dtype:
        return None
    wanted = Plan(stride[0], padding[0], dtype)
    if x.device.type == _TRITON_DEVICE:
        taken = _triton_takes(execution, wanted, x, weight, bank, symmetric)
    else:
        taken = _native_takes(execution, wanted, x, weight, bank, symmetric)
    return wanted if taken else None


def _native_takes(
    execution: str,
    wanted: Plan,
    x: Tensor,
    weight: Tensor,
    bank: Tensor,
    symmetric: bool | None,
) -> bool:
    if (
        not x.is_cpu
        or execution == 'triton'
        or x.dtype not in _NATIVE_DTYPES
        or weight.dtype not in _NATIVE_DTYPES
        or (
            execution == 'auto'
            and not _native_is_faster(weight, bank, wanted.dtype)
        )
        or not native_available()
    ):
        return False
    return _native_covers(weight.shape[1], bank.shape, *wanted) and (
        _is_symmetric(bank) if symmetric is None else symmetric
    )


def _native_is_faster(
    weight: Tensor, bank: Tensor, dtype: torch.dtype
) -> bool:
    """Whether the C++ kernel, where it covers a layer, beats the dense form.

    Without gradient it does in every layer of GResNet-18. With gradient and in
    float32 it does from 64 channels in 1x1 kernels (0.97 alone, 1.3 at 128;
    ``python tools/benchmark.py --sections layers``, AVX-512, 2 threads) and in
    others. A stem, which shares nothing, has 0.7 of the dense form's speed,
    but what follows a channels-last one is faster: 1.08 of the whole step at
    batch 16 and 48 pixels, 1.06 at batch 64.

    In bfloat16 it does from 64 channels in 1x1 kernels (1.9) and from 32 in
    others (1.5; 0.7 at 16), and in stems: 1.05 of the whole step. AVX512-BF16,
    1 thread, training at batches 4 and 64, M of 2, 4 and 8.
    """
    if not (torch.is_grad_enabled() and weight.requires_grad):
        return True
    (channels, size) = weight.shape[1:3]
    if size == 1:
        return channels >= 64
    is_stem = channels < bank.shape[0]
    return dtype == torch.float32 or is_stem or channels >= 32


def _triton_takes(
    execution: str,
    wanted: Plan,
    x: Tensor,
    weight: Tensor,
    bank: Tensor,
    symmetric: bool | None,
) -> bool:
    if (
        execution == 'native'
        or bank.shape[1] not in (1, 3)
        or x.dtype not in _TRITON_DTYPES
        or weight.dtype not in _TRITON_DTYPES
        or not triton_available()
        or (
            execution == 'auto'
            and not measured.is_faster(x, weight, bank, *wanted)
        )
    ):
        return False
    if symmetric is None:  # the operator would have to wait for the card
        return not torch.compiler.is_compiling() and _is_symmetric(bank)
    return symmetric
