"""The Gabor filter bank and the modulation of learned kernels with it.

Source: CS-GResNet, Eq. 1, and Luan et al., "Gabor Convolutional Networks",
IEEE TIP 27(9), 2018 (GCN).

Axes: M orientations, O output planes, C_in input channels, h and w the
height and width of a kernel.
"""

import math
import random
from collections.abc import Sequence

import torch
from torch import Tensor

from csgresnet_mm.functional.tracing import is_scripting, is_symbolic

BANKS = ('gabor', 'ones', 'random')

_FLAT = 1e-12
"""A filter whose values spread less than this counts as constant."""

ANGLE_TOLERANCE = 1e-2
"""Radians; ``.bfloat16()`` rounds angles up to 4 by 8e-3, larger ones more."""


def resolve_orientations(
    num_orientations: int, orientations: Sequence[float] | None = None
) -> tuple[float, ...]:
    """Give the orientation angles of a bank, one for each orientation.

    The default is ``(u + 1) * pi / M``, which for M = 4 is the set U =
    (pi/4, pi/2, 3pi/4, pi) of the CS-GResNet paper, section 2.1.

    Args:
        num_orientations: M, the number of orientations.
        orientations: The angles in radians; None takes the default.

    Returns:
        M angles in radians.

    Raises:
        ValueError: If M is not positive or ``orientations`` does not hold M
            finite angles.

    Example:
        >>> resolve_orientations(2)
        (1.5707963267948966, 3.141592653589793)
    """
    if num_orientations < 1:
        raise ValueError(
            f'num_orientations={num_orientations} must be at least 1'
        )
    if orientations is None:
        return tuple(
            (u + 1) * math.pi / num_orientations
            for u in range(num_orientations)
        )
    angles = tuple(float(angle) for angle in orientations)
    if len(angles) != num_orientations:
        raise ValueError(
            f'orientations={angles} holds {len(angles)} angles, expected '
            f'num_orientations={num_orientations}'
        )
    if not all(math.isfinite(angle) for angle in angles):
        raise ValueError(f'orientations={angles} must be finite')
    return angles


def check_orientations(
    loaded: Tensor, orientations: Sequence[float], name: str
) -> None:
    """Check that a checkpoint was made with the angles of a model.

    The weights do not show them: a network keeps them as a buffer, which any
    half-precision dtype rounds.

    Args:
        loaded: Angles of the checkpoint in radians.
        orientations: Angles of the model in radians.
        name: What the buffer is called in the error.

    Raises:
        ValueError: If the number of angles or one of them differs.

    Example:
        >>> check_orientations(torch.tensor([1.57]), (1.5708,), 'angles')
    """
    expected = tuple(orientations)
    found = tuple(loaded.double().flatten().tolist())
    if len(found) != len(expected) or any(
        abs(a - b) > max(ANGLE_TOLERANCE, abs(b) * 2**-8)
        for a, b in zip(found, expected, strict=True)
    ):
        raise ValueError(
            f'{name}: the checkpoint was made with the angles {found}, this '
            f'model has {expected} (radians)'
        )


def _gabor_values(
    height: int, width: int, scale: int, orientation: float
) -> Tensor:
    """Real Gabor function on the pixel grid of a kernel, float64 (h, w)."""
    sigma = math.pi
    k = (math.pi / 2) / math.sqrt(2) ** (scale - 1)
    rows, columns = (
        torch.arange(size, dtype=torch.float64, device='cpu') - (size - 1) / 2
        for size in (height, width)
    )
    y, x = rows[:, None], columns[None, :]
    envelope = torch.exp(-(k**2) * (x**2 + y**2) / (2 * sigma**2))
    carrier = torch.cos(
        k * (x * math.cos(orientation) + y * math.sin(orientation))
    )
    values = k**2 / sigma**2 * envelope * (carrier - math.exp(-(sigma**2) / 2))
    return (values + values.flip(0, 1)) / 2  # exactly point-symmetric


