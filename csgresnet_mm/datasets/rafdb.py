"""RAF-DB, basic expressions."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from mmpretrain.registry import DATASETS

from .base import FERDataset
from .errors import DatasetError, Problems, warn
from .files import (
    FolderIndex,
    check_root,
    describe,
    image_stem,
    locate,
    unpack_hint,
)
from .label_list import LABEL_BASES
from .loading import LoadFace
from .raf_boxes import read_boxes
from .raf_folders import RafFolders, carving_key, is_class_folders
from .raf_names import raf_key
from .raf_official import OfficialLists, is_official
from .sample import Sample

ALIGNMENTS = ('aligned', 'original')
LAYOUTS = (
    'EmoLabel/list_patition_label.txt with Image/aligned/*_aligned.jpg (as '
    'distributed), or train/<class>/*.jpg with test/<class>/*.jpg, where a '
    'class is a name or a number'
)
_HINT = (
    ' (labels 8..11 are those of RAF-DB compound, 0..13 those of RAF-CE: '
    'other sets)'
)


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
            :data:`~csgresnet_mm.datasets.folder_orders.KNOWN_ORDERS`.
        **kwargs: See :class:`FERDataset`: on_error, val_ratio, seed,
            test_mode, pipeline, classes, metainfo, indices, lazy_init.

    Raises:
        ValueError: A bad argument.
        DatasetError: A ValueError: nothing known lies there, or an entry is
            malformed (with ``on_error='skip'`` that is counted instead).
    """

    METAINFO = {
        'classes': (
            'Surprise',
            'Fear',
            'Disgust',
            'Happiness',
            'Sadness',
            'Anger',
            'Neutral',
        )
    }
    PUBLISHED: ClassVar[Mapping[str, Sequence[int]]] = {
        'train': (1290, 281, 717, 4772, 1982, 705, 2524),
        'test': (329, 74, 160, 1185, 478, 162, 680),
    }

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
        if label_base not in LABEL_BASES:
            raise ValueError(
                f"label_base={label_base!r} is unknown; expected 'auto', 0 "
                'or 1'
            )
        self.alignment = alignment
        self.label_file = label_file
        self.label_base = label_base
        self.folder_order = folder_order
        super().__init__(data_root, split, pipeline=pipeline, **kwargs)
        transforms = self.pipeline.transforms
        if alignment == 'original' and transforms:
            if not any(isinstance(t, LoadFace) for t in transforms):
                raise ValueError(
                    "alignment='original' needs LoadImageFromFile or "
                    'LoadFace in the pipeline, where faces are cropped'
                )

    # ---- reading -----------------------------------------------------

    def read_samples(self, split: str, problems: Problems) -> list[Sample]:
        """See the base class.

        Raises:
            DatasetError: See the class.
        """
        root = check_root(self.data_root, type(self).__name__)
        index = FolderIndex()
        home = locate(root, is_official, 'RAF-DB basic')
        if home is not None:
            return self._read_official(root, home, split, problems, index)
        folder = locate(root, is_class_folders, 'class folders of RAF-DB')
        if folder is not None:
            return self._read_folders(root, folder, split, problems, index)
        raise DatasetError(self._wrong_root(root))

    def _wrong_root(self, root: Path) -> str:
        other = ''
        if root.name == 'compound' or (root / 'compound').is_dir():
            other = '; compound is another set, of 11 classes'
        return (
            f'{root}: no RAF-DB found here. It holds {describe(root)}; '
            f'expected {LAYOUTS}{other}{unpack_hint(root)}'
        )

    def _read_official(
        self,
        root: Path,
        home: Path,
        split: str,
        problems: Problems,
        index: FolderIndex,
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
            num_classes=len(self.METAINFO['classes']),
            label_base=self.label_base,
            label_file=self.label_file,
            alignment=self.alignment,
            problems=problems,
            index=index,
            root=root,
            hint=_HINT,
        )
        images, path = lists.read(split)
        self.layout = f'{path} with {lists.image_folder}'
        self._warn_of_names([image.stem for image in images])
        boxes = {}
        if self.alignment == 'original':
            boxes = read_boxes(home, images, problems, index)
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

    def _warn_of_names(self, stems: Sequence[str]) -> None:
        """Names that are none of the set's give altered copies away."""
        strange = [stem for stem in stems if raf_key(stem) is None]
        if strange:
            warn(
                f'{type(self).__name__} {self.data_root}: {len(strange)} of '
                f'{len(stems)} images are not named train_00001..12271 or '
                f'test_0001..3068 (first: {strange[0]!r}): an altered copy?'
            )

    def _read_folders(
        self,
        root: Path,
        folder: Path,
        split: str,
        problems: Problems,
        index: FolderIndex,
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
            places=[folder] if folder == root else [folder, folder.parent],
            classes=self.METAINFO['classes'],
            published=self.PUBLISHED,
            folder_order=self.folder_order,
            label_base=self.label_base,
            problems=problems,
            index=index,
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
        self._warn_of_names([image_stem(image.name) for image in images])
        return [
            Sample(image.path, image.label, carving_key(image))
            for image in images
        ]
