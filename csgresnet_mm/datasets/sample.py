"""One image of a data set, before it becomes MMEngine's entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .reading.files import FolderIndex
from .table import Table


class Sample(NamedTuple):
    """One image; ``key`` names it whatever the layout, for carving.

    ``label`` counts in the data set's native order. ``box`` is (left, top,
    right, bottom) in pixels, where the face is to be cropped. ``group`` is
    the subject or the photograph, '' where it is not known. ``score`` is a
    soft label over the native classes. ``row`` is the image's row in an
    array, where images are no files.
    """

    path: str
    label: int
    key: str
    box: tuple[float, float, float, float] | None = None
    group: str = ''
    score: tuple[float, ...] | None = None
    row: int | None = None


def as_table(samples: Sequence[Sample], files: FolderIndex) -> Table:
    """The table of a reader that does not give one yet."""
    wide = max((len(s.score or ()) for s in samples), default=0)
    return Table.of(
        [sample.path for sample in samples],
        name=[sample.key for sample in samples],
        label=[sample.label for sample in samples],
        group=[sample.group for sample in samples],
        size=[files.size_of(sample.path) for sample in samples],
        row=[-1 if sample.row is None else sample.row for sample in samples],
        box=[sample.box or [np.nan] * 4 for sample in samples] or np.nan,
        score=[sample.score or [np.nan] * wide for sample in samples]
        or np.nan,
    )


def count_labels(samples: Sequence[Sample], classes: int) -> list[int]:
    """Images of each class."""
    labels = [sample.label for sample in samples]
    return [labels.count(label) for label in range(classes)]
