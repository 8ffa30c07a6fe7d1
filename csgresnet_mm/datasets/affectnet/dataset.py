"""AffectNet, the images annotated by hand."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from mmpretrain.registry import DATASETS

from ..base import FERDataset
from ..base.arguments import check_label_base
from ..errors import DatasetError
from ..reading.files import unpack_hint
from . import (
    class_folders,
    class_lists,
    first_release,
    npy,
    number_lists,
    phase_list,
    yolo,
)
from .annotations import CLASSES

_T = TypeVar('_T')


@DATASETS.register_module()
class AffectNet(FERDataset):
    """AffectNet: 283,901 training and 3,500 test faces of 7 classes.

    As released in 2021 (287,651 and 3,999 with Contempt)::

        AffectNet
        |-- train_set
        |   |-- images                      0.jpg
        |   `-- annotations                 0_exp.npy, also _val, _aro, _lnd
        `-- val_set                         alike

    As first released::

        AffectNet
        |-- training.csv
        |-- validation.csv                  with or without a header
        `-- Manually_Annotated
            `-- Manually_Annotated_Images   <folder>/<hash>.jpg, .png, ...

    Folders of it may be named as the archives are, and lie in each other. Also
    ``train_set_annotation_without_lnd.csv`` (number,exp,...) beside
    ``train_set/images``; ``{train,valid}_annotations_{7,8}class.txt``
    (``<id>.jpg <label>``) in the splits' folders; training code's cache
    (``phase,img_path,label``); class folders ``train|val/<class>``; and two
    samples of under 30,000 images, which are labelled as such:
    ``{Train,Test}/<class>`` with labels.csv, and ``YOLO_format``.

    The labels of the test set are not public: ``split='test'`` is the
    official validation set, on which results are reported, and
    ``val_ratio`` splits 'val' off train. Faces labelled None, Uncertain or
    No-Face are left out, and counted in the log; without Contempt the other
    labels keep their numbers.

    Class folders numbered 0..7 are accepted if each class has exactly its
    published count, else ``folder_order`` is needed: validation, with 500
    images a class, proves nothing.

    Args:
        data_root: The folder of the data set.
        split: 'train', 'val' or 'test' (training, valid, ... are the same).
        num_classes: 7, or 8 with Contempt.
        crop: Whether LoadFace crops the first release's photographs to the
            published boxes, with a margin. False: they are faces already.
        folder_order: For numbered class folders: class names, lowest number
            first, or a name of
            :data:`~csgresnet_mm.datasets.reading.orders.KNOWN_ORDERS`.
        label_base: What the lowest label is in lists and numbered folders:
            0, 1 or 'auto'.
        **kwargs: See :class:`FERDataset`.

    Raises: See :class:`FERDataset`.
    """

    METAINFO = {'classes': CLASSES, 'alignment': 'none'}
    PUBLISHED: ClassVar[Mapping[str, Sequence[int]]] = {
        'train': (74874, 134415, 25459, 14090, 6378, 3803, 24882, 3750),
        'test': (500,) * 7 + (499,),
    }
    FIRST_RELEASE: ClassVar[Mapping[str, Sequence[int]]] = {
        'train': (74874, 134416, 25459, 14090, 6378, 3803, 24882, 3750),
        'test': (500,) * 8,
    }
    """``PUBLISHED`` of the first release."""
    OPTIONS = ('num_classes', 'crop', 'folder_order', 'label_base')
    ONLY_FOR = {
        'folder_order': (None, ('folders',)),
        'label_base': ('auto', ('lists', 'cache', 'folders')),
    }
    LAYOUTS = (
        npy.LAYOUT,
        number_lists.LAYOUT,
        first_release.LAYOUT,
        class_lists.LAYOUT,
        phase_list.LAYOUT,
        yolo.LAYOUT,
        class_folders.LAYOUT,
    )

    def __init__(
        self,
        data_root: str | os.PathLike[str],
        split: str = 'train',
        *,
        num_classes: int = 7,
        crop: bool = True,
        folder_order: str | Sequence[str] | None = None,
        label_base: int | str = 'auto',
        **kwargs: Any,
    ) -> None:
        if num_classes not in (7, 8):
            raise ValueError(
                f'num_classes={num_classes!r} is unknown; expected 7, or 8 '
                'with Contempt'
            )
        check_label_base(label_base)
        self.num_classes = num_classes
        self.crop = crop
        self.folder_order = folder_order
        self.label_base = label_base
        super().__init__(
            data_root, split, native=CLASSES[:num_classes], **kwargs
        )

    def published_counts(self, split: str) -> Sequence[int] | None:
        """Those of the release; none for the sample in YOLO's form."""
        if self.report.layout == yolo.LAYOUT.name:
            return None
        first = self.report.layout == first_release.LAYOUT.name
        counts = (self.FIRST_RELEASE if first else self.PUBLISHED).get(split)
        return counts and counts[: self.num_classes]

    # ---- what the readers ask ----------------------------------------

    def choose(self, home: Path, splits: Mapping[str, _T], split: str) -> _T:
        """What is of the split, if all is well.

        Args:
            home: Named in errors.
            splits: Split to what a reader found of it.
            split: The one to be read.

        Raises:
            DatasetError: The split is not there, or val is both there and
                to be split off.
        """
        if 'val' in splits and split == 'train':
            self.refuse_second_val(home)
        if split in splits:
            return splits[split]
        if split == 'val':
            raise DatasetError(
                f"{home}: split='test' is AffectNet's validation set; for "
                "split='val' set val_ratio (0.1, say) to split it off train"
            )
        raise DatasetError(
            f'{home}: the split {split!r} is not here, only '
            f'{", ".join(sorted(splits)) or "none"}{unpack_hint(home)}'
        )
