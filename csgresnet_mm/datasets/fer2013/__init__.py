"""FER2013: 35,887 grey faces of 48x48 pixels."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from mmpretrain.registry import DATASETS
from numpy.typing import NDArray

from ..errors import DatasetError
from ..reading.folders import find_split_folders
from ..reading.layouts import Layout
from ..reading.report import ReadReport
from ..reading.splits import stratified_split
from ..reading.table import Table
from .array import ArrayFaces
from .folders import BOTH, UNOFFICIAL, read_folders
from .line import SPLITS
from .rows import (
    CSV_NAMES,
    find_csv,
    find_split_csvs,
    read_csv,
    read_split_csvs,
)

PAPER_SPLITS = ('paper_train', 'paper_test')
_TRAIN = (3995, 436, 4097, 7215, 4830, 3171, 4965)
_PUBLIC = (467, 56, 496, 895, 653, 415, 607)
_PRIVATE = (491, 55, 528, 879, 594, 416, 626)
_ALL = tuple(map(sum, zip(_TRAIN, _PUBLIC, _PRIVATE, strict=True)))
_HALVES = tuple(map(sum, zip(_PUBLIC, _PRIVATE, strict=True)))


def _read(data: FER2013, home: Path, split: str, report: ReadReport) -> Table:
    read = {
        'csv': read_csv,
        'split-csv': read_split_csvs,
        'folders': read_folders,
    }[report.layout]
    if split not in PAPER_SPLITS:
        return read(data, home, (split,), report)
    table = read(data, home, SPLITS, report)
    report.warn(
        f'{home}: {split} is a part of all {len(table)} images, drawn with '
        f'seed={data.seed}: results on it are not comparable with those on '
        'PrivateTest'
    )
    in_test = _choose_paper_test(table, data.seed)
    return table.take(in_test == (split == 'paper_test'))


def _choose_paper_test(table: Table, seed: int) -> NDArray[np.bool_]:
    """Mask of a tenth of each class, rounded up.

    Images are ranked as by :func:`stratified_split`.

    Raises:
        DatasetError: A class has one image only.
    """
    chosen = np.zeros(len(table), bool)
    for label in np.unique(table.label).tolist():
        rows = np.flatnonzero(table.label == label)
        names = table.name[rows].tolist()
        if len(rows) == 1:
            raise DatasetError(
                f'class {label} has one image only ({names[0]!r}), so '
                'paper_train and paper_test cannot both have one'
            )
        ratio = math.ceil(len(rows) / 10) / len(rows)
        chosen[rows] = stratified_split(
            names, [label] * len(rows), ratio, seed
        )
    return chosen


@DATASETS.register_module()
class FER2013(ArrayFaces):
    """FER2013: 28,709 training faces, 3,589 of PublicTest and of PrivateTest.

    ``data_root``, or a folder one or two levels below it, holds one of

    - ``fer2013.csv`` or ``icml_face_data.csv`` (layout 'csv');
    - ``train.csv`` and, where there are labels, ``val.csv`` and
      ``test.csv``, with the columns emotion and pixels (layout 'split-csv');
    - class folders (layout 'folders')::

        train|test/<class>/Training_1.jpg, PublicTest_2.jpg, ...
        train|test/<class>/im0.png
        images/{train,validation}/<class>/0.jpg

    'val' is PublicTest and 'test' is PrivateTest, the figure to report. Where
    names do not show which is which, 'test' is both (7,178), which is said,
    and ``val_ratio`` splits 'val' off train. The images of a CSV are parsed
    once and kept, see :mod:`~csgresnet_mm.datasets.fer2013.pixels`.

    The paper of CS-GResNet has 32,295 training and 3,592 test images, that
    is, a tenth of each class, rounded up, of all images together.
    'paper_train' and 'paper_test' are such parts, drawn with ``seed``:
    neither the paper's own, nor comparable with results on PrivateTest.

    Args:
        data_root: The folder of the data set.
        split: 'train', 'val', 'test', 'paper_train' or 'paper_test'.
        drop_bad: Leave out the rows without a face (12 in the set as
            distributed) and, of exact copies, all but one. Results are then
            not comparable. Needs the layout 'csv'.
        folder_order: What numbered class folders mean: class names, lowest
            number first, or a name of
            :data:`~csgresnet_mm.datasets.reading.orders.KNOWN_ORDERS`.
        **kwargs: See :class:`FERDataset`.

    Raises: See :class:`FERDataset`.
    """

    METAINFO = {
        'classes': (
            'Angry',
            'Disgust',
            'Fear',
            'Happy',
            'Sad',
            'Surprise',
            'Neutral',
        ),
        'alignment': 'fer2013',
    }
    GREY = True
    PUBLISHED: ClassVar[Mapping[str, Sequence[int]]] = {
        'train': _TRAIN,
        'val': _PUBLIC,
        'test': _PRIVATE,
        'paper_train': tuple(n - math.ceil(n / 10) for n in _ALL),
        'paper_test': tuple(math.ceil(n / 10) for n in _ALL),
    }
    TOGETHER: ClassVar[Mapping[str, Sequence[int]]] = {
        'halves': _HALVES,
        'all': _ALL,
    }
    """Published counts of several splits together."""
    EXTRA_SPLITS = PAPER_SPLITS
    TRAIN_SPLITS = ('train', 'paper_train')
    OPTIONS = ('drop_bad', 'folder_order')
    ONLY_FOR = {
        'drop_bad': (False, ('csv',)),
        'folder_order': (None, ('folders',)),
    }
    LAYOUTS = (
        Layout(
            'csv',
            lambda folder: find_csv(folder) is not None,
            CSV_NAMES,
            _read,
        ),
        Layout(
            'split-csv',
            lambda folder: bool(find_split_csvs(folder)),
            ('train.csv', 'val.csv', 'test.csv'),
            _read,
        ),
        Layout(
            'folders',
            lambda folder: bool(find_split_folders(folder)),
            ('train/<class>/*.jpg', 'test/<class>/*.jpg'),
            _read,
        ),
    )

    def __init__(
        self,
        data_root: str | os.PathLike[str],
        split: str = 'train',
        *,
        drop_bad: bool = False,
        folder_order: str | Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        if split in PAPER_SPLITS and kwargs.get('val_ratio'):
            raise ValueError(
                f'val_ratio={kwargs["val_ratio"]} splits train, not {split}'
            )
        self.drop_bad = drop_bad
        self.folder_order = folder_order
        super().__init__(data_root, split, **kwargs)

    def published_counts(self, split: str) -> Sequence[int] | None:
        """See the base class; None where the parts are not official."""
        if self.drop_bad or self.report.release == UNOFFICIAL:
            return None
        if split == 'test' and self.report.release == BOTH:
            return _HALVES
        counts: Sequence[int] | None = super().published_counts(split)
        return counts
