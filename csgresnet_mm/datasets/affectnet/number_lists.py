"""AffectNet's labels as ``number,exp,valence,arousal``, without landmarks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DatasetError
from ..reading.checks import Review
from ..reading.columns import parse_whole
from ..reading.files import image_stem, list_files
from ..reading.folders import find_split_folders
from ..reading.layouts import Layout
from ..reading.lists import Form, read_list
from ..reading.names import find_split
from ..reading.report import ReadReport
from ..reading.table import Table
from .annotations import (
    BIG_FOLDERS,
    annotated,
    as_tested,
    image_columns,
    images_by_stem,
    written_labels,
)

if TYPE_CHECKING:
    from .dataset import AffectNet

FORM = Form(
    ('image', 'label'),
    True,
    line='number,exp,valence,arousal',
    header=True,
)
_MIDDLE = '_annotation'
"""Of ``train_set_annotation_without_lnd.csv``, after its split."""


def find_lists(home: Path) -> dict[str, tuple[Path, Path]]:
    """Split to its list and the folder of its images; val is 'val' still.

    The list lies beside the split's folder, or in it.

    Raises:
        DatasetError: A split has two lists.
    """
    if home.name in BIG_FOLDERS:
        return {}
    splits = find_split_folders(
        home, lambda place: (place / 'images').is_dir()
    )
    splits.pop('', None)
    pairs: dict[str, tuple[Path, Path]] = {}
    for split, folder in splits.items():
        lists = [
            path
            for place in dict.fromkeys((home, folder))
            for path in list_files(place, '.csv')
            if find_split(path.stem.lower().partition(_MIDDLE)[0]) == split
            and _MIDDLE in path.stem.lower()
        ]
        if len(lists) > 1:
            raise DatasetError(
                f'{home}: {", ".join(map(str, lists))} are lists of the '
                f'split {split!r}; keep one'
            )
        if lists:
            pairs[split] = lists[0], folder / 'images'
    return pairs


def read_numbers(
    data: AffectNet, home: Path, split: str, report: ReadReport
) -> Table:
    """The images of a split's list.

    Raises:
        DatasetError: The split is not there, or the header lacks a number or
            a label.
    """
    lists = as_tested(find_lists(home), home, report)
    path, images = data.choose(home, lists, split)
    listed = read_list(path, data.files.text(path), FORM)
    by_stem = images_by_stem(str(images), data.files.images(images))
    review = Review(listed.table, report, listed.problems)
    shown = listed.table.extra['image']
    numbers = [parse_whole(image_stem(name)) for name in shown]
    review.drop(
        np.array([n is None or n < 0 for n in numbers], bool),
        'bad name',
        lambda row: f'{shown[row]!r} is not the number of an image',
    )
    labels = written_labels(review, 'exp', shown)
    names = [by_stem.get(stem, f'{stem}.jpg') for stem in map(str, numbers)]
    paths = [f'{images}/{name}' for name in names]
    table = review.done(label=labels, **image_columns(paths))
    report.note_blank(path, listed.blank)
    report.where = f'{report.layout}: {path} with {images}'
    return annotated(data, table, path, report)


LAYOUT = Layout(
    'numbers',
    lambda folder: bool(find_lists(folder)),
    (
        'train_set_annotation_without_lnd.csv',
        'val_set_annotation_without_lnd.csv',
        'train_set/images/*.jpg',
    ),
    read_numbers,
)
