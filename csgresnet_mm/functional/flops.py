"""What our operators cost, for torch's FLOP counter.

Letters as in :mod:`csgresnet_mm.functional.gabor_conv`.
"""

from collections.abc import Callable
from typing import Any

from torch.utils.flop_counter import register_flop_formula


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


_COUNTS: dict[str, Callable[..., int]] = {
    'csgresnet_mm::gabor_conv2d': _count_forward,
    'csgresnet_mm::gabor_conv2d_backward': _count_backward,
    'csgresnet_mm::gabor_conv2d_fused': _count_fused,
}


def register(operator: Any) -> None:
    """Teach torch's FLOP counter one of our operators.

    Args:
        operator: Of ``torch.ops.csgresnet_mm``.
    """
    count = _COUNTS[operator._qualified_op_name]
    register_flop_formula(operator)(count)
