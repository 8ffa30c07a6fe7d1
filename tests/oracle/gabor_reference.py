"""Gabor convolution and channel shift in loops: an oracle for the tests.

Written from the equations alone (the paper's Eq. 1, Eq. 2 and Algorithm 1;
GCN, Luan et al. 2018, for the filter bank), never from the package's code.
numpy in float64 only, nothing is clever, loops are Python loops: over the
planes o, the input planes i, the input orientations n, the orientations u
and the kernel taps q. Only pixels and batch are vectorised.

Letters: B batch, M orientations, I and O input and output planes,
C = O*M channels, c = plane*M + orientation, k kernel size, H, W height, width.
"""

import math
from collections.abc import Sequence

import numpy as np

DEGENERATE = 1e-12


def default_orientations(num_orientations: int) -> list[float]:
    """Angles (u + 1) * pi / M; for M = 4 they are the paper's U."""
    return [
        (u + 1) * math.pi / num_orientations for u in range(num_orientations)
    ]


def gabor_value(x: float, y: float, angle: float, scale: int) -> float:
    """Real Gabor wavelet at x (column) and y (row) from the centre."""
    kv = (math.pi / 2) / math.sqrt(2) ** (scale - 1)
    sigma = math.pi
    envelope = math.exp(-(kv**2) * (x**2 + y**2) / (2 * sigma**2))
    wave = math.cos(kv * (x * math.cos(angle) + y * math.sin(angle)))
    return kv**2 / sigma**2 * envelope * (wave - math.exp(-(sigma**2) / 2))


def gabor_filter(
    height: int, width: int, angle: float, scale: int
) -> np.ndarray:
    """One filter (height, width), scaled to [0, 1] by its own extremes."""
    raw = np.zeros((height, width))
    for row in range(height):
        for column in range(width):
            raw[row, column] = gabor_value(
                column - (width - 1) / 2, row - (height - 1) / 2, angle, scale
            )
    even = np.zeros_like(raw)
    for row in range(height):
        for column in range(width):
            opposite = raw[height - 1 - row, width - 1 - column]
            even[row, column] = (raw[row, column] + opposite) / 2
    low, high = even.min(), even.max()
    if height == 1 or high - low < DEGENERATE:
        return np.ones((height, width))
    scaled = (even - low) / (high - low)
    scaled[scaled < DEGENERATE] = 0.0
    return scaled


def gabor_bank(
    height: int, width: int, orientations: Sequence[float], scale: int = 3
) -> np.ndarray:
    """Filter bank (M, height, width)."""
    return np.stack(
        [gabor_filter(height, width, angle, scale) for angle in orientations]
    )


def modulated_kernel(weight: np.ndarray, bank: np.ndarray) -> np.ndarray:
    """Eq. 1: weight (O, C_in, k, k), bank (M, k, k) -> (O*M, C_in, k, k)."""
    planes, channels, height, width = weight.shape
    m = len(bank)
    kernel = np.zeros((planes * m, channels, height, width))
    for o in range(planes):
        for u in range(m):
            for c in range(channels):
                for row in range(height):
                    for column in range(width):
                        kernel[o * m + u, c, row, column] = (
                            weight[o, c, row, column] * bank[u, row, column]
                        )
    return kernel


def repeat_channels(x: np.ndarray, num_orientations: int) -> np.ndarray:
    """Expansion: (B, I, H, W) -> (B, I*M, H, W), channel c reads c//M."""
    repeated = [
        x[:, i] for i in range(x.shape[1]) for _ in range(num_orientations)
    ]
    return np.stack(repeated, axis=1)


