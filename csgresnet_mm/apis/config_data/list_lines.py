"""The lines of a list of images and labels, as MMPretrain reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

EMPTY = 'empty lines'
MARKED = 'lines that begin with a byte-order mark'
NO_LABEL = 'lines without a label'
NO_NUMBER = 'lines whose label is no number'


class BrokenLine(NamedTuple):
    """A line that MMPretrain's CustomDataset cannot read, from 1."""

    cause: str
    file: str
    number: int
    text: str


def check_lines(
    file: str, lines: Sequence[str]
) -> tuple[list[str], list[BrokenLine]]:
    """The lines that can be read, and the others.

    Args:
        file: They are of, for the message.
        lines: ``PATH LABEL`` each, with one space between.

    >>> check_lines('x.txt', ['a.jpg 0', 'b.jpg sad', ''])[1][0].cause
    'lines whose label is no number'
    """
    good, broken = [], []
    for number, line in enumerate(lines, 1):
        cause = _cause(line)
        if cause:
            broken.append(BrokenLine(cause, file, number, line.strip()))
        else:
            good.append(line)
    return good, broken


def _cause(line: str) -> str:
    words = line.strip().rsplit(' ', 1)
    if words == ['']:
        return EMPTY
    if line.startswith('\ufeff'):
        return MARKED
    if len(words) < 2:
        return NO_LABEL
    try:
        int(words[1])
    except ValueError:
        return NO_NUMBER
    return ''
