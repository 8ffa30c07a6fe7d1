"""One line of FER2013's CSV, read slowly: it says what is wrong with it."""

from __future__ import annotations

import csv
import functools
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..reading.columns import parse_whole
from ..reading.delimited import split_fields, trim
from ..reading.names import find_split

SIDE = 48
PIXELS = SIDE * SIDE
USAGES = ('Training', 'PublicTest', 'PrivateTest')
SPLITS = ('train', 'val', 'test')
"""Our name of each usage."""

Problem = tuple[str, str]
"""Cause, and what was found and expected."""

_VALUES = {str(value): value for value in range(256)}
_DIGITS = re.compile('[0-9]{1,9}')


def read_line(
    data: bytes,
    columns: Sequence[str],
    num_classes: int,
    pixels: NDArray[np.uint8],
    delimiter: str = ',',
) -> tuple[int, int, Problem | None]:
    """Read a line.

    Args:
        data: The line, without its LF.
        columns: In the order of the file.
        num_classes: Emotions are 0 .. num_classes - 1.
        pixels: (2304,); filled if the line is well formed.
        delimiter: Between the fields.

    Returns:
        Label and usage, -1 where there is none, and what is wrong.
    """
    fields, problem = _split(data, columns, delimiter)
    if problem is not None:
        return -1, -1, problem
    named = dict(zip(columns, fields, strict=True))
    usage, wrong_usage = _find_usage(named.get('usage'))
    label, wrong_label = _find_label(named.get('emotion'), num_classes)
    problem = wrong_label or wrong_usage or _fill(pixels, named['pixels'])
    return -1 if problem else label, usage, problem


def _split(
    data: bytes, columns: Sequence[str], delimiter: str
) -> tuple[list[str], Problem | None]:
    try:
        text = data.decode('utf-8').rstrip('\r')
        fields = trim(split_fields(text, delimiter), len(columns))
    except UnicodeDecodeError as error:
        return [], ('not text', f'byte {error.start} is not UTF-8')
    except csv.Error as error:
        return [], ('bad line', f'not a line of CSV: {error}')
    while len(fields) < len(columns) and not columns[len(fields)]:
        fields.append('')
    if len(fields) == len(columns):
        return fields, None
    return [], (
        'wrong number of fields',
        f'{len(fields)} fields {text[:40]!r}; expected {len(columns)}: '
        f'{",".join(columns)}',
    )


@functools.lru_cache(maxsize=256)
def find_usage(text: str) -> int:
    """Place of a usage, or of a word for its split, in :data:`USAGES`; or -1.

    >>> find_usage('PublicTest'), find_usage('valid'), find_usage('PubTest')
    (1, 1, -1)
    """
    split = find_split(text)
    return -1 if split is None else SPLITS.index(split)


def _find_usage(text: str | None) -> tuple[int, Problem | None]:
    if text is None:
        return -1, None
    usage = find_usage(text)
    if usage >= 0:
        return usage, None
    return -1, (
        'unknown Usage',
        f'Usage {text[:40]!r} is unknown; expected one of {", ".join(USAGES)}',
    )


def _find_label(
    text: str | None, num_classes: int
) -> tuple[int, Problem | None]:
    if text is None:
        return -1, None
    label = parse_whole(text)
    if label is None or label < 0 or text.startswith(('+', '-')):
        return -1, (
            'label not an integer',
            f'emotion {text[:40]!r} is not an integer',
        )
    if label < num_classes:
        return label, None
    hint = ' (7 is Contempt in ckextended.csv, which is CK+)'
    return -1, (
        'label out of range',
        f'emotion {text} is outside 0..{num_classes - 1}'
        + hint * (label == 7),
    )


def _fill(pixels: NDArray[np.uint8], text: str) -> Problem | None:
    """Write the pixels of a line, or say what is wrong with them."""
    words = text.split()
    if len(words) != PIXELS:
        return (
            'wrong number of pixels',
            f'{len(words)} pixels; expected {PIXELS} ({SIDE}x{SIDE})',
        )
    values = [_VALUES.get(word, -1) for word in words]
    if -1 in values:
        for index, word in enumerate(words):
            if not _DIGITS.fullmatch(word) or int(word) > 255:
                return (
                    'bad pixel',
                    f'pixel {index + 1} is {word[:40]!r}; expected an '
                    'integer in 0..255',
                )
            values[index] = int(word)
    pixels[:] = values
    return None
