"""Channel shift without parameters and without multiplications.

Source: CS-GResNet, section 2.2 and Algorithm 1, which builds it from a frozen
depth-wise convolution tied to one input size.

Axes: B batch, C channels, M orientations, H and W height and width,
P = M*H*W positions.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from csgresnet_mm.functional.orientation import check_channels
from csgresnet_mm.functional.tracing import is_symbolic

POSITIONS = ('start', 'middle', 'end', 'stochastic')
DIRECTIONS = ('right', 'left')


def check_channel_shift(
    divisor: int, position: str | int, directions: Sequence[str]
) -> None:
    """Check the arguments of a channel shift that need no input.

    Args:
        divisor: The paper's sigma: a block holds P // divisor positions.
        position: Where the first block lies.
        directions: Directions of the first and the second block.

    Raises:
        ValueError: If one of them is out of its range.
    """
    if not isinstance(divisor, int):
        raise ValueError(f'divisor={divisor!r} must be an integer')
    if divisor < 2:
        raise ValueError(f'divisor={divisor} must be at least 2')
    if isinstance(position, str):
        if position not in POSITIONS:
            raise ValueError(
                f'position={position!r} must be one of {POSITIONS} or a '
                'block index'
            )
    elif not isinstance(position, int):
        raise ValueError(f'position={position!r} must be a name or an integer')
    elif position < 0:
        raise ValueError(f'position={position} must not be negative')
    if len(directions) != 2 or not set(directions) <= set(DIRECTIONS):
        raise ValueError(
            f'directions={tuple(directions)} must be two of {DIRECTIONS}'
        )


def _hash32(x: Tensor) -> Tensor:
    """A bijection of the integers below 2**32, int64 in and out."""
    for _ in range(2):
        x = ((x ^ (x >> 16)) * 0x45D9F3B) & 0xFFFFFFFF
    return x ^ (x >> 16)


def block_index(divisor: int, position: str | int) -> int:
    """Give the index i of the first block, -1 for stochastic positions.

    Args:
        divisor: The paper's sigma.
        position: See :func:`shift_blocks`.

    Example:
        >>> block_index(16, 'middle')
        7
    """
    if not isinstance(position, str):
        return position
    named = {
        'start': 0,
        'middle': divisor // 2 - 1,
        'end': divisor - 2,
        'stochastic': -1,
    }
    return named[position]


def _check_blocks(num_positions: int, divisor: int, index: int) -> None:
    block = num_positions // divisor
    if block == 0:
        raise ValueError(
            f'{num_positions} positions are fewer than divisor={divisor}: '
            'the shift blocks are empty'
        )
    if (index + 2) * block > num_positions:
        raise ValueError(
            f'position={index}: the second block ends at '
            f'{(index + 2) * block}, after the last of {num_positions} '
            f'positions (divisor={divisor}, {block} positions a block)'
        )


def check_fit(
    x: Tensor, divisor: int, index: int, num_orientations: int
) -> None:
    """Check that features can be shifted.

    Args:
        x: Features, shape (B, C, H, W).
        divisor: The paper's sigma.
        index: Of the first block; -1 for stochastic positions.
        num_orientations: M, the number of orientations.

    Raises:
        ValueError: If M does not divide C or the blocks do not fit P.
    """
    check_channels(x.shape[1], num_orientations)
    _check_blocks(num_orientations * x.shape[2] * x.shape[3], divisor, index)


def _mark_blocks(
    num_positions: int,
    divisor: int,
    index: int,
    seed: int | Tensor,
    device: torch.device,
) -> tuple[Tensor, Tensor]:
    block = num_positions // divisor
    rank = torch.arange(num_positions, device=device)
    if index < 0:  # rank of each position in the order drawn by the seed
        if not isinstance(seed, Tensor):
            seed = torch.tensor(seed, device=device)
        key = _hash32(rank ^ _hash32(seed & 0xFFFFFFFF))
        rank = key.argsort().argsort()
        index = 0
    first = index * block
    second = first + block
    return (
        (rank >= first) & (rank < second),
        (rank >= second) & (rank < second + block),
    )


def shift_blocks(
    num_positions: int,
    divisor: int = 16,
    position: str | int = 'start',
    *,
    seed: int | Tensor = 0,
    device: torch.device | None = None,
) -> tuple[Tensor, Tensor]:
    """Mark the positions of the two blocks that are shifted.

    With b = P // divisor and block index i, the first block is
    [i*b, (i+1)*b) and the second [(i+1)*b, (i+2)*b). ``'start'`` is i = 0,
    ``'middle'`` divisor//2 - 1 and ``'end'`` divisor - 2. ``'stochastic'``
    takes the first and the next b positions of a fixed order, the
    positions sorted by an integer hash of (seed, position): the same on every
    device and with every torch version.

    Args:
        num_positions: P, the number of positions.
        divisor: The paper's sigma, at least 2.
        position: A name above, or the block index i itself.
        seed: Draws the stochastic order; an integer or an int64 scalar.
        device: Where the masks are made.

    Returns:
        Two boolean masks of shape (P,).

    Raises:
        ValueError: If a block is empty or ends after the last position.

    Example:
        >>> shift_blocks(8, 4, 'middle')[0].nonzero().flatten()
        tensor([2, 3])
    """
    index = block_index(divisor, position)
    _check_blocks(num_positions, divisor, index)
    if device is None:
        device = torch.get_default_device()
    return _mark_blocks(num_positions, divisor, index, seed, device)


def shift_planes(
    x: Tensor,
    divisor: int,
    index: int,
    directions: tuple[str, str],
    num_orientations: int,
    seed: int | Tensor,
) -> Tensor:
    """Shift as :func:`channel_shift` does, for arguments that were checked.

    TorchScript compiles it; tracers find no ``if`` that looks at a size.

    Args:
        x: Features, shape (B, C, H, W).
        divisor: The paper's sigma.
        index: Of the first block; -1 for stochastic positions.
        directions: Directions of the first and the second block.
        num_orientations: M, the number of orientations.
        seed: Draws the order of stochastic positions.

    Returns:
        Shifted features, shape (B, C, H, W).
    """
    (channels, height, width) = (x.shape[1], x.shape[2], x.shape[3])
    blocks = _mark_blocks(
        num_orientations * height * width, divisor, index, seed, x.device
    )
    # One plane is num_orientations channels
    edge = torch.zeros_like(x[:, :num_orientations])
    # where() takes the memory format of its condition: give it that of x
    still = torch.zeros_like(x[:1], dtype=torch.bool)
    out = x
    for block, direction in zip(blocks, directions):  # noqa: B905
        # (M*H*W,) -> (M, H, W) -> (C, H, W)
        grid = block.reshape(num_orientations, height, width)
        mask = still | grid.repeat(channels // num_orientations, 1, 1)
        if direction == 'right':
            moved = torch.cat([edge, x[:, :-num_orientations]], 1)
        else:
            moved = torch.cat([x[:, num_orientations:], edge], 1)
        out = torch.where(mask, moved, out)
    return out


def channel_shift(
    x: Tensor,
    divisor: int = 16,
    position: str | int = 'start',
    *,
    directions: Sequence[str] = ('right', 'left'),
    num_orientations: int = 1,
    seed: int | Tensor = 0,
) -> Tensor:
    """Shift the channels at two blocks of positions by one, in and out.

    Shift-right gives ``out[c] = x[c-1]``, shift-left ``out[c] = x[c+1]``, with
    zero where the source lies outside; every other position is copied.

    With ``num_orientations=1`` this is the paper's Algorithm 1: P = H*W, the
    shift runs over all channels. With M orientations, features are taken as
    (B, C/M, M*H*W), positions are (u*H + y)*W + x, and the shift runs over
    the C/M planes, as in the authors' code and the paper's Table 2.

    Args:
        x: Features, shape (B, C, H, W).
        divisor: The paper's sigma: a block holds P // divisor positions.
        position: See :func:`shift_blocks`.
        directions: Directions of the first and the second block.
        num_orientations: M, the number of orientations.
        seed: Draws the order of ``position='stochastic'``.

    Returns:
        Shifted features, shape (B, C, H, W).

    Raises:
        TypeError: If x is no tensor.
        ValueError: If an argument is out of range, x has not four axes, M does
            not divide C, or the blocks do not fit P.

    Example:
        >>> x = torch.arange(1., 5.).reshape(1, 4, 1, 1).expand(1, 4, 1, 2)
        >>> channel_shift(x, 2)[0, :, 0].T
        tensor([[0., 1., 2., 3.],
                [2., 3., 4., 0.]])
    """
    check_channel_shift(divisor, position, directions)
    if not isinstance(x, Tensor):
        raise TypeError(
            f'x is a {type(x).__name__}, expected a tensor of shape '
            '(B, C, H, W)'
        )
    if x.dim() != 4:
        raise ValueError(
            f'x of shape {tuple(x.shape)} does not fit, expected (B, C, H, W)'
        )
    index = block_index(divisor, position)
    if not is_symbolic(x):
        check_fit(x, divisor, index, num_orientations)
    (first, second) = directions
    return shift_planes(
        x, divisor, index, (first, second), num_orientations, seed
    )
