"""RAF-DB, basic expressions."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from mmpretrain.registry import DATASETS

from ..base import FERDataset
from ..base.arguments import check_choice, check_label_base
from ..errors import DatasetError
from ..reading.known_copies import exact_totals
from ..reading.layouts import Layout
from ..reading.report import ReadReport
from .folders import is_class_folders, read_folders
from .names import BASIC, RAFDBNames
from .official import OFFICIAL_LIST, is_official, read_official

ALIGNMENTS = ('aligned', 'original')
ALTERED_COUNTS = exact_totals('RAFDB')
"""Images of a split in altered copies that are known to go round."""


@DATASETS.register_module()
class RAFDB(FERDataset):
    """RAF-DB, basic: 12,271 training and 3,068 test faces, 7 classes.

    As distributed (any name for ``basic``; ``data_root`` is that folder or
    one or two above it)::

        basic
        |-- EmoLabel
        |   `-- list_patition_label.txt       train_00001.jpg 5
        |-- Image
        |   |-- aligned                       train_00001_aligned.jpg
        |   `-- original                      train_00001.jpg
        `-- Annotation
            `-- boundingbox                   train_00001_boundingbox.txt

    Also ``EmoLabel/{train,test}.txt``, ``Image/aligned_224``, names with or
    without ``_aligned``; and class folders::

        DATASET
        |-- train
        |   |-- 1                             train_00010_aligned.jpg
        |   `-- ...                           numbers or names
        |-- test                              or val, valid
        |-- train_labels.csv                  image,label (if there)
        `-- test_labels.csv

    An image's own name says its split, and outranks its folder's: ``valid``
    that holds ``test_*.jpg`` is the test set. There is no official
    validation split: the last epoch on test is the figure to report, or
    ``val_ratio`` splits a part off train.

    Folders numbered 0..6 are in use in several orders: one is accepted if
    each class has exactly its published count, else ``folder_order`` is
    needed. Folders numbered 1..7 are RAF-DB's own labels if a CSV list or
    RAF-DB's own file names are with them, or the counts prove it.

    Args:
        data_root: The folder of the data set.
        split: 'train', 'val' or 'test' (training, valid, ... are the same).
        alignment: 'aligned', or 'original': whole photographs, of which
            LoadFace crops the published box with a margin.
        label_file: Another list. It takes the place of the official one for
            those splits of which it has lines, so that with a list of noisy
            training labels test stays official.
        label_base: What the lowest label is in lists: 0, 1 or 'auto'. A
            list with neither 0 nor 7 needs it.
        folder_order: For numbered class folders: class names, lowest number
            first, or a name of
            :data:`~csgresnet_mm.datasets.reading.orders.KNOWN_ORDERS`.
        **kwargs: See :class:`FERDataset`: on_error, val_ratio, seed,
            test_mode, pipeline, classes, metainfo, indices, lazy_init.

    Raises: See :class:`FERDataset`.
    """

    METAINFO: ClassVar[Mapping[str, Sequence[str]]] = {
        'classes': (
            'Surprise',
            'Fear',
            'Disgust',
            'Happiness',
            'Sadness',
            'Anger',
            'Neutral',
        ),
        'alignment': 'rafdb',
    }
    PUBLISHED: ClassVar[Mapping[str, Sequence[int]]] = {
        'train': (1290, 281, 717, 4772, 1982, 705, 2524),
        'test': (329, 74, 160, 1185, 478, 162, 680),
    }
    LAYOUTS: ClassVar[Sequence[Layout]] = (
        Layout(
            'official',
            is_official,
            (
                f'EmoLabel/{OFFICIAL_LIST}',
                'Image/aligned/*_aligned.jpg',
            ),
            read_official,
        ),
        Layout(
            'folders',
            is_class_folders,
            ('train/<class>/*.jpg', 'test/<class>/*.jpg'),
            read_folders,
        ),
    )
    OPTIONS = ('alignment', 'label_file', 'label_base', 'folder_order')
    ONLY_FOR = {
        'alignment': ('aligned', ('official',)),
        'label_file': (None, ('official',)),
        'folder_order': (None, ('folders',)),
    }
    NAMES: ClassVar[RAFDBNames] = BASIC
    HINT: ClassVar[str] = (
        ' (labels 8..11 are those of RAF-DB compound, 0..13 those of '
        'RAF-CE: other sets)'
    )

    def __init__(
        self,
        data_root: str | os.PathLike[str],
        split: str = 'train',
        *,
        alignment: str = 'aligned',
        label_file: str | os.PathLike[str] | None = None,
        label_base: int | str = 'auto',
        folder_order: str | Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        check_choice('alignment', alignment, ALIGNMENTS)
        check_label_base(label_base)
        self.alignment = alignment
        self.label_file = label_file
        self.label_base = label_base
        self.folder_order = folder_order
        super().__init__(data_root, split, **kwargs)
        metainfo = kwargs.get('metainfo') or {}
        if alignment == 'original' and 'alignment' not in metainfo:
            self._metainfo['alignment'] = 'none'

    # ---- what the readers ask --------------------------------------

    def recognise(self) -> tuple[Layout, Path]:
        """The layout that lies at the root, and its folder."""
        try:
            return super().recognise()
        except DatasetError as error:
            other = self.other_set(Path(self.data_root))
            if other:
                raise DatasetError(f'{error}; {other}') from error
            raise

    def other_set(self, root: Path) -> str:
        """What lies at a root that is not this set, or ''."""
        if root.name == 'compound' or (root / 'compound').is_dir():
            return 'compound is another set, of 11 classes'
        return ''

    @staticmethod
    def no_val(where: Path) -> DatasetError:
        """The error that says how to get a validation split."""
        return DatasetError(
            f'{where}: RAF-DB has no validation split; set val_ratio (0.1, '
            'say) to split one off train'
        )

    def look_for_copies(
        self, stems: Sequence[str], report: ReadReport
    ) -> None:
        """Names and counts that are not the set's give copies away."""
        name = f'{type(self).__name__} {self.data_root}'
        strange = [stem for stem in stems if self.NAMES.key(stem) is None]
        if strange:
            report.warn(
                f'{name}: {len(strange)} of {len(stems)} images are not '
                f'named {self.NAMES.shown} (first: '
                f'{strange[0]!r}): an altered copy?'
            )
        if len(stems) in ALTERED_COUNTS:
            report.warn(
                f'{name}: {len(stems)} images are what altered copies of '
                'RAF-DB hold, which go round: results are not comparable'
            )
