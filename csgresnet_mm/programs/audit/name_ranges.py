"""What the names of a split's images look like, as ranges."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass

from csgresnet_mm.datasets.reading.files import image_stem

_DIGITS = re.compile(r'\d+')
MOST_PATTERNS = 6
"""Patterns reported; where most images have one of their own, none is."""


@dataclass(frozen=True)
class NameRange:
    """Names that differ in one number, shown as ``#`` in ``pattern``.

    ``missing`` numbers between the lowest and the highest do not occur.
    """

    pattern: str
    count: int
    lowest: int
    highest: int
    missing: int

    def __str__(self) -> str:
        """``12271 x train_#_aligned, # from 1 to 12271, none missing``."""
        text = f'{self.count} x {self.pattern}'
        if '#' not in self.pattern:
            return text
        missing = self.missing or 'none'
        return (
            f'{text}, # from {self.lowest} to {self.highest}, {missing} '
            'missing'
        )


def name_ranges(paths: Iterable[str]) -> list[NameRange]:
    """Group names by what is left without their longest number.

    Args:
        paths: Of images; only the file name without its suffix counts.

    Returns:
        The ranges, the fullest first.

    >>> print(*name_ranges(['a/train_002.jpg', 'a/train_004.jpg', 'x.jpg']))
    2 x train_#, # from 2 to 4, 1 missing 1 x x
    """
    found: dict[str, list[int]] = {}
    for path in paths:
        stem = image_stem(os.path.basename(path))
        runs = list(_DIGITS.finditer(stem))
        if not runs:
            found.setdefault(stem, []).append(0)
            continue
        run = max(runs, key=lambda match: len(match[0]))
        if stem[: runs[-1].start()].endswith('#'):  # a row of an array
            run = runs[-1]
        pattern = f'{stem[: run.start()]}#{stem[run.end() :]}'
        found.setdefault(pattern, []).append(int(run[0]))
    ranges = [
        NameRange(
            pattern,
            len(numbers),
            min(numbers),
            max(numbers),
            max(numbers) - min(numbers) + 1 - len(set(numbers)),
        )
        for pattern, numbers in found.items()
    ]
    return sorted(ranges, key=lambda item: (-item.count, item.pattern))


def describe_names(ranges: list[NameRange]) -> list[str]:
    """A few lines about the ranges."""
    names = sum(item.count for item in ranges)
    if len(ranges) > max(MOST_PATTERNS, names // 2):
        last = max(ranges, key=lambda item: item.pattern).pattern
        first = min(ranges, key=lambda item: item.pattern).pattern
        return [f'{names} names of no common pattern, {first} to {last}']
    lines = [str(item) for item in ranges[:MOST_PATTERNS]]
    rest = ranges[MOST_PATTERNS:]
    if rest:
        count = sum(item.count for item in rest)
        lines.append(f'{count} x {len(rest)} more patterns')
    return lines
