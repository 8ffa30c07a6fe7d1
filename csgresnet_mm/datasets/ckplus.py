"""CK+: posed sequences from a neutral face to an expression."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from mmpretrain.registry import DATASETS

from .base import FERDataset
from .ckplus_csv import LIST, read_csv, read_rows
from .ckplus_folders import FolderSequences, has_named_folders
from .ckplus_frames import take_frames
from .ckplus_official import IMAGES, LABELS, OfficialSequences, is_official
from .errors import DatasetError
from .fer_block import Images
from .reading.folds import check_fold, fold_mask, is_whole
from .reading.layouts import Layout
from .reading.report import ReadReport
from .sample import Sample, count_labels

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


@DATASETS.register_module()
class CKPlus(FERDataset):
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
    folds. ``val_ratio`` carves 'val' from train by whole subjects. The
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

    Raises:
        ValueError: A bad argument.
        DatasetError: A ValueError: nothing known lies there, or an entry is
            malformed (with ``on_error='skip'`` that is counted instead).
    """

    # whole frames in one layout, crops in the others
    METAINFO = {'classes': CLASSES, 'alignment': 'unknown'}
    PUBLISHED: ClassVar[Mapping[str, Sequence[int]]] = {}
    _images: Images | None = None
    OPTIONS = ('fold', 'num_folds', 'neutral', 'frames')
    LAYOUTS = (
        Layout(
            'official',
            is_official,
            (
                f'{IMAGES}/S005/001/*.png',
                f'{LABELS}/S005/001/*_emotion.txt',
            ),
        ),
        Layout(
            'folders',
            lambda folder: has_named_folders(folder, CLASSES),
            tuple(f'{name.lower()}/*.png' for name in CLASSES[1:]),
        ),
        Layout('csv', lambda folder: (folder / LIST).is_file(), (LIST,)),
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

    # ---- reading -----------------------------------------------------

    def read_samples(self, split: str, problems: ReadReport) -> list[Sample]:
        """See the base class.

        Raises:
            DatasetError: See the class.
        """
        layout, home = self.recognise()
        if layout.name == 'csv':
            return self._read_csv(home / LIST, split, problems)
        if self.fold is None:
            raise DatasetError(
                f'{home}: fold=None is for {LIST}; here subjects are known: '
                f'set fold= to one of 0..{self.num_folds - 1}'
            )
        if layout.name == 'official':
            recordings = OfficialSequences(home, self.files, problems).read()
        else:
            recordings = FolderSequences(
                home, CLASSES, self.neutral, self.files, problems
            ).read()
        samples = take_frames(recordings, self.frames, self.neutral, problems)
        expected = [count * self.frames for count in SEQUENCES]
        if self.neutral:
            expected.insert(0, sum(SEQUENCES))
        self.check_counts(
            'all folds together',
            count_labels(samples, len(self.native)),
            expected,
            problems,
        )
        self.layout = f'{home}, fold {self.fold} of {self.num_folds}'
        inside = fold_mask(
            [sample.group for sample in samples],
            [recording.subject for recording in recordings],
            split=split,
            fold=self.fold,
            num_folds=self.num_folds,
            seed=self.seed,
            report=problems,
        )
        return [
            sample for sample, own in zip(samples, inside, strict=True) if own
        ]

    def _read_csv(
        self, path: Path, split: str, problems: ReadReport
    ) -> list[Sample]:
        """The rows of a split; none of them is known to be of a subject."""
        if self.fold is not None:
            raise DatasetError(
                f'{path}: names no subjects, so folds of subjects cannot be '
                f'made (fold={self.fold}); fold=None takes the split of its '
                'Usage column, which is not subject-disjoint'
            )
        if self.val_ratio:
            raise DatasetError(
                f'{path}: its PublicTest is a validation split; leave '
                f'val_ratio={self.val_ratio} out'
            )
        if self.frames != FRAMES:
            raise DatasetError(
                f'{path}: frames={self.frames} is for sequences; here is one '
                'frame of each'
            )
        self.files.mark(path)
        table, self._images = read_csv(path)
        splits = read_rows(path, table, self.native, problems)
        rows = [row for own in splits.values() for row in own]
        expected = ROWS if self.neutral else ROWS[1:]
        self.check_counts(
            'all of Usage together',
            count_labels(rows, len(self.native)),
            expected,
            problems,
        )
        problems.warn(
            f'{path}: this split is not subject-disjoint: the same faces may '
            'be in train and test, and results are not comparable with those '
            'of subject folds'
        )
        self.layout = f'{path}, Usage, not subject-disjoint'
        return splits[split]

    # ---- access ------------------------------------------------------

    def full_init(self) -> None:
        """Read the data set, once, with the images of its CSV."""
        if self._fully_initialized:
            return
        super().full_init()
        first = super().get_data_info(0) if len(self) else {}
        if 'row' in first and self._images is None:
            path, _, _ = first['img_path'].rpartition('#')
            _, self._images = read_csv(Path(path))

    def get_data_info(self, idx: int) -> dict[str, Any]:
        """The entry; with ``img`` (48, 48), uint8, if it is in the CSV."""
        info: dict[str, Any] = super().get_data_info(idx)
        if self._images is not None:
            info['img'] = self._images[info['row']].copy()
        return info
