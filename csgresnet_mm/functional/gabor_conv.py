"""The ways to execute a Gabor convolution.

Axes: B batch, C_in input channels, O output planes, M orientations, h and w
the kernel's height and width.
"""

import torch.nn.functional as F
from torch import Tensor

from csgresnet_mm.functional.gabor import modulate

PADDING_MODES = ('zeros', 'reflect', 'replicate', 'circular')


def gabor_conv2d(
    x: Tensor,
    weight: Tensor,
    bank: Tensor,
    bias: Tensor | None = None,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
    padding_mode: str = 'zeros',
) -> Tensor:
    """Convolve with learned kernels modulated by a filter bank (Eq. 1, 2).

    Args:
        x: Features, shape (B, C_in, H, W).
        weight: Learned kernels, shape (O, C_in, h, w).
        bank: Filter bank, shape (M, h, w).
        bias: One value a plane, shape (O,), added to all its orientations.
        stride: Stride, one number or (vertical, horizontal).
        padding: Padding on each side, one number or a pair.
        dilation: Spacing of the kernel's taps, one number or a pair.
        padding_mode: ``'zeros'``, ``'reflect'``, ``'replicate'`` or
            ``'circular'``.

    Returns:
        Shape (B, O*M, H_out, W_out), channel o*M + u.

    Raises:
        ValueError: If ``padding_mode`` is unknown or the kernel sizes of
            weight and bank differ.

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
    kernel = modulate(weight, bank)
    if bias is not None:
        bias = bias.repeat_interleave(bank.shape[0])
    if padding_mode != 'zeros':
        vertical, horizontal = (
            padding if isinstance(padding, tuple) else (padding, padding)
        )
        x = F.pad(
            x,
            (horizontal, horizontal, vertical, vertical),
            mode=padding_mode,
        )
        padding = 0
    return F.conv2d(x, kernel, bias, stride, padding, dilation)