def _pair(value: int | tuple[int, int]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else value


def tap_views(
    x: np.ndarray,
    kernel: tuple[int, int],
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
    mode: str = 'constant',
) -> list[list[np.ndarray]]:
    """What each tap sees: views[c][q], each (B, H_out, W_out)."""
    (sy, sx), (py, px) = _pair(stride), _pair(padding)
    dy, dx = _pair(dilation)
    x = np.pad(x, ((0, 0), (0, 0), (py, py), (px, px)), mode=mode)
    rows = (x.shape[2] - dy * (kernel[0] - 1) - 1) // sy + 1
    columns = (x.shape[3] - dx * (kernel[1] - 1) - 1) // sx + 1
    views = []
    for c in range(x.shape[1]):
        taps = []
        for row in range(kernel[0]):
            for column in range(kernel[1]):
                top, left = row * dy, column * dx
                seen = x[
                    :,
                    c,
                    top : top + sy * (rows - 1) + 1 : sy,
                    left : left + sx * (columns - 1) + 1 : sx,
                ]
                taps.append(np.ascontiguousarray(seen))
        views.append(taps)
    return views


def gabor_conv(
    x: np.ndarray,
    weight: np.ndarray,
    bank: np.ndarray,
    bias: np.ndarray | None = None,
    *,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
    expand: bool = False,
    mode: str = 'constant',
) -> np.ndarray:
    """Eq. 2, every multiplication of it, in five loops over o, u, i, n and q.

    Args:
        x: input, (B, I*M, H, W), or (B, I, H, W) with ``expand``.
        weight: learned weight, (O, I*M, k, k).
        bank: filters, (M, k, k).
        bias: (O,), the same for the M orientations of a plane.
        stride, padding, dilation: as in a convolution.
        expand: repeat every input channel M times first.
        mode: numpy's name of the padding mode.

    Returns:
        (B, O*M, H_out, W_out), orientation fastest.
    """
    m = len(bank)
    if expand:
        x = repeat_channels(x, m)
    planes, channels, height, width = weight.shape
    views = tap_views(x, (height, width), stride, padding, dilation, mode)
    learned = weight.reshape(planes, channels, height * width).tolist()
    filters = bank.reshape(m, height * width).tolist()
    shape = views[0][0].shape
    out = np.zeros((shape[0], planes * m, *shape[1:]))
    product = np.zeros(shape)
    for o in range(planes):
        for u in range(m):
            total = np.zeros(shape)
            for i in range(channels // m):
                for n in range(m):
                    c = i * m + n
                    for q in range(height * width):
                        factor = learned[o][c][q] * filters[u][q]
                        np.multiply(views[c][q], factor, out=product)
                        np.add(total, product, out=total)
            if bias is not None:
                total += bias[o]
            out[:, o * m + u] = total
    return out


def shift_blocks(
    positions: int, divisor: int, position: str | int
) -> tuple[range, range]:
    """The first and the second block of a flattened plane of P positions."""
    block = positions // divisor
    named = {'start': 0, 'middle': divisor // 2 - 1, 'end': divisor - 2}
    i = position if isinstance(position, int) else named[position]
    first = range(i * block, (i + 1) * block)
    second = range((i + 1) * block, (i + 2) * block)
    return first, second


def channel_shift(
    x: np.ndarray,
    divisor: int,
    position: str | int = 'start',
    directions: tuple[str, str] = ('right', 'left'),
    num_orientations: int = 1,
    order: Sequence[int] | None = None,
) -> np.ndarray:
    """Algorithm 1: the frozen depth-wise Conv1d, one kernel a position.

    Args:
        x: features (B, C, H, W).
        divisor: the paper's sigma.
        position: 'start', 'middle', 'end' or the paper's i.
        directions: of the first and of the second block.
        num_orientations: 1 for Algorithm 1 (all C channels, P = H*W), M for
            the view (B, C/M, M*H*W) with position (u*H + y)*W + x.
        order: positions of a stochastic shift, most eager first; then
            ``position`` is not used.
    """
    batch, channels, height, width = x.shape
    positions = num_orientations * height * width
    if order is None:
        first, second = shift_blocks(positions, divisor, position)
    else:
        block = positions // divisor
        first, second = order[:block], order[block : 2 * block]
    taps = {'right': (1.0, 0.0, 0.0), 'left': (0.0, 0.0, 1.0)}
    weight = [(0.0, 1.0, 0.0)] * positions
    for block_positions, direction in zip(
        (first, second), directions, strict=True
    ):
        for p in block_positions:
            weight[p] = taps[direction]
    # (B, C/M, M*H*W) -> (B, M*H*W, C/M): a 1-D signal a position.
    planes = channels // num_orientations
    signal = x.reshape(batch, planes, positions).transpose(0, 2, 1)
    padded = np.pad(signal, ((0, 0), (0, 0), (1, 1)))
    out = np.zeros_like(signal)
    for p in range(positions):
        for tap in range(3):
            out[:, p] += weight[p][tap] * padded[:, p, tap : tap + planes]
    return out.transpose(0, 2, 1).reshape(x.shape)
