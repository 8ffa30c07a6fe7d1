"""Columns of text, as a list wrote them, to numbers, classes and splits.

What is none is a problem, see :mod:`~.checks`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DatasetError
from .checks import Review
from .names import find_class, find_split
from .table import UNLABELLED, Table

CONTROL = re.compile(r'[\x00-\x1f\x7f]')
"""Characters that no name of a file has."""
_WHOLE = re.compile(r'[+-]?[0-9]{1,9}')
_WRITTEN = re.compile(
    r'([+-]?[0-9]{1,9})(?:[.,]0{0,20})?(?:[eE][+-]?0{1,3})?', re.ASCII
)
_NUMBER = re.compile(r'[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?')


def parse_whole(text: str) -> int | None:
    """A whole number, as pandas and Excel write one; None if it is none.

    >>> [parse_whole(text) for text in ('5', ' 5.0', '5,0', '5.0e+00')]
    [5, 5, 5, 5]
    >>> parse_whole('5.5') is None
    True
    """
    match = _WRITTEN.fullmatch(text.strip())
    return None if match is None else int(match[1])


def whole_numbers(
    review: Review,
    column: str,
    parse: Callable[[str], int | None] | None = None,
    expected: str = '',
) -> NDArray[np.int64]:
    """A column of text as integers; what is none is a problem.

    Args:
        review: Whose table's column.
        column: In ``extra``.
        parse: None allows digits and a sign only.
        expected: Ends the message.
    """
    text = review.table.extra[column]
    values = [(parse or _whole)(word) for word in text]
    bad = np.array([value is None for value in values], bool)
    review.drop(
        bad,
        f'{column} not an integer',
        lambda row: f'{column} {text[row]!r} is not an integer{expected}',
    )
    return np.array([value or 0 for value in values], np.int64)


def _whole(text: str) -> int | None:
    return int(text) if _WHOLE.fullmatch(text) else None


def numbers(
    review: Review, column: str, expected: str = ''
) -> NDArray[np.float64]:
    """A column of text as finite numbers; what is none is a problem."""
    text = review.table.extra[column]
    values = np.array(
        [
            float(word) if _NUMBER.fullmatch(word) else math.inf
            for word in text
        ],
        np.float64,
    )
    review.drop(
        ~np.isfinite(values),
        'not a number',
        lambda row: f'{column} {text[row]!r} is not a number{expected}',
    )
    return values


def file_names(
    review: Review, column: str, paths: bool = False
) -> NDArray[Any]:
    """A column of text as names of files; paths are problems or not."""
    text = review.table.extra[column]
    if not paths:
        refuse_paths(review, text)
    review.drop(
        np.array([not n or bool(CONTROL.search(n)) for n in text], bool),
        'bad name',
        lambda row: f'{text[row]!r} is no file name',
    )
    return text


def refuse_paths(review: Review, names: NDArray[Any]) -> None:
    """Names of files that are paths are problems."""
    review.drop(
        np.array(
            [n in ('.', '..') or '/' in n or '\\' in n for n in names], bool
        ),
        'path escape',
        lambda row: f'{names[row]!r} is a path; a file name is expected',
    )


def class_words(
    review: Review, column: str, classes: Sequence[str], of: NDArray[Any]
) -> NDArray[np.int64]:
    """A column of class names as labels, through the one alias table.

    Args:
        review: Whose table's column.
        column: In ``extra``.
        classes: In native order.
        of: Names of the images, for messages.
    """
    text = review.table.extra[column]
    labels = [find_class(word, classes) for word in text]
    review.drop(
        np.array([label is None for label in labels], bool),
        'unknown class',
        lambda row: (
            f'{column} {text[row]!r} of {of[row]!r} is unknown; the classes '
            f'are {", ".join(classes)}'
        ),
    )
    return np.array(
        [UNLABELLED if label is None else label for label in labels], np.int64
    )


def split_words(
    review: Review,
    column: str,
    of: NDArray[Any],
    expected: str,
    find: Callable[[str], str | None] = find_split,
) -> NDArray[Any]:
    """A column of words for splits as splits, '' where it is none."""
    text = review.table.extra[column]
    splits = np.array([find(word) or '' for word in text], object)
    review.drop(
        splits == '',
        'unknown split',
        lambda row: (
            f'{column} {text[row]!r} of {of[row]!r} is unknown; expected '
            f'{expected}'
        ),
    )
    return splits


# ---- labels ----------------------------------------------------------


def find_base(
    table: Table, num_classes: int, base: int | str, note: str = ''
) -> int:
    """What the lowest label of a list is: 0 or 1.

    Args:
        table: Of one list, with labels as it wrote them.
        num_classes: Number of labels.
        base: 0, 1 or 'auto': a list with a 0 counts from 0, one with
            ``num_classes`` from 1; both or neither is an error.
        note: Follows ``label_base=0`` in errors.

    Raises:
        DatasetError: The labels do not say.
    """
    if base != 'auto':
        return int(base)
    path = table.file[0]
    low, high = (
        table.line[table.label == label][:1].tolist()
        for label in (0, num_classes)
    )
    if low and high:
        raise DatasetError(
            f'{path}: labels 0 (line {low[0]}) and {num_classes} (line '
            f'{high[0]}) both occur, so it counts neither from 0 nor from 1; '
            f'mend it, or set label_base=0{note} or label_base=1'
        )
    if not low and not high:
        raise DatasetError(
            f'{path}: neither label 0 nor {num_classes} occurs, so whether '
            'it counts from 0 or from 1 is ambiguous; set label_base=0'
            f'{note} or label_base=1'
        )
    return 1 if high else 0


def labels_from_zero(
    review: Review,
    of: NDArray[Any],
    num_classes: int,
    base: int,
    hint: str | None = None,
) -> NDArray[np.int64]:
    """The table's labels, counted from 0; those out of range are problems.

    Args:
        review: Of one list, with labels as it wrote them.
        of: Names of the images, for messages.
        num_classes: Number of labels.
        base: The lowest.
        hint: Names other sets, whose more than two labels that are out of
            range are; None where there is none.

    Raises:
        DatasetError: They are.
    """
    labels, last = review.table.label, base + num_classes - 1
    bad = (labels < base) | (labels > last)
    values = np.unique(labels[bad & review.keep]).tolist()
    if hint is not None and len(values) > 2:
        lines = review.table.line[bad & review.keep]
        raise DatasetError(
            f'{review.table.file[0]}: labels {values} are outside '
            f'{base}..{last} ({len(lines)} of {review.keep.sum()} lines, '
            f'first: line {lines[0]}): another set{hint}'
        )
    review.drop(
        bad,
        'label out of range',
        lambda row: (
            f'label {labels[row]} of {of[row]!r} is outside {base}..{last}'
            f'{hint or ""}'
        ),
    )
    return labels - base
