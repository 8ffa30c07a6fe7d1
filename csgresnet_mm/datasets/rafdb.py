"""RAF-DB, basic expressions."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from mmpretrain.registry import DATASETS

from .arguments import check_label_base
from .base import FERDataset
from .errors import DatasetError
from .raf_boxes import read_boxes
from .raf_folders import RafFolders, carving_key, is_class_folders
from .raf_names import BASIC, RafNames
from .raf_official import OFFICIAL_LIST, OfficialLists, is_official
from .reading.files import image_stem
from .reading.layouts import Layout
from .reading.report import ReadReport
from .sample import Sample

ALIGNMENTS = ('aligned', 'original')
ALTERED_COUNTS = (12175, 3031, 20471)
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
    ``val_ratio`` carves a part from train.

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

    Raises:
        ValueError: A bad argument.
        DatasetError: A ValueError: nothing known lies there, or an entry is
            malformed (with ``on_error='skip'`` that is counted instead).
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
        ),
        Layout(
            'folders',
            is_class_folders,
            ('train/<class>/*.jpg', 'test/<class>/*.jpg'),
        ),
    )
    OPTIONS = ('alignment', 'label_file', 'label_base', 'folder_order')
    NAMES: ClassVar[RafNames] = BASIC
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
        pipeline: Sequence[Any] = (),
        **kwargs: Any,
    ) -> None:
        if alignment not in ALIGNMENTS:
            raise ValueError(
                f'alignment={alignment!r} is unknown; expected one of '
                f'{", ".join(ALIGNMENTS)}'
            )
        check_label_base(label_base)
        self.alignment = alignment
        self.label_file = label_file
        self.label_base = label_base
        self.folder_order = folder_order
        super().__init__(data_root, split, pipeline=pipeline, **kwargs)
        told = kwargs.get('metainfo') or {}
        if alignment == 'original' and 'alignment' not in told:
            self._metainfo['alignment'] = 'none'

    # ---- reading -----------------------------------------------------

    def read_samples(self, split: str, problems: ReadReport) -> list[Sample]:
        """See the base class.

        Raises:
            DatasetError: See the class.
        """
        layout, home = self.recognise()
        if layout.name == 'official':
            return self._read_official(home, split, problems)
        return self._read_folders(home, split, problems)

    def recognise(self) -> tuple[Layout, Path]:
        """The layout that lies at the root, and its folder."""
        try:
            return super().recognise()
        except DatasetError as error:
            root = Path(self.data_root)
            other = self.other_set(root)
            if other:
                raise DatasetError(f'{error}; {other}') from error
            raise

    def other_set(self, root: Path) -> str:
        """What lies at a root that is not this set, or ''."""
        if root.name == 'compound' or (root / 'compound').is_dir():
            return 'compound is another set, of 11 classes'
        return ''

    def _read_official(
        self, home: Path, split: str, problems: ReadReport
    ) -> list[Sample]:
        if self.folder_order is not None:
            raise DatasetError(
                f'{home}: folder_order= is for numbered class folders; the '
                'labels here are in EmoLabel'
            )
        if split == 'val':
            raise self._no_val(home)
        lists = OfficialLists(
            home,
            num_classes=len(self.native),
            label_base=self.label_base,
            label_file=self.label_file,
            alignment=self.alignment,
            problems=problems,
            index=self.files,
            root=self.root,
            hint=self.HINT,
            names=self.NAMES,
        )
        images, path = lists.read(split)
        self.layout = f'{path} with {lists.image_folder}'
        self._look_for_copies([image.stem for image in images], problems)
        boxes = {}
        if self.alignment == 'original':
            boxes = read_boxes(home, images, problems, self.files)
            images = [image for image in images if image.path in boxes]
        return [
            Sample(
                image.path, image.row.label, image.stem, boxes.get(image.path)
            )
            for image in images
        ]

    @staticmethod
    def _no_val(where: Path) -> DatasetError:
        return DatasetError(
            f'{where}: RAF-DB has no validation split; set val_ratio (0.1, '
            'say) to carve one from train'
        )

    def _look_for_copies(
        self, stems: Sequence[str], problems: ReadReport
    ) -> None:
        """Names and counts that are not the set's give copies away."""
        name = f'{type(self).__name__} {self.data_root}'
        strange = [stem for stem in stems if self.NAMES.key(stem) is None]
        if strange:
            problems.warn(
                f'{name}: {len(strange)} of {len(stems)} images are not '
                f'named {self.NAMES.shown} (first: '
                f'{strange[0]!r}): an altered copy?'
            )
        if len(stems) in ALTERED_COUNTS:
            problems.warn(
                f'{name}: {len(stems)} images are what altered copies of '
                'RAF-DB hold, which go round: results are not comparable'
            )

    def _read_folders(
        self, folder: Path, split: str, problems: ReadReport
    ) -> list[Sample]:
        for name, wrong in (
            ('label_file=', self.label_file is not None),
            ("alignment='original'", self.alignment == 'original'),
        ):
            if wrong:
                raise DatasetError(
                    f'{folder}: {name} needs the layout as distributed; '
                    'here are class folders'
                )
        reader = RafFolders(
            folder,
            places=(
                [folder] if folder == self.root else [folder, folder.parent]
            ),
            classes=self.native,
            published=self.PUBLISHED,
            folder_order=self.folder_order,
            label_base=self.label_base,
            problems=problems,
            index=self.files,
        )
        images, splits = reader.read(split)
        self.layout = f'class folders {folder}/{{{",".join(reader.splits)}}}'
        if 'val' in splits and self.val_ratio and split == 'train':
            raise DatasetError(
                f'{reader.splits["val"]}: a validation split is here; leave '
                f'val_ratio={self.val_ratio} out'
            )
        if not images and split == 'val':
            raise self._no_val(folder)
        if not images and split == 'test' and 'val' in splits:
            raise DatasetError(
                f'{reader.splits["val"]}: its images carry no test_ names, '
                'so it is not known to be the official test set; use '
                "split='val'"
            )
        self._look_for_copies(
            [image_stem(image.name) for image in images], problems
        )
        return [
            Sample(image.path, image.label, carving_key(image))
            for image in images
        ]
