"""FER2013's CSV files: an emotion, 48x48 pixels and a usage a line.

The columns come in several orders and with or without a usage
(``fer2013.csv``: ``emotion,pixels,Usage``; ``icml_face_data.csv``:
``emotion, Usage, pixels``; ``train.csv``: ``emotion,pixels``). Blocks of lines
that are well formed are read at once. A block in which anything differs is
read again line by line, which says what is wrong, or takes what is merely
unusual: quotes, other white space, blank lines.
"""

from __future__ import annotations

import csv
import mmap
import re
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import DatasetError
from ..reading.delimited import find_delimiter, split_fields
from ..reading.files import MAX_LINE
from .block import Block, BlockReader, Images
from .line import PIXELS, SIDE, read_line

COLUMNS = ('emotion', 'pixels', 'usage')
_BLOCK = 32
_NOTHING = b' \t\r\n\v\f,;|'
_UNNAMED = re.compile('(Unnamed: [0-9]+)?')


class RowProblem(NamedTuple):
    """A malformed row; ``text`` starts with its line."""

    row: int
    cause: str
    text: str


class CsvRows(NamedTuple):
    """The rows of a CSV, without their pixels.

    ``labels`` (N,) is -1 where the row is malformed or the file has no
    emotions; ``usages`` (N,) counts in
    :data:`~.line.USAGES`, -1 where it is
    unknown; ``lines`` (N,) is the line in the file, from 1. Blank lines are
    no rows.
    """

    labels: NDArray[np.int8]
    usages: NDArray[np.int8]
    lines: NDArray[np.int32]
    problems: list[RowProblem]
    blank: int


class _Span(NamedTuple):
    """First byte of a row, the byte after its last, and its line."""

    start: int
    end: int
    line: int


def read_header(path: Path) -> tuple[tuple[str, ...], str]:
    """Columns of a CSV, in lower case, and the delimiter between them.

    They are some of :data:`COLUMNS`; '' is one without a name: pandas' index,
    or after the last delimiter.

    Raises:
        DatasetError: There is no such file, or its first line is something
            else.
    """
    if not path.is_file():
        raise DatasetError(f'{path}: no such file')
    with open(path, 'rb') as file:
        line = file.readline(1000)
    text = line.decode('utf-8-sig', 'replace').strip('\r\n')
    delimiter = find_delimiter(text)
    try:
        fields = split_fields(text, delimiter)
    except csv.Error:
        fields = []
    names = tuple(
        '' if _UNNAMED.fullmatch(name) else name.lower() for name in fields
    )
    known = [name for name in names if name]
    if (
        'pixels' not in known
        or len(set(known)) != len(known)
        or not set(known) <= set(COLUMNS)
    ):
        raise DatasetError(
            f'{path}, line 1: header is {text[:60]!r}; expected '
            "'emotion,pixels,Usage' or 'emotion, Usage, pixels'; Usage may "
            'be missing'
        )
    return names, delimiter


class FerCsv:
    """An open CSV, whose rows are read once and in order.

    Use it in a ``with`` statement, take all :meth:`blocks`, then
    :meth:`table`.

    Args:
        path: The file.
        num_classes: Emotions are 0 .. num_classes - 1.

    Raises:
        DatasetError: The header is wrong, no row follows it, or a line is
            longer than :data:`~.files.MAX_LINE`.
    """

    def __init__(self, path: Path, num_classes: int = 7) -> None:
        self.columns, self._delimiter = read_header(path)
        self.num_classes = num_classes
        self._labels: list[int] = []
        self._usages: list[int] = []
        self._problems: list[RowProblem] = []
        with open(path, 'rb') as file:
            self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._spans, self._blank = _find_rows(self._data)
        longest = max(self._spans, key=lambda s: s.end - s.start, default=None)
        if longest and longest.end - longest.start > MAX_LINE:
            self._data.close()
            raise DatasetError(
                f'{path}, line {longest.line}: '
                f'{longest.end - longest.start} bytes; a row of {PIXELS} '
                f'pixels has fewer than {MAX_LINE}'
            )
        if not self._spans:
            self._data.close()
            raise DatasetError(f'{path}: holds no row after the header')
        returns = self._data[self._spans[0].end - 1] == ord('\r')
        self._reader = BlockReader(self.columns, num_classes, returns)

    def __enter__(self) -> FerCsv:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._data.close()

    def __len__(self) -> int:
        return len(self._spans)

    def blocks(self) -> Iterator[Images]:
        """Pixels (n, 48, 48) of the next rows; zeros for malformed ones."""
        for first in range(0, len(self), _BLOCK):
            spans = self._spans[first : first + _BLOCK]
            chunk = self._data[spans[0].start : spans[-1].end] + b'\n'
            block = self._read_block(chunk, len(spans))
            if block is None:
                pixels = self._read_lines(spans)
            else:
                pixels = block.pixels
                self._labels += block.labels
                self._usages += block.usages
            yield pixels.reshape(-1, SIDE, SIDE)

    def _read_block(self, chunk: bytes, count: int) -> Block | None:
        if self._delimiter != ',':
            if b',' in chunk:
                return None
            chunk = chunk.replace(self._delimiter.encode(), b',')
        return self._reader.read(chunk, count)

    def _read_lines(self, spans: list[_Span]) -> Images:
        pixels = np.zeros((len(spans), PIXELS), np.uint8)
        for span, row_pixels in zip(spans, pixels, strict=True):
            label, usage, problem = read_line(
                self._data[span.start : span.end],
                self.columns,
                self.num_classes,
                row_pixels,
                self._delimiter,
            )
            if problem is not None:
                cause, text = problem
                row = len(self._labels)
                self._problems.append(
                    RowProblem(row, cause, f'line {span.line}: {text}')
                )
            self._labels.append(label)
            self._usages.append(usage)
        return pixels

    def table(self) -> CsvRows:
        """What was read beside the pixels."""
        return CsvRows(
            np.array(self._labels, np.int8),
            np.array(self._usages, np.int8),
            np.array([span.line for span in self._spans], np.int32),
            self._problems,
            self._blank,
        )


def _find_rows(data: mmap.mmap) -> tuple[list[_Span], int]:
    """The rows after the header, and the number of blank lines."""
    spans = []
    blank = 0
    line = 1
    start = data.find(b'\n') + 1 or len(data)
    while start < len(data):
        end = data.find(b'\n', start)
        if end < 0:
            end = len(data)
        line += 1
        if data[start] in _NOTHING and not data[start:end].strip(_NOTHING):
            blank += 1
        else:
            spans.append(_Span(start, end, line))
        start = end + 1
    return spans, blank
