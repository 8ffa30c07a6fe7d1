"""CK+: posed sequences from a neutral face to an expression."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from mmpretrain.registry import DATASETS

from ..errors import DatasetError
from ..fer2013.array import ArrayFaces
from ..fer2013.line import SPLITS
from ..fer2013.rows import need_columns, rows_of
from ..reading.folds import check_fold, fold_mask, is_whole
from ..reading.layouts import Layout
from ..reading.names import ORDERS, find_class
from ..reading.report import ReadReport
from ..reading.table import UNLABELLED, Table
from .frames import (
    find_homes,
    read_folders,
    sequences,
    subject_of,
    take_frames,
)
from .official import IMAGES, LABELS, is_official, read_official

CLASSES = (
    'Neutral',
    'Anger',
    'Contempt',
    'Disgust',
    'Fear',
    'Happy',
    'Sad',
    'Surprise',
)
SEQUENCES = (45, 18, 59, 25, 69, 28, 83)
"""Published number of labelled sequences of the classes 1..7: 327."""
ROWS = (593, *SEQUENCES)
"""Rows of ckextended.csv: the first frame of all, the last of labelled."""

FRAMES = 3
"""How many frames of a sequence the usual 981 images take."""
LIST = 'ckextended.csv'
EMOTIONS = (*ORDERS['fer2013'], 'contempt')
"""What its numbers 0..7 mean: FER2013's order, then contempt."""


def _read_fold(
    data: CKPlus, home: Path, split: str, report: ReadReport
) -> Table:
    """The frames of one side of a fold."""
    if data.fold is None:
        raise DatasetError(
            f'{home}: fold=None is for {LIST}; here subjects are known: set '
            f'fold= to one of 0..{data.num_folds - 1}'
        )
    read = read_official if report.layout == 'official' else read_folders
    everything = read(data, home, report)
    table = take_frames(everything, data.frames, data.neutral, report)
    expected = [count * data.frames for count in SEQUENCES]
    if data.neutral:
        expected.insert(0, sum(SEQUENCES))
    data.check_counts('all folds together', table, expected, report)
    units = [subject_of(name) for name, _ in sequences(everything)]
    return table.take(fold_mask(data, home, table.group, units, split, report))


def _read_csv(
    data: CKPlus, home: Path, split: str, report: ReadReport
) -> Table:
    """The rows of a split; none of them is known to be of a subject."""
    path = home / LIST
    if data.fold is not None:
        raise DatasetError(
            f'{path}: names no subjects, so folds of subjects cannot be made '
            f'(fold={data.fold}); fold=None takes the split of its Usage '
            'column, which is not subject-disjoint'
        )
    data.refuse_second_val(path)
    need_columns(path, 'emotion', 'usage')
    table = rows_of(path, data.open_csv(path)[0], SPLITS, report)
    table = _of_classes(path, table, data.native, report)
    expected = ROWS if data.neutral else ROWS[1:]
    data.check_counts('all of Usage together', table, expected, report)
    report.warn(
        f'{path}: this split is not subject-disjoint: the same faces may be '
        'in train and test, and results are not comparable with those of '
        'subject folds'
    )
    report.where = f'{path}, Usage, not subject-disjoint'
    return table.take(table.split == split)


def _of_classes(
    path: Path, table: Table, classes: Sequence[str], report: ReadReport
) -> Table:
    """The rows of these classes, of a CSV with the labels of EMOTIONS."""
    labels = [find_class(name, classes) for name in EMOTIONS]
    label_of = np.array([UNLABELLED if n is None else n for n in labels])
    table = table.replace(label=label_of[table.label])
    unused = int((~table.labelled).sum())
    if unused:
        report.note(
            f'{path}: {unused} neutral rows are not used; neutral=True takes '
            'them'
        )
    return table.take(table.labelled)


