"""The release's frozen depth-wise convolution, read as a channel shift."""

from __future__ import annotations

from typing import Any

from torch import Tensor

TAPS = {'right': (1, 0, 0), 'left': (0, 0, 1), 'still': (0, 1, 0)}
"""Cross-correlation with one zero on each side: out[c] = x[c-1] is right."""


def read_shift(key: str, weight: Tensor) -> dict[str, Any]:
    """Divisor, position and directions of a frozen shift.

    Args:
        key: Of the weight, for the error.
        weight: Of a Conv1d with P groups, shape (P, 1, 3), P positions.

    Returns:
        ``divisor``, ``position`` and ``directions`` of
        :class:`csgresnet_mm.layers.ChannelShift`. Where several divisors
        give the same blocks, a power of two is taken, else the smallest.

    Raises:
        ValueError: A tap is neither 0 nor 1, or the shifted positions are no
            two neighbouring blocks of equal length.
    """
    kinds = _read_kinds(key, weight)
    total = len(kinds)
    runs: list[tuple[str, int, int]] = []
    for position, kind in enumerate(kinds):
        if runs and runs[-1][0] == kind:
            runs[-1] = (kind, runs[-1][1], position + 1)
        else:
            runs.append((kind, position, position + 1))
    moved = [run for run in runs if run[0] != 'still']
    if len(moved) != 2 or moved[0][2] != moved[1][1]:
        raise ValueError(
            f'{key}: {len(moved)} shifted blocks; expected two neighbouring '
            'ones. Positions drawn at random (stochastic) have no counterpart '
            'here: ours are drawn in another way'
        )
    (first, start, middle), (second, _, end) = moved
    length = middle - start
    if end - middle != length or start % length:
        raise ValueError(
            f'{key}: blocks [{start}, {middle}) and [{middle}, {end}); '
            'expected equal lengths, and a start that they divide'
        )
    divisors = [s for s in range(2, total + 1) if total // s == length]
    if not divisors:
        raise ValueError(
            f'{key}: blocks of {length} of {total} positions; expected '
            f'{total} // divisor'
        )
    powers = [s for s in divisors if s & (s - 1) == 0]
    divisor = (powers or divisors)[0]
    position = _name(divisor, start // length)
    return {
        'divisor': divisor,
        'position': position,
        'directions': (first, second),
    }


def _read_kinds(key: str, weight: Tensor) -> list[str]:
    if weight.ndim != 3 or weight.shape[1:] != (1, 3):
        raise ValueError(
            f'{key}: shape {tuple(weight.shape)}; expected (P, 1, 3)'
        )
    names = {taps: name for name, taps in TAPS.items()}
    kinds = []
    for position, taps in enumerate(weight[:, 0].tolist()):
        kind = names.get(tuple(taps))
        if kind is None:
            raise ValueError(
                f'{key}: taps {taps} at position {position}; expected one 1 '
                'and two 0'
            )
        kinds.append(kind)
    return kinds


def _name(divisor: int, index: int) -> str | int:
    named = {divisor - 2: 'end', divisor // 2 - 1: 'middle', 0: 'start'}
    return named.get(index, index)
