"""What every annotation of AffectNet goes through, whatever its layout.

A layout's reader gives a table of what was annotated: paths, labels 0..10 and
where each was read. Here become of it the images of the classes asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..errors import DatasetError
from ..reading.checks import Review, each_once, images_present, sizes_of
from ..reading.columns import CONTROL, parse_whole
from ..reading.files import image_stem
from ..reading.report import ReadReport
from ..reading.table import Table

if TYPE_CHECKING:
    from .dataset import AffectNet

LABELS = (
    'Neutral',
    'Happy',
    'Sad',
    'Surprise',
    'Fear',
    'Disgust',
    'Anger',
    'Contempt',
    'None',
    'Uncertain',
    'No-Face',
)
"""What the numbers 0..10 of the annotations mean."""
CLASSES = LABELS[:8]
BIG_FOLDERS = ('images', 'annotations')
"""Folders of 290,000 names, in which no list is looked for."""

_T = TypeVar('_T')


def is_plain_path(path: str) -> bool:
    """Whether a path stays below the folder it is relative to.

    >>> is_plain_path('689/a.jpg'), is_plain_path('../a.jpg')
    (True, False)
    """
    parts = path.split('/')
    return (
        '\\' not in path
        and not CONTROL.search(path)
        and not any(part in ('', '.', '..') for part in parts)
    )


def as_tested(
    splits: Mapping[str, _T], where: Path, report: ReadReport
) -> dict[str, _T]:
    """AffectNet's val is what is tested on, so it becomes 'test'.

    Where there is a test beside it, the split is somebody's own: both keep
    their names, and a warning says so.
    """
    tested = dict(splits)
    if 'val' in tested and 'test' in tested:
        report.warn(
            f'{where}: val and test are both here, so the split is not '
            "AffectNet's: not comparable"
        )
    elif 'val' in tested:
        tested['test'] = tested.pop('val')
    return tested


def images_by_stem(folder: str, names: Iterable[str]) -> dict[str, str]:
    """Name without suffix to the name of the image.

    Raises:
        DatasetError: Two images have one name.
    """
    by_stem: dict[str, str] = {}
    for name in names:
        first = by_stem.setdefault(image_stem(name), name)
        if first != name:
            raise DatasetError(
                f'{folder}: {first} and {name} belong to the same label'
            )
    return by_stem


def image_columns(paths: Sequence[str]) -> dict[str, Any]:
    """What a table says of images, by where a list says that they lie."""
    names = [path.rpartition('/')[2] for path in paths]
    return dict(
        path=paths, name=list(map(image_stem, names)), extra={'image': names}
    )


def written_labels(
    review: Review,
    column: str,
    of: NDArray[Any],
    parse: Callable[[str], int | None] = parse_whole,
) -> NDArray[np.int64]:
    """The column ``label`` of a list as numbers; others are problems.

    Args:
        review: Of the list, as it was read.
        column: What the list calls it.
        of: Names of the images, for messages.
        parse: What a text means.
    """
    text = review.table.extra['label'].tolist()
    label_of = {word: parse(word) for word in set(text)}
    labels = [label_of[word] for word in text]
    review.drop(
        np.array([label is None for label in labels], bool),
        'label not an integer',
        lambda row: f'{column} {text[row]!r} of {of[row]!r} is not an integer',
    )
    return np.array([label or 0 for label in labels], np.int64)


def annotated(
    data: AffectNet,
    table: Table,
    source: object,
    report: ReadReport,
    written: Sequence[int] | None = None,
) -> Table:
    """The images of the classes asked for that are there, each once.

    None whose annotations give it different labels is left.

    Args:
        data: Whose classes.
        table: In the order in which the images are wanted: with label,
            where it was read, and :func:`image_columns`.
        source: Named in notes.
        report: Takes labels outside 0..10, missing and empty images, and
            images that are listed twice.
        written: The labels, where a table cannot hold them.
    """
    labels = table.label.tolist() if written is None else written
    names = table.extra['image']
    review = Review(table, report)
    review.drop(
        (table.label < 0) | (table.label >= len(LABELS)),
        'label out of range',
        lambda row: (
            f'label {labels[row]} of {names[row]!r} is outside '
            f'0..{len(LABELS) - 1}'
        ),
    )
    table = of_classes(review.done(), source, data.num_classes, report)
    paths = table.path.tolist()
    table = table.replace(size=sizes_of(paths, data.files.sizes))
    names = table.extra['image']
    review = Review(table, report)
    images_present(review, table, names)
    review.flush()
    keys: list[Any] = paths
    if not np.isnan(table.box).all():  # a photograph may hold two faces
        boxes = map(tuple, table.box.tolist())
        keys = list(zip(keys, boxes, strict=True))
    each_once(review, keys, {'label': table.label}, names)
    return review.done(extra={})


def of_classes(
    table: Table, source: object, num_classes: int, report: ReadReport
) -> Table:
    """The rows of the classes asked for; the log counts the others.

    Labels are never renumbered: without Contempt, the last class, the others
    keep their numbers.
    """
    other = table.label >= num_classes
    if not other.any():
        return table
    labels, counts = np.unique(table.label[other], return_counts=True)
    left_out = ', '.join(
        f'{count} {LABELS[label]}'
        for label, count in zip(labels, counts, strict=True)
    )
    report.note(
        f'{source}: left out {left_out} (num_classes={num_classes}); the '
        'other labels keep their numbers'
    )
    return table.take(~other)


def with_bytes(table: Table, report: ReadReport) -> Table:
    """The images of folders that are not empty."""
    review = Review(table, report)
    images_present(review, table)
    return review.done()
