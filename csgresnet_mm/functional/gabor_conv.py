"""The ways to execute a Gabor convolution: one function, four executions.

``dense`` modulates the kernel and convolves, as the papers write it.
``factorised`` uses that the M orientations of a plane share one learned
kernel: the products with the learned kernel are computed once and mixed by
the bank, which needs about M times fewer multiplications. ``native`` does the
same in a C++ kernel on the CPU, ``triton`` in Triton kernels on CUDA
(:mod:`csgresnet_mm.functional.plans`).

Axes: B batch, C_in input channels, O output planes, M orientations, h and w
the kernel's height and width.
"""

import warnings

from torch import Tensor

from csgresnet_mm.functional import plans, tracing
from csgresnet_mm.functional.dense import dense_conv2d, pad
from csgresnet_mm.functional.factorised import factorised_conv2d
from csgresnet_mm.functional.orientation import expand_bias

PADDING_MODES = ('zeros', 'reflect', 'replicate', 'circular')
EXECUTIONS = ('auto', 'dense', 'factorised', 'native', 'triton')

_Size = int | tuple[int, int]


def _pair(size: _Size) -> tuple[int, int]:
    return size if isinstance(size, tuple) else (size, size)


def _check(x: Tensor, weight: Tensor, bank: Tensor) -> None:
    if not isinstance(x, Tensor):
        raise TypeError(
            f'x is a {type(x).__name__}, expected a tensor of shape '
            f'(B, {weight.shape[1]}, H, W)'
        )
    if weight.shape[-2:] != bank.shape[-2:]:
        raise ValueError(
            f'weight of shape {tuple(weight.shape)} and bank of shape '
            f'{tuple(bank.shape)} have different kernel sizes'
        )
    if x.dim() not in (3, 4) or x.shape[-3] != weight.shape[1]:
        raise ValueError(
            f'x of shape {tuple(x.shape)} does not fit weight of shape '
            f'{tuple(weight.shape)}, expected (B, {weight.shape[1]}, H, W)'
        )


def _shares(weight: Tensor, bank: Tensor) -> bool:
    """Whether there is enough input for orientations to share products."""
    if not tracing.is_tracing():
        return weight.shape[1] >= bank.shape[0]
    with warnings.catch_warnings():  # the size of a weight does not change
        warnings.simplefilter('ignore', tracing.TracerWarning)
        return bool(weight.shape[1] >= bank.shape[0])


def is_channels_last(x: Tensor) -> bool:
    """Whether ``nn.Conv2d`` would answer such an input in channels-last.

    Args:
        x: Shape (B, C, H, W).

    Example:
        >>> import torch
        >>> x = torch.ones(1, 4, 5, 5)
        >>> is_channels_last(x)
        False
        >>> is_channels_last(x.to(memory_format=torch.channels_last)[:, :, 1:])
        True
    """
    return x.stride(1) == 1 and not x.is_contiguous()


def gabor_conv2d(
    x: Tensor,
    weight: Tensor,
    bank: Tensor,
    bias: Tensor | None = None,
    stride: _Size = 1,
    padding: _Size = 0,
    dilation: _Size = 1,
    padding_mode: str = 'zeros',
    execution: str = 'auto',
    *,
    symmetric: bool | None = None,
    keep_layout: bool = True,
) -> Tensor:
    """Convolve with learned kernels modulated by a filter bank (Eq. 1, 2).

    All executions compute the same function. ``auto`` is ``native`` or
    ``triton`` where that exists and was measured faster, and ``dense``
    elsewhere; ``native`` and ``triton`` are ``dense`` where there is no plan
    for the case, see :func:`csgresnet_mm.functional.plans.plan`. A layer with
    fewer input channels than orientations, such as a stem, has nothing to
    share: ``factorised`` runs it dense.

    Args:
        x: Features, shape (B, C_in, H, W) or (C_in, H, W).
        weight: Learned kernels, shape (O, C_in, h, w).
        bank: Filter bank, shape (M, h, w).
        bias: One value a plane, shape (O,), added to all its orientations.
        stride: Stride, one number or (vertical, horizontal).
        padding: Padding on each side, one number or a pair.
        dilation: Spacing of the kernel's taps, one number or a pair.
        padding_mode: ``'zeros'``, ``'reflect'``, ``'replicate'`` or
            ``'circular'``.
        execution: ``'auto'``, ``'dense'``, ``'factorised'``, ``'native'`` or
            ``'triton'``.
        symmetric: Whether bank[u, q] == bank[u, -q], where the caller knows;
            None looks at the values.
        keep_layout: Whether the output is contiguous unless x or the weight
            is channels-last, as in ``nn.Conv2d``; False leaves it as the
            kernel made it, which saves a copy.

    Returns:
        Shape (B, O*M, H_out, W_out), channel o*M + u.

    Raises:
        TypeError: If x is no tensor.
        ValueError: If ``padding_mode`` or ``execution`` is unknown, the
            kernel sizes of weight and bank differ, or x has another number of
            channels than the weight.

    Example:
        >>> import torch
        >>> gabor_conv2d(
        ...     torch.ones(1, 4, 5, 5), torch.ones(2, 4, 3, 3),
        ...     torch.ones(4, 3, 3), padding=1).shape
        torch.Size([1, 8, 5, 5])
    """
    if padding_mode not in PADDING_MODES:
        raise ValueError(
            f'padding_mode={padding_mode!r} must be one of {PADDING_MODES}'
        )
    if execution not in EXECUTIONS:
        raise ValueError(
            f'execution={execution!r} must be one of {EXECUTIONS}'
        )
    stride, padding = _pair(stride), _pair(padding)
    dilation = _pair(dilation)
    sizes = (stride, padding, dilation, padding_mode)
    if tracing.is_proxy(x, weight):
        return dense_conv2d(x, weight, bank, bias, *sizes)
    if not tracing.is_tracing():
        _check(x, weight, bank)
    if x.dim() == 3:  # one image, as nn.Conv2d takes it
        return gabor_conv2d(
            x[None],
            weight,
            bank,
            bias,
            *sizes,
            execution,
            symmetric=symmetric,
            keep_layout=keep_layout,
        )[0]
    plan = plans.plan(execution, x, weight, bank, *sizes, symmetric)
    if plan is not None:
        y = plan.convolve(x, weight, bank)
        if keep_layout and not (
            is_channels_last(x) or is_channels_last(weight)
        ):
            y = y.contiguous()
    elif execution == 'factorised' and _shares(weight, bank):
        x = pad(x, padding, padding_mode)
        y = factorised_conv2d(x, weight, bank, stride, dilation)
    else:
        return dense_conv2d(x, weight, bank, bias, *sizes)
    if bias is None:
        return y
    return y + expand_bias(bias, bank.shape[0]).to(y.dtype)[:, None, None]