def gabor_filter_bank(
    kernel_size: tuple[int, int],
    num_orientations: int = 4,
    *,
    scale: int = 3,
    orientations: Sequence[float] | None = None,
) -> Tensor:
    r"""Real Gabor filters of one scale, each scaled to [0, 1].

    With :math:`k_v = (\pi/2) / \sqrt{2}^{v-1}` in radians a pixel,
    :math:`\sigma = \pi`, orientation t and (x, y) counted from the kernel's
    centre,

    .. math:: g = \frac{k_v^2}{\sigma^2}
        e^{-k_v^2 (x^2 + y^2) / 2 \sigma^2}
        (\cos(k_v (x \cos t + y \sin t)) - e^{-\sigma^2 / 2})

    (GCN, Eq. 1 and 2, real part), then scaled by its own minimum and maximum.
    A filter of height 1, or one that is constant, is all ones, so that a 1x1
    Gabor convolution is an ordinary one repeated M times.

    Args:
        kernel_size: Height and width in pixels.
        num_orientations: M, the number of orientations.
        scale: The scale index v, at least 1; the wavelength grows with it.
        orientations: M angles in radians, see :func:`resolve_orientations`.

    Returns:
        The bank, float64, shape (M, h, w); exactly point-symmetric.

    Raises:
        ValueError: If a size or the scale is not positive, or the number of
            angles is not M.

    Example:
        >>> gabor_filter_bank((3, 3), orientations=(0, .785, 1.57, 2.356))[0]
        tensor([[0.0000, 0.9089, 0.0000],
                [0.0622, 1.0000, 0.0622],
                [0.0000, 0.9089, 0.0000]], dtype=torch.float64)
    """
    height, width = kernel_size
    if height < 1 or width < 1:
        raise ValueError(f'kernel_size={kernel_size} must be positive')
    if scale < 1:
        raise ValueError(f'scale={scale} must be at least 1')
    angles = resolve_orientations(num_orientations, orientations)
    filters = []
    for angle in angles:
        values = _gabor_values(height, width, scale, angle)
        low, high = values.min(), values.max()
        if height == 1 or bool(high - low < _FLAT):
            filters.append(torch.ones_like(values))
            continue
        values = (values - low) / (high - low)
        filters.append(torch.where(values < _FLAT, 0.0, values))
    return torch.stack(filters)


def filter_bank(
    kind: str,
    kernel_size: tuple[int, int],
    num_orientations: int = 4,
    *,
    scale: int = 3,
    orientations: Sequence[float] | None = None,
) -> Tensor:
    """The Gabor bank, or one of the two banks it is compared with.

    Args:
        kind: ``'gabor'``; ``'ones'``, which leaves the learned kernel as it
            is; or ``'random'``, fixed values drawn evenly from [0, 1), the
            same on every machine and for every release of torch.
        kernel_size: Height and width in pixels.
        num_orientations: M, the number of orientations.
        scale: The scale index v of the Gabor filters.
        orientations: M angles in radians of the Gabor filters.

    Returns:
        The bank, float64, shape (M, h, w).

    Raises:
        ValueError: If ``kind`` is unknown, or as for
            :func:`gabor_filter_bank`.

    Example:
        >>> filter_bank('ones', (1, 2), 2)
        tensor([[[1., 1.]],
        <BLANKLINE>
                [[1., 1.]]], dtype=torch.float64)
    """
    bank = gabor_filter_bank(
        kernel_size, num_orientations, scale=scale, orientations=orientations
    )
    if kind == 'gabor':
        return bank
    if kind == 'ones':
        return torch.ones_like(bank)
    if kind == 'random':
        stream = random.Random(0)
        values = [stream.random() for _ in range(bank.numel())]
        return torch.tensor(values, dtype=torch.float64, device='cpu').reshape(
            bank.shape
        )
    raise ValueError(f'bank={kind!r} must be one of {BANKS}')


def is_symmetric(kind: str, kernel_size: tuple[int, int]) -> bool:
    """Whether a bank of :func:`filter_bank` is point-symmetric.

    Args:
        kind: ``'gabor'``, ``'ones'`` or ``'random'``.
        kernel_size: Height and width in pixels.

    Example:
        >>> is_symmetric('gabor', (3, 3)), is_symmetric('random', (3, 3))
        (True, False)
    """
    return kind != 'random' or kernel_size == (1, 1)


def modulate(weight: Tensor, bank: Tensor) -> Tensor:
    """Multiply each learned kernel with every filter of a bank (Eq. 1).

    ``kernel[o * M + u, c] = weight[o, c] * bank[u]``: the orientation is the
    fastest channel index.

    Args:
        weight: Learned kernels, shape (O, C_in, h, w).
        bank: Filter bank, shape (M, h, w), of the weight's dtype and device.

    Returns:
        Modulated kernels, shape (O*M, C_in, h, w).

    Raises:
        ValueError: If the kernel sizes of the two differ.

    Example:
        >>> modulate(torch.ones(2, 3, 1, 1), torch.ones(4, 1, 1)).shape
        torch.Size([8, 3, 1, 1])
    """
    if not is_scripting():
        if (
            not is_symbolic(weight, bank)
            and weight.shape[-2:] != bank.shape[-2:]
        ):
            raise ValueError(
                f'weight of shape {tuple(weight.shape)} and bank of shape '
                f'{tuple(bank.shape)} have different kernel sizes'
            )
    # (O, 1, C_in, h, w) * (M, 1, h, w) -> (O, M, C_in, h, w)
    return (weight[:, None] * bank[:, None]).flatten(0, 1)
