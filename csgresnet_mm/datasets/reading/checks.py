"""What is wrong with images, seen in columns; each check written once.

A problem names file, line, what was found and what is expected. A row is
dropped at the first thing that is wrong with it, and all problems are
reported in the order of the rows.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .report import ParseProblem, ReadReport
from .table import Table

Mask = NDArray[np.bool_]
Message = Callable[[int], str]


class Review:
    """Drops rows of a table, and reports why.

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
        self._problems: list[tuple[float, str, Message]] = [
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
        self._problems += [(row, cause, message) for row in rows]
        self.keep[rows] = False

    def flush(self) -> None:
        """Give the problems to the report, in order.

        Raises:
            DatasetError: With ``on_error='raise'``: the first of them.
        """
        problems = sorted(self._problems, key=lambda item: item[0])
        self._problems = []
        for row, cause, message in problems:
            if row != int(row):  # a reader's, which knows its place itself
                self.report.add(cause, message(0))
                continue
            number = int(row)
            where = self.table.where(number)
            self.report.add(cause, f'{where}: {message(number)}')

    def done(self, **columns: Any) -> Table:
        """The rows that are left, with columns replaced; after a flush.

        Raises:
            DatasetError: See :meth:`flush`.
        """
        self.flush()
        return self.table.replace(**columns).take(self.keep)


# ---- images ----------------------------------------------------------


def sizes_of(
    paths: Sequence[str], sizes: Callable[[str], Mapping[str, int]]
) -> list[int]:
    """Bytes of each file; -1 where there is none.

    Args:
        paths: Of the files.
        sizes: Folder to names and sizes, as a
            :class:`~.files.FolderIndex` gives them: ``images``, or ``sizes``
            for files of any suffix.
    """
    split = map(os.path.split, paths)
    return [sizes(folder).get(name, -1) for folder, name in split]


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
        earlier = first_of.setdefault(keys[row], row)
        if earlier != row:
            first[row] = earlier
            unlike[row] = any(
                column[row] != column[earlier] for column in agree.values()
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


# ---- splits ----------------------------------------------------------


def splits_of_names(
    review: Review,
    home: Path,
    own: NDArray[Any],
    *,
    moved: Mask,
    misplaced: Mask,
    unnamed: tuple[str, str],
) -> Table:
    """The images with the splits of their names, which outrank folders.

    Args:
        review: Of images with the splits of their folders, '' for none.
        home: Named in the warning.
        own: The split that each name says, '' for none.
        moved: Mask of the images whose folder is of another split.
        misplaced: Mask of those of them that are refused: altered copies.
        unnamed: Cause and message of a name that says no split.
    """
    split = review.table.split
    review.drop(own == '', unnamed[0], lambda row: unnamed[1])
    review.drop(
        misplaced,
        'altered copy in the wrong split',
        lambda row: (
            f'an altered copy of a {own[row]!r} image inside the '
            f'{split[row]!r} folder'
        ),
    )
    ways = Counter(
        f'{split[row]!r} to {own[row]!r}'
        for row in np.flatnonzero(moved & review.keep)
    )
    table = review.done(split=own)
    if ways:
        shown = ', '.join(f'{count} from {way}' for way, count in ways.items())
        review.report.warn(
            f'{home}: image names outrank folder names: {shown}'
        )
    return table
