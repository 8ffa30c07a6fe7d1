"""What columns can tell of a data set, each check written once.

Readers give text as it was written; here it becomes numbers, classes and
splits, or a problem that names file, line, what was found and what is
expected. A row is dropped at the first thing that is wrong with it, and all
is told in the order of the rows.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DatasetError
from .files import FolderIndex
from .names import find_class, find_split
from .report import ParseProblem, ReadReport
from .table import UNLABELLED, Table

Mask = NDArray[np.bool_]
Message = Callable[[int], str]

_CONTROL = re.compile(r'[\x00-\x1f\x7f]')
_WHOLE = re.compile(r'[+-]?[0-9]{1,9}')
_NUMBER = re.compile(r'[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?')


class Review:
    """Drops rows of a table, and tells why.

    Args:
        table: As it was read, in the order of files and lines.
        report: Takes what is wrong.
        problems: What the reader could make no row of.
    """

    def __init__(
        self,
        table: Table,
        report: ReadReport,
        problems: Sequence[ParseProblem] = (),
    ) -> None:
        self.table = table
        self.report = report
        self.keep: Mask = np.ones(len(table), bool)
        """Mask of the rows that are well so far."""
        self._found: list[tuple[float, str, Message]] = [
            (p.before - 0.5, p.cause, lambda _, p=p: p.message)
            for p in problems
        ]

    def drop(self, bad: Mask, cause: str, message: Message) -> None:
        """Rows that are wrong.

        Args:
            bad: Mask of them; those that were dropped before are passed over.
            cause: The same for like errors, for counting.
            message: Of a row, without its file and line.
        """
        rows = np.flatnonzero(bad & self.keep).tolist()
        self._found += [(row, cause, message) for row in rows]
        self.keep[rows] = False

    def tell(self) -> None:
        """Give what was found to the report, in order.

        Raises:
            DatasetError: With ``on_error='raise'``: the first of it.
        """
        found = sorted(self._found, key=lambda item: item[0])
        self._found = []
        for row, cause, message in found:
            if row != int(row):  # a reader's, which knows its place itself
                self.report.add(cause, message(0))
                continue
            number = int(row)
            where = self.table.where(number)
            self.report.add(cause, f'{where}: {message(number)}')

    def done(self, **columns: Any) -> Table:
        """The rows that are left, with columns replaced; all is told.

        Raises:
            DatasetError: See :meth:`tell`.
        """
        self.tell()
        return self.table.replace(**columns).take(self.keep)


# ---- text to values --------------------------------------------------


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
    values = [(parse or _whole)(own) for own in text]
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
        [float(own) if _NUMBER.fullmatch(own) else math.inf for own in text],
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
        review.drop(
            np.array(
                [n in ('.', '..') or '/' in n or '\\' in n for n in text],
                bool,
            ),
            'path escape',
            lambda row: f'{text[row]!r} is a path; a file name is expected',
        )
    review.drop(
        np.array([not n or bool(_CONTROL.search(n)) for n in text], bool),
        'bad name',
        lambda row: f'{text[row]!r} is no file name',
    )
    return text


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
        [UNLABELLED if own is None else own for own in labels], np.int64
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
        DatasetError: The labels do not tell.
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


# ---- images ----------------------------------------------------------


def sizes_of(paths: Sequence[str], files: FolderIndex) -> NDArray[np.int64]:
    """Bytes of each image; -1 where there is none."""
    sizes = []
    for path in paths:
        folder, name = os.path.split(path)
        sizes.append(files.images(folder).get(name, -1))
    return np.array(sizes, np.int64)


def images_present(
    review: Review, table: Table, shown: NDArray[Any] | None = None
) -> None:
    """Images that are missing or empty are problems.

    Args:
        review: Of as many rows.
        table: With path and size.
        shown: What a list calls each image; None where folders were read.
    """
    path = table.path
    if shown is not None:
        review.drop(
            table.size < 0,
            'missing image',
            lambda row: (
                f'image {shown[row]!r}'
                f'{" (an absolute path)" * os.path.isabs(shown[row])} is '
                f'missing; looked for {path[row]}'
            ),
        )
    review.drop(
        table.size == 0,
        'empty image',
        lambda row: (
            'empty image (0 bytes)'
            if shown is None
            else f'image {path[row]} is empty (0 bytes)'
        ),
    )


def each_once(
    review: Review,
    keys: Sequence[Any],
    agree: Mapping[str, NDArray[Any]],
    shown: NDArray[Any] | None = None,
    what: str = 'image',
    cause: str = 'duplicate entry',
) -> None:
    """A second row of an image is a problem.

    Where the two say different things of it, neither is left.

    Args:
        review: Of as many rows.
        keys: What names an image.
        agree: What has to be the same, with its name.
        shown: What a list calls each image; None where folders were read.
        what: The key names, of folders.
        cause: What it is counted as.
    """
    table, first_of = review.table, {}
    first = np.full(len(table), -1)
    unlike = np.zeros(len(table), bool)
    for row in np.flatnonzero(review.keep).tolist():
        own = first_of.setdefault(keys[row], row)
        if own != row:
            first[row] = own
            unlike[row] = any(
                column[row] != column[own] for column in agree.values()
            )

    def message(row: int) -> str:
        if shown is None:
            return f'the same {what} as {table.path[first[row]]}'
        same = 'another' if unlike[row] else 'the same'
        return (
            f'{shown[row]!r} is already in line {table.line[first[row]]}, '
            f'with {same} {" and ".join(agree)}'
        )

    review.drop(first >= 0, cause, message)
    review.keep[first[unlike]] = False


def boxes_with_area(
    review: Review,
    box: NDArray[np.float64],
    of: NDArray[Any],
    show: Callable[[int], str],
) -> None:
    """Boxes without an area, or with none of it at positive pixels.

    Args:
        review: Of as many rows.
        box: (n, 4): left, top, right, bottom.
        of: Names of the images, for messages.
        show: A row's box as its list writes it.
    """
    left, top, right, bottom = box.T
    review.drop(
        (left >= right) | (top >= bottom),
        'bad box',
        lambda row: (
            f'box of {of[row]!r} is {show(row)}; expected left < right and '
            'top < bottom'
        ),
    )
    review.drop(
        (right <= 0) | (bottom <= 0),
        'box outside the image',
        lambda row: f'box of {of[row]!r} is {show(row)}: outside any image',
    )
