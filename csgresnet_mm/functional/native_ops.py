"""The C++ kernel as operators of torch.

``torch.ops.csgresnet_mm.gabor_conv2d`` has a fake kernel, a backward, a double
backward and a FLOP formula, so that torch.compile, autocast and FLOP counters
see it. The caller checks what the kernel covers, see
:mod:`csgresnet_mm.functional.native_conv`; a bank without point symmetry is
convolved dense here. Letters as in :mod:`csgresnet_mm.functional.gabor_conv`.
"""

from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import register_flop_formula

from csgresnet_mm import native
from csgresnet_mm.functional.factorised import factorised_conv2d
from csgresnet_mm.functional.gabor import modulate

_LIBRARY = torch.library.Library('csgresnet_mm', 'DEF')
_LIBRARY.define(
    'gabor_conv2d(Tensor x, Tensor weight, Tensor bank, int stride, '
    'int padding) -> Tensor'
)
_LIBRARY.define(
    'gabor_conv2d_backward(Tensor grad, Tensor x, Tensor weight, Tensor bank, '
    'int stride, int padding, bool need_x, bool need_weight) '
    '-> (Tensor, Tensor)'
)
_LIBRARY.define(
    'gabor_conv2d_fused(Tensor x, Tensor weight, Tensor packed, Tensor bank, '
    'Tensor scale, Tensor bias, Tensor? residual, int stride, int padding, '
    'bool relu) -> Tensor'
)


def _out_shape(
    x: Tensor, weight: Tensor, bank: Tensor, stride: int, padding: int
) -> tuple[int, int, int, int]:
    (height, width) = (
        (size + 2 * padding - weight.shape[-1]) // stride + 1
        for size in x.shape[2:]
    )
    return (x.shape[0], weight.shape[0] * bank.shape[0], height, width)


def multiply_adds(
    x_shape: tuple[int, ...],
    weight_shape: tuple[int, ...],
    bank_shape: tuple[int, ...],
    out_shape: tuple[int, ...],
) -> int:
    """Multiply-adds of a factorised Gabor convolution.

    k*k*C_in*O products and k*k*O*M for their mixture at each output position;
    a 1x1 kernel mixes nothing. A layer with fewer input channels than
    orientations (a stem) counts as the dense convolution.

    Args:
        x_shape: (B, C_in, H, W).
        weight_shape: (O, C_in, k, k).
        bank_shape: (M, k, k).
        out_shape: (B, O*M, H_out, W_out).

    Returns:
        The number of multiply-adds.

    Example:
        >>> multiply_adds((1, 64, 8, 8), (16, 64, 3, 3), (4, 3, 3),
        ...               (1, 64, 8, 8)) // 64 == 9 * 64 * 16 + 9 * 64
        True
    """
    (planes, channels, height, width) = weight_shape
    (orientations, taps) = (bank_shape[0], height * width)
    if channels < orientations:
        per_position = taps * channels * planes * orientations
    else:
        mixture = taps * planes * orientations if taps > 1 else 0
        per_position = taps * channels * planes + mixture
    return out_shape[0] * out_shape[2] * out_shape[3] * per_position


def _dense(
    x: Tensor, weight: Tensor, bank: Tensor, stride: int, padding: int
) -> Tensor:
    """What a bank without point symmetry is given to."""
    kernel = modulate(weight, bank).to(x.dtype)
    return torch.nn.functional.conv2d(x, kernel, None, stride, padding)


def _forward_cpu(
    x: Tensor, weight: Tensor, bank: Tensor, stride: int, padding: int
) -> Tensor:
    weight, bank = weight.float(), bank.float().contiguous()
    if not native.covers(
        bank, x.shape[1], stride=stride, padding=padding, dtype=x.dtype
    ):
        y = _dense(x, weight, bank, stride, padding)
        return y.contiguous(memory_format=torch.channels_last)
    packed = native.pack_weight(weight, bank.shape[0], x.dtype)
    channels = weight.shape[0] * bank.shape[0]
    return native.forward(
        x, packed, bank, channels, stride=stride, padding=padding
    )


def _forward_fake(
    x: Tensor, weight: Tensor, bank: Tensor, stride: int, padding: int
) -> Tensor:
    return x.new_empty(
        _out_shape(x, weight, bank, stride, padding)
    ).contiguous(memory_format=torch.channels_last)