@DATASETS.register_module()
class CKPlus(ArrayFaces):
    """CK+: 327 labelled sequences of 118 subjects, 7 or 8 classes.

    As distributed, both archives unpacked::

        CK+
        |-- cohn-kanade-images
        |   `-- S005
        |       `-- 001
        |           |-- S005_001_00000001.png     neutral
        |           |-- ...
        |           `-- S005_001_00000011.png     Disgust
        `-- Emotion
            `-- S005
                `-- 001
                    `-- S005_001_00000011_emotion.txt     3.0000000e+00

    CK+48, the last three frames of every sequence as 48x48 faces::

        CK+48
        |-- anger
        |   `-- S010_004_00000017.png
        `-- ...

    The archives' own folders (``extended-cohn-kanade-images``,
    ``Emotion_labels``) may be around those of the release, and CK+48 may be
    divided into ``train/<class>`` and ``test/<class>``: the names of the
    frames say the subjects, so both are read as one.

    And ``ckextended.csv`` (emotion,pixels,Usage; 920 rows), which names no
    subjects: subject folds of it are refused. With ``fold=None`` its own
    Usage is the split (Training, PublicTest, PrivateTest), and the results
    are not comparable with subject-disjoint ones.

    There is no official split. ``split='test'`` is one of ``num_folds``
    folds of subjects, 'train' all others; the result is the mean over all
    folds. ``val_ratio`` splits 'val' off train by whole subjects. The
    folds depend on names and ``seed`` only: a fold holds the same subjects
    in both layouts and whatever ``frames`` and ``neutral`` say. The log
    names them.

    The distributed frames are whole, 640x490 or 640x480, and most are grey:
    nothing is cropped.

    Args:
        data_root: The folder of the data set.
        split: 'train', 'val' or 'test' (training, valid, ... are the same).
        fold: From 0; None: the split of ``ckextended.csv``.
        num_folds: Number of folds.
        neutral: Add every sequence's first frame, as class 0 of 8. Else the
            classes are the 7 others, and labels the official ones minus 1.
        frames: How many of the last frames of a sequence show its
            expression: 3 gives the usual 981 images.
        **kwargs: See :class:`FERDataset`. ``seed`` chooses the folds too:
            give train and test the same.

    Raises: See :class:`FERDataset`.
    """

    # whole frames in one layout, crops in the others
    METAINFO = {'classes': CLASSES, 'alignment': 'unknown'}
    PUBLISHED: ClassVar[Mapping[str, Sequence[int]]] = {}
    NUM_EMOTIONS = len(EMOTIONS)
    OPTIONS = ('fold', 'num_folds', 'neutral', 'frames')
    ONLY_FOR = {'frames': (FRAMES, ('official', 'folders'))}
    LAYOUTS = (
        Layout(
            'official',
            is_official,
            (
                f'{IMAGES}/S005/001/*.png',
                f'{LABELS}/S005/001/*_emotion.txt',
            ),
            _read_fold,
        ),
        Layout(
            'folders',
            lambda folder: bool(find_homes(folder, CLASSES)),
            tuple(f'{name.lower()}/*.png' for name in CLASSES[1:]),
            _read_fold,
        ),
        Layout(
            'csv',
            lambda folder: (folder / LIST).is_file(),
            (LIST,),
            _read_csv,
        ),
    )

    def __init__(
        self,
        data_root: str | os.PathLike[str],
        split: str = 'train',
        *,
        fold: int | None = 0,
        num_folds: int = 10,
        neutral: bool = False,
        frames: int = FRAMES,
        **kwargs: Any,
    ) -> None:
        check_fold(0 if fold is None else fold, num_folds)
        if not is_whole(frames) or frames < 1:
            raise ValueError(
                f'frames={frames!r} is not a whole number of 1 or more'
            )
        self.fold = fold
        self.num_folds = num_folds
        self.neutral = neutral
        self.frames = frames
        super().__init__(
            data_root,
            split,
            native=CLASSES if neutral else CLASSES[1:],
            **kwargs,
        )
