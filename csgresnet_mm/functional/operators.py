"""Our kernels as operators of torch.

``torch.ops.csgresnet_mm.gabor_conv2d`` is the C++ kernel on the CPU and the
Triton kernels on CUDA. It has a fake kernel, a backward, a double backward and
a FLOP formula, so that torch.compile, autocast and FLOP counters see it. It
takes what :func:`csgresnet_mm.functional.plans.plan` took. Letters as in
:mod:`csgresnet_mm.functional.gabor_conv`.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.library import infer_schema

from csgresnet_mm import native
from csgresnet_mm.functional import flops
from csgresnet_mm.functional.factorised import factorised_conv2d
from csgresnet_mm.functional.gabor import modulate

_LIBRARY = torch.library.Library('csgresnet_mm', 'DEF')


def _native_bank(bank: Tensor) -> Tensor:
    """The bank as the C++ kernel takes it.

    A plan has looked at it already; but a compiled graph may meet another.
    """
    bank = bank.float().contiguous()
    if not native.is_symmetric(bank):
        raise ValueError(
            f'bank of shape {tuple(bank.shape)} is not point-symmetric, '
            'expected bank[u, q] == bank[u, -q], as in the call that this '
            "graph was compiled for, or execution='dense'"
        )
    return bank


def _fused(
    x: Tensor,
    weight: Tensor,
    packed: Tensor | None,
    bank: Tensor,
    scale: Tensor | None,
    bias: Tensor | None,
    residual: Tensor | None,
    stride: int,
    padding: int,
    relu: bool,
) -> Tensor:
    orientations = bank.shape[0]
    if packed is not None and packed.numel() and x.dtype == weight.dtype:
        bank = bank.float()  # looked at before the weight was packed
    else:
        bank = _native_bank(bank)
        packed = native.pack_weight(weight.float(), orientations, x.dtype)
    return native.forward(
        x,
        packed,
        bank,
        weight.shape[0] * orientations,
        stride=stride,
        padding=padding,
        scale=None if scale is None else scale.float(),
        bias=None if bias is None else bias.float(),
        residual=residual,
        relu=relu,
    )


def _fused_triton(
    x: Tensor,
    weight: Tensor,
    packed: Tensor | None,
    bank: Tensor,
    *rest: Any,
) -> Tensor:
    from csgresnet_mm import triton_kernels  # needs Triton

    (scale, bias, residual, stride, padding, relu) = rest
    if packed is None or packed.numel() == 0 or x.dtype != weight.dtype:
        packed = triton_kernels.pack_weight(weight, x.dtype)
    return triton_kernels.forward(
        x,
        packed,
        bank.float().contiguous(),
        stride=stride,
        padding=padding,
        scale=None if scale is None else scale.float(),
        bias=None if bias is None else bias.float(),
        residual=residual,
        relu=relu,
    )


def _forward_triton(
    x: Tensor, weight: Tensor, bank: Tensor, stride: int, padding: int
) -> Tensor:
    nothing = (None, None, None)
    return _fused_triton(
        x, weight, None, bank, *nothing, stride, padding, False
    )


def _forward(
    x: Tensor, weight: Tensor, bank: Tensor, stride: int, padding: int
) -> Tensor:
    nothing = (None, None, None)
    return _fused(x, weight, None, bank, *nothing, stride, padding, False)


def _forward_fake(
    x: Tensor, weight: Tensor, bank: Tensor, stride: int, padding: int
) -> Tensor:
    (height, width) = (
        (size + 2 * padding - weight.shape[-1]) // stride + 1
        for size in x.shape[2:]
    )
    channels = weight.shape[0] * bank.shape[0]
    y = x.new_empty((x.shape[0], channels, height, width))
    return y.contiguous(memory_format=torch.channels_last)


def _fused_fake(
    x: Tensor, weight: Tensor, packed: Tensor, bank: Tensor, *rest: Any
) -> Tensor:
    (stride, padding) = rest[3:5]
    return _forward_fake(x, weight, bank, stride, padding)


def _backward_kernel(
    grad: Tensor,
    x: Tensor,
    weight: Tensor,
    bank: Tensor,
    stride: int,
    padding: int,
    need_x: bool,
    need_weight: bool,
) -> tuple[Tensor, Tensor]:
    # the kernel pads with zeros, which an infinite weight makes NaN; the dense
    # form leaves them out
    if need_x and not math.isfinite(weight.sum().item()):
        (grad_x, grad_weight) = _dense_backward(
            grad, x, weight, bank, stride, padding, need_x, need_weight
        )
    else:
        (grad_x, grad_weight) = native.backward(
            grad,
            x,
            weight.float(),
            _native_bank(bank),
            stride=stride,
            padding=padding,
            need_input=need_x,
            need_weight=need_weight,
        )
    return _tensors(grad_x, grad_weight, x, weight)


def _backward_triton(
    grad: Tensor, x: Tensor, weight: Tensor, bank: Tensor, *rest: Any
) -> tuple[Tensor, Tensor]:
    from csgresnet_mm import triton_kernels  # needs Triton

    (stride, padding, need_x, need_weight) = rest
    (grad_x, grad_weight) = triton_kernels.backward(
        grad,
        x,
        weight,
        bank.float().contiguous(),
        stride=stride,
        padding=padding,
        need_input=need_x,
        need_weight=need_weight,
    )
    return _tensors(grad_x, grad_weight, x, weight)


def _tensors(
    grad_x: Tensor | None, grad_weight: Tensor | None, x: Tensor, w: Tensor
) -> tuple[Tensor, Tensor]:
    """What an operator may give: no None, and the layout of its fake."""
    return (
        x.new_empty(0)
        if grad_x is None
        else grad_x.contiguous(memory_format=torch.channels_last),
        w.new_empty(0) if grad_weight is None else grad_weight.to(w.dtype),
    )


def _dense_backward(
    grad: Tensor,
    x: Tensor,
    weight: Tensor,
    bank: Tensor,
    stride: int,
    padding: int,
    need_x: bool,
    need_weight: bool,
) -> list[Tensor | None]:
    with torch.enable_grad():
        x = x.detach().requires_grad_(need_x)
        weight = weight.detach().requires_grad_(need_weight)
        kernel = modulate(weight.float(), bank.float()).to(x.dtype)
        y = torch.nn.functional.conv2d(x, kernel, None, stride, padding)
        return _gradients(y, (x, weight), grad)


def _gradients(
    y: Tensor, leaves: Sequence[Tensor], grad: Tensor, **options: bool
) -> list[Tensor | None]:
    """The gradient of each leaf that needs one, else None."""
    wanted = [leaf for leaf in leaves if leaf.requires_grad]
    found = iter(torch.autograd.grad(y, wanted, grad, **options))
    return [next(found) if leaf.requires_grad else None for leaf in leaves]


def _backward_fake(
    grad: Tensor, x: Tensor, weight: Tensor, bank: Tensor, *rest: Any
) -> tuple[Tensor, Tensor]:
    (need_x, need_weight) = rest[2:4]
    return (
        torch.empty_like(x, memory_format=torch.channels_last)
        if need_x
        else x.new_empty(0),
        weight.new_empty(weight.shape if need_weight else 0),
    )


def _setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    (x, weight, bank, ctx.stride, ctx.padding) = inputs
    ctx.save_for_backward(x, weight, bank)


def _backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
    (x, weight, bank) = ctx.saved_tensors
    (need_x, need_weight) = ctx.needs_input_grad[:2]
    if torch.is_grad_enabled():  # create_graph=True
        padded = torch.nn.functional.pad(x, [ctx.padding] * 4)
        stride = (ctx.stride, ctx.stride)
        y = factorised_conv2d(padded, weight, bank, stride, (1, 1))
        found = _gradients(y, (x, weight), grad, create_graph=True)
        return *found, None, None, None
    (grad_x, grad_weight) = torch.ops.csgresnet_mm.gabor_conv2d_backward(
        grad, x, weight, bank, ctx.stride, ctx.padding, need_x, need_weight
    )
    return (
        grad_x if need_x else None,
        grad_weight if need_weight else None,
        None,
        None,
        None,
    )


def _define(name: str, kernel: Any, fake: Any) -> None:
    """Declare an operator by the annotations of its CPU kernel."""
    _LIBRARY.define(name + infer_schema(kernel, mutates_args=()))
    _LIBRARY.impl(name, kernel, 'CPU')
    _LIBRARY.impl(name, TRITON[name], 'CUDA')
    torch.library.register_fake(f'csgresnet_mm::{name}', fake, lib=_LIBRARY)
    flops.register(getattr(torch.ops.csgresnet_mm, name))


TRITON = {
    'gabor_conv2d': _forward_triton,
    'gabor_conv2d_backward': _backward_triton,
    'gabor_conv2d_fused': _fused_triton,
}
"""Operator -> its kernel on CUDA; they import Triton when they are called."""

_define('gabor_conv2d', _forward, _forward_fake)
_define('gabor_conv2d_backward', _backward_kernel, _backward_fake)
_define('gabor_conv2d_fused', _fused, _fused_fake)
torch.library.register_autograd(
    'csgresnet_mm::gabor_conv2d',
    _backward,
    setup_context=_setup_context,
    lib=_LIBRARY,
)