def _backward_cpu(
    grad: Tensor,
    x: Tensor,
    weight: Tensor,
    bank: Tensor,
    stride: int,
    padding: int,
    need_x: bool,
    need_weight: bool,
) -> tuple[Tensor, Tensor]:
    bank = bank.float().contiguous()
    # the kernel pads with zeros, which an infinite weight makes NaN; the dense
    # form leaves them out
    finite = not need_x or bool(weight.sum().isfinite())
    if finite and native.backward_covers(
        bank, stride=stride, padding=padding, dtype=x.dtype
    ):
        (grad_x, grad_weight) = native.backward(
            grad,
            x,
            weight.float(),
            bank,
            stride=stride,
            padding=padding,
            need_input=need_x,
            need_weight=need_weight,
        )
    else:
        with torch.enable_grad():
            x = x.detach().requires_grad_(need_x)
            weight = weight.detach().requires_grad_(need_weight)
            y = _dense(x, weight.float(), bank, stride, padding)
            wanted = [t for t in (x, weight) if t.requires_grad]
            found = list(torch.autograd.grad(y, wanted, grad))
        grad_x = found.pop(0) if need_x else None
        grad_weight = found.pop(0) if need_weight else None
    empty = x.new_empty(0)
    return (
        empty
        if grad_x is None
        else grad_x.contiguous(memory_format=torch.channels_last),
        weight.new_empty(0)
        if grad_weight is None
        else grad_weight.to(weight.dtype),
    )


def _backward_fake(
    grad: Tensor,
    x: Tensor,
    weight: Tensor,
    bank: Tensor,
    stride: int,
    padding: int,
    need_x: bool,
    need_weight: bool,
) -> tuple[Tensor, Tensor]:
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
        wanted = [
            t for t, need in ((x, need_x), (weight, need_weight)) if need
        ]
        stride, padding = (ctx.stride, ctx.stride), [ctx.padding] * 4
        padded = torch.nn.functional.pad(x, padding)
        y = factorised_conv2d(padded, weight, bank, stride, (1, 1))
        found = list(torch.autograd.grad(y, wanted, grad, create_graph=True))
        return (
            found.pop(0) if need_x else None,
            found.pop(0) if need_weight else None,
            None,
            None,
            None,
        )
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


def _fused_cpu(
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
    if packed.numel() == 0 or x.dtype != weight.dtype:
        packed = native.pack_weight(weight.float(), bank.shape[0], x.dtype)
    return native.forward(
        x,
        packed,
        bank.float(),
        scale.numel(),
        stride=stride,
        padding=padding,
        scale=scale.float(),
        bias=bias.float(),
        residual=residual,
        relu=relu,
    )


def _fused_fake(
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
    return _forward_fake(x, weight, bank, stride, padding)


_LIBRARY.impl('gabor_conv2d', _forward_cpu, 'CPU')
_LIBRARY.impl('gabor_conv2d_backward', _backward_cpu, 'CPU')
_LIBRARY.impl('gabor_conv2d_fused', _fused_cpu, 'CPU')
for _name, _fake in (
    ('gabor_conv2d', _forward_fake),
    ('gabor_conv2d_backward', _backward_fake),
    ('gabor_conv2d_fused', _fused_fake),
):
    torch.library.register_fake(f'csgresnet_mm::{_name}', _fake, lib=_LIBRARY)
torch.library.register_autograd(
    'csgresnet_mm::gabor_conv2d',
    _backward,
    setup_context=_setup_context,
    lib=_LIBRARY,
)


# torch counts two operations for a multiply-add.


def _count_forward(
    x: Any, weight: Any, bank: Any, *args: Any, out_shape: Any, **kwargs: Any
) -> int:
    return 2 * multiply_adds(x, weight, bank, out_shape)


def _count_backward(
    grad: Any, x: Any, weight: Any, bank: Any, *args: Any, **kwargs: Any
) -> int:
    (need_x, need_weight) = args[2:4]
    once = 2 * multiply_adds(x, weight, bank, grad)
    return once * (int(need_x) + int(need_weight))


def _count_fused(
    x: Any, weight: Any, packed: Any, bank: Any, *args: Any, **kwargs: Any
) -> int:
    return 2 * multiply_adds(x, weight, bank, kwargs['out_shape'])


for _name, _count in (
    ('gabor_conv2d', _count_forward),
    ('gabor_conv2d_backward', _count_backward),
    ('gabor_conv2d_fused', _count_fused),
):
    register_flop_formula(getattr(torch.ops.csgresnet_mm, _name))(_count)
