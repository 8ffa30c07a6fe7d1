"""Gabor convolutions and batch norms as plain kernels, in numpy.

The same mathematics as :mod:`csgresnet_mm.functional`, for machines without
torch; tests hold the two together. Source: CS-GResNet, Eq. 1 and section 2.2.

Axes: M orientations, O output planes, C_in input channels, h and w the height
and width of a kernel, P = M*H*W positions.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import numpy as np

BANKS = ('gabor', 'ones', 'random')
_FLAT = 1e-12
"""A filter whose values spread less than this counts as constant."""


def gabor_bank(
    kind: str,
    size: tuple[int, int],
    scale: int,
    angles: Sequence[float],
) -> np.ndarray:
    """As :func:`csgresnet_mm.functional.filter_bank`.

    Args:
        kind: One of :data:`BANKS`.
        size: (h, w) of the kernel.
        scale: The scale index v, at least 1.
        angles: M angles in radians.

    Returns:
        Shape (M, h, w), float64.

    Raises:
        ValueError: ``kind`` is unknown, or the scale is not positive.
    """
    if kind not in BANKS:
        raise ValueError(f'bank={kind!r} must be one of {BANKS}')
    if scale < 1:
        raise ValueError(f'scale={scale} must be at least 1')
    shape = (len(angles), *size)
    if kind == 'ones':
        return np.ones(shape)
    if kind == 'random':
        stream = random.Random(0)
        values = [stream.random() for _ in range(math.prod(shape))]
        return np.array(values).reshape(shape)
    return np.stack([_gabor_filter(size, scale, angle) for angle in angles])


def _gabor_filter(
    size: tuple[int, int], scale: int, angle: float
) -> np.ndarray:
    sigma = math.pi
    k = (math.pi / 2) / math.sqrt(2) ** (scale - 1)
    y, x = np.ix_(*(np.arange(side) - (side - 1) / 2 for side in size))
    envelope = np.exp(-(k**2) * (x**2 + y**2) / (2 * sigma**2))
    carrier = np.cos(k * (x * math.cos(angle) + y * math.sin(angle)))
    values = k**2 / sigma**2 * envelope * (carrier - math.exp(-(sigma**2) / 2))
    values = (values + values[::-1, ::-1]) / 2  # exactly point-symmetric
    spread = values.max() - values.min()
    if size[0] == 1 or spread < _FLAT:
        return np.ones(size)
    values = (values - values.min()) / spread
    return np.where(values < _FLAT, 0.0, values)


def modulate(
    weight: np.ndarray, bank: np.ndarray, *, expand: bool
) -> np.ndarray:
    """Multiply each learned kernel with every filter of a bank (Eq. 1).

    Args:
        weight: Shape (O, C_in, h, w), or (O, C_in*M, h, w) with ``expand``.
        bank: Shape (M, h, w).
        expand: Whether each input channel was repeated M times: the kernel
            is summed over the copies.

    Returns:
        Shape (O*M, C_in, h, w), float32; channel o*M + u.
    """
    planes, channels, *size = weight.shape
    if expand:
        copies = (planes, channels // len(bank), len(bank), *size)
        weight = weight.reshape(copies).sum(2)
    # (O, 1, C_in, h, w) * (M, 1, h, w) -> (O, M, C_in, h, w)
    kernel = weight[:, None] * bank[:, None].astype(np.float32)
    return kernel.reshape(-1, *kernel.shape[2:])


def fold_norm(
    mean: np.ndarray,
    variance: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray,
    eps: float,
) -> tuple[np.ndarray, np.ndarray]:
    """What a batch norm in evaluation mode does: ``y = scale x + bias``.

    Args:
        mean: Shape (C,), as the next three.
        variance: The running one.
        weight: Of the norm.
        bias: Of the norm.
        eps: Added to the variance.

    Returns:
        Scale and bias of shape (C,), float32.
    """
    scale = weight.astype(np.float64) / np.sqrt(variance + np.float64(eps))
    shift = bias - mean * scale
    return scale.astype(np.float32), shift.astype(np.float32)


def shift_masks(
    shape: tuple[int, int, int], divisor: int, position: str | int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """As :func:`csgresnet_mm.functional.shift_blocks`.

    Args:
        shape: (M, H, W).
        divisor: The paper's sigma: a block holds P // divisor positions.
        position: ``'start'``, ``'middle'``, ``'end'``, ``'stochastic'`` or
            the index of the first block.
        seed: Draws the stochastic positions.

    Returns:
        Two masks of that shape, bool: the first and the second block.

    Raises:
        ValueError: An argument is out of its range, or a block is empty or
            ends after the last position.
    """
    places = {
        'start': 0,
        'middle': divisor // 2 - 1,
        'end': divisor - 2,
        'stochastic': 0,
    }
    index = places.get(position) if isinstance(position, str) else position
    count = math.prod(shape)
    block = count // divisor if divisor > 1 else 0
    if index is None or index < 0 or block == 0:
        raise ValueError(
            f'channel_shift: divisor={divisor}, position={position!r} do not '
            f'fit {count} positions'
        )
    first = index * block
    if first + 2 * block > count:
        raise ValueError(
            f'channel_shift: position={position!r}: the second block ends '
            f'after the last of {count} positions'
        )
    rank = np.arange(count)
    if position == 'stochastic':
        key = _hash32(rank ^ _hash32(np.int64(seed) & 0xFFFFFFFF))
        rank = key.argsort().argsort()
    one = (rank >= first) & (rank < first + block)
    two = (rank >= first + block) & (rank < first + 2 * block)
    return one.reshape(shape), two.reshape(shape)


def _hash32(x: np.ndarray | np.int64) -> np.ndarray | np.int64:
    """A bijection of the integers below 2**32."""
    for _ in range(2):
        x = ((x ^ (x >> 16)) * 0x45D9F3B) & 0xFFFFFFFF
    return x ^ (x >> 16)
