"""A Gabor convolution whose orientations share their products.

Axes: B batch, C_in input channels, O output planes, M orientations, Q taps.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from csgresnet_mm.functional.orientation import merge_orientations


def factorised_conv2d(
    x: Tensor,
    weight: Tensor,
    bank: Tensor,
    stride: tuple[int, int],
    dilation: tuple[int, int],
) -> Tensor:
    """Convolve, computing the products with the learned kernel once.

    ``T[o, q] = sum_c weight[o, c, q] x[c]`` at the positions that tap q
    meets, then ``y[o*M + u] = sum_q bank[u, q] T[o, q]``: k*k*C_in*O + k*k*M*O
    multiplications a position instead of k*k*C_in*O*M.

    Args:
        x: Padded features, shape (B, C_in, H, W).
        weight: Learned kernels, shape (O, C_in, h, w).
        bank: Filter bank, shape (M, h, w).
        stride: (vertical, horizontal).
        dilation: (vertical, horizontal).

    Returns:
        Shape (B, O*M, H_out, W_out).

    Example:
        >>> factorised_conv2d(
        ...     torch.ones(1, 4, 5, 5), torch.ones(2, 4, 3, 3),
        ...     torch.ones(4, 3, 3), (1, 1), (1, 1)).shape
        torch.Size([1, 8, 3, 3])
    """
    (kernel_h, kernel_w) = bank.shape[1:]
    height = (x.shape[2] - dilation[0] * (kernel_h - 1) - 1) // stride[0] + 1
    width = (x.shape[3] - dilation[1] * (kernel_w - 1) - 1) // stride[1] + 1
    maps = []
    for row in range(kernel_h):
        top = row * dilation[0]
        rows = x[:, :, top : top + (height - 1) * stride[0] + 1 : stride[0]]
        for column in range(kernel_w):
            left = column * dilation[1]
            right = left + (width - 1) * stride[1] + 1
            tap = weight[:, :, row, column, None, None]
            maps.append(F.conv2d(rows[..., left : right : stride[1]], tap))
    if len(maps) == 1:  # (B, O, 1, H, W) * (M, 1, 1)
        return merge_orientations(maps[0][:, :, None] * bank)
    # (M, Q) and (B, O, Q, H, W)
    mixed = torch.einsum(
        'mq,boqhw->bomhw', bank.flatten(1), torch.stack(maps, 2)
    )
    return merge_orientations(mixed)
