"""The Gabor convolution in torch's own operators, as the papers write it.

TorchScript, torch.fx and ONNX exporters read it: it looks at no size.

Axes: B batch, C_in input channels, O output planes, M orientations, h and w
the kernel's height and width.
"""

import torch.nn.functional as F
from torch import Tensor

from csgresnet_mm.functional.gabor import modulate
from csgresnet_mm.functional.orientation import expand_bias


def pad(x: Tensor, padding: tuple[int, int], mode: str) -> Tensor:
    """Pad height and width.

    Args:
        x: Features, shape (..., H, W).
        padding: (vertical, horizontal).
        mode: As ``padding_mode`` of ``nn.Conv2d``.

    Returns:
        Shape (..., H + 2 * vertical, W + 2 * horizontal).

    Example:
        >>> import torch
        >>> pad(torch.ones(1, 1, 2, 2), (1, 0), 'zeros').shape
        torch.Size([1, 1, 4, 2])
    """
    if padding == (0, 0):
        return x
    (vertical, horizontal) = padding
    return F.pad(
        x,
        (horizontal, horizontal, vertical, vertical),
        mode='constant' if mode == 'zeros' else mode,
    )


def dense_conv2d(
    x: Tensor,
    weight: Tensor,
    bank: Tensor,
    bias: Tensor | None,
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int],
    padding_mode: str,
) -> Tensor:
    """Modulate the kernels, then convolve (Eq. 1 and 2).

    Args:
        x: Features, shape (B, C_in, H, W) or (C_in, H, W).
        weight: Learned kernels, shape (O, C_in, h, w).
        bank: Filter bank, shape (M, h, w).
        bias: One value a plane, shape (O,), or None.
        stride: (vertical, horizontal).
        padding: (vertical, horizontal).
        dilation: (vertical, horizontal).
        padding_mode: As in ``nn.Conv2d``.

    Returns:
        Shape (B, O*M, H_out, W_out).

    Example:
        >>> import torch
        >>> dense_conv2d(
        ...     torch.ones(1, 4, 5, 5), torch.ones(2, 4, 3, 3),
        ...     torch.ones(4, 3, 3), None, (1, 1), (1, 1), (1, 1), 'zeros'
        ... ).shape
        torch.Size([1, 8, 5, 5])
    """
    if padding_mode != 'zeros':
        x = pad(x, padding, padding_mode)
        padding = (0, 0)
    if bias is not None:
        bias = expand_bias(bias, bank.shape[0])
    kernel = modulate(weight, bank)
    groups = 1  # FX quantisation wants it said
    return F.conv2d(x, kernel, bias, stride, padding, dilation, groups)
