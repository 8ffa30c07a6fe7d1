"""Many lines of FER2013's CSV, read by a few array operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .line import PIXELS, find_usage

Images = NDArray[np.uint8]
_Ints = NDArray[np.int64]

_LAST_MARK = ord(',')
"""White space, quotes and commas are up to here, digits and letters above."""


class Block(NamedTuple):
    """Labels and usages of n rows, -1 where there are none, and pixels."""

    labels: list[int]
    usages: list[int]
    pixels: Images


class BlockReader:
    """Reads lines that are all well formed, and gives up otherwise.

    A line is well formed if its marks, that is, its white space and commas,
    are exactly those expected, and all between them is in range.

    Args:
        columns: In the order of the file; '' for one that is not read.
        num_classes: Emotions are 0 .. num_classes - 1, of one digit.
        returns: Whether lines end in CR LF.
    """

    def __init__(
        self, columns: Sequence[str], num_classes: int, returns: bool
    ) -> None:
        self.num_classes = num_classes
        self.returns = returns
        marks: list[int] = []
        self._first = {}
        for column in columns:
            self._first[column] = len(marks)
            marks += [ord(' ')] * (PIXELS - 1 if column == 'pixels' else 0)
            marks.append(ord(','))
        marks[-1:] = b'\r\n' if returns else b'\n'
        self._marks = np.array(marks, np.uint8)

    def read(self, chunk: bytes, count: int) -> Block | None:
        """Read lines.

        Args:
            chunk: The lines, each with its LF.
            count: How many they are.

        Returns:
            Pixels are (count, 2304). None unless all are well formed.
        """
        raw = np.frombuffer(chunk, np.uint8)
        marks = np.flatnonzero(raw <= _LAST_MARK)
        if len(marks) != count * len(self._marks):
            return None
        ends = marks.reshape(count, -1)
        if (raw[ends] != self._marks).any():
            return None
        lengths = np.diff(marks, prepend=-1).reshape(count, -1) - 1
        if self.returns and lengths[:, -1].any():
            return None  # something stands between CR and LF
        first = self._first['pixels']
        part = slice(first, first + PIXELS)
        pixels = _decode(raw, ends[:, part], lengths[:, part])
        labels = self._labels(raw, ends, lengths)
        usages = self._usages(chunk, ends, lengths)
        if pixels is None or labels is None or usages is None:
            return None
        return Block(labels, usages, pixels)

    def _labels(
        self, raw: Images, ends: _Ints, lengths: _Ints
    ) -> list[int] | None:
        if 'emotion' not in self._first:
            return [-1] * len(ends)
        column = self._first['emotion']
        labels = raw[ends[:, column] - 1] - ord('0')
        if (labels >= self.num_classes).any():
            return None
        if (lengths[:, column] != 1).any():
            return None
        found: list[int] = labels.tolist()
        return found

    def _usages(
        self, chunk: bytes, ends: _Ints, lengths: _Ints
    ) -> list[int] | None:
        if 'usage' not in self._first:
            return [-1] * len(ends)
        column = self._first['usage']
        usages = [
            find_usage(chunk[end - length : end].decode('latin-1'))
            for end, length in zip(
                ends[:, column].tolist(),
                lengths[:, column].tolist(),
                strict=True,
            )
        ]
        return None if -1 in usages else usages


def _decode(raw: Images, ends: _Ints, lengths: _Ints) -> Images | None:
    """Numbers of one to three digits that end before ``ends``, if all are.

    An index below zero wraps around, to a byte that is not used.
    """
    if lengths.min() < 1 or lengths.max() > 3:
        return None
    ones = raw[ends - 1] - ord('0')
    tens = (raw[ends - 2] - ord('0')) * (lengths > 1)
    hundreds = (raw[ends - 3] - ord('0')) * (lengths > 2)
    if max(ones.max(), tens.max(), hundreds.max()) > 9:
        return None
    values = hundreds.astype(np.uint16) * 100 + tens * 10 + ones
    if values.max() > 255:
        return None
    pixels: Images = values.astype(np.uint8)
    return pixels
