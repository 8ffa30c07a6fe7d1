"""SFEW 2.0: faces of movie frames."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from mmpretrain.registry import DATASETS

from .arguments import check_label_base
from .base import FERDataset
from .errors import DatasetError
from .reading.files import describe, image_stem, unpack_hint
from .reading.folders import ClassFolders, find_split_folders
from .reading.layouts import Layout
from .reading.report import ReadReport
from .sample import Sample
from .sfew_csv import IMAGES, LIST, read_csv
from .sfew_folders import (
    choose_folders,
    choose_repacked,
    find_aligned,
    find_frames,
    unique_images,
)

ALIGNMENTS = ('aligned', 'original')


def _is_distributed(folder: Path) -> bool:
    return bool(find_aligned(folder) or find_frames(folder))


def _is_repacked(folder: Path) -> bool:
    return any(find_split_folders(folder))


@DATASETS.register_module()
class SFEW(FERDataset):
    """SFEW 2.0: 958 training and 436 validation frames, 7 classes.

    As distributed::

        SFEW
        |-- Train
        |   |-- Train_Aligned_Faces     Angry/*.png, ..., Surprise/*.png
        |   `-- imgs                    whole frames
        |-- Val
        |   `-- Val_Aligned_Faces       or Val_Aligned_Faces_new/
        |                               Val_Aligned_Faces
        `-- Test                        no labels, not read

    Also ``sfew_2.0_labels.csv`` (image_name, label, emotion,
    original_split) beside ``sfew2.0_images``; and class folders
    ``train/<class>`` and ``val/<class>``.

    The labels of the official test are not public: as in the paper,
    ``split='test'`` is the official validation folder, and ``val_ratio``
    carves 'val' from train. The aligned release lacks faces that were not
    found in their frames, so the number of images is logged: give it with
    every result.

    Args:
        data_root: The folder of the data set.
        split: 'train', 'val' or 'test' (training, valid, ... are the same).
        alignment: 'aligned', or 'original': whole frames, without a box.
        label_base: What the lowest class is numbered, where class folders
            are numbers: 0, 1 or 'auto'.
        folder_order: What numbered class folders mean: class names, lowest
            number first, or a name of
            :data:`~csgresnet_mm.datasets.reading.orders.KNOWN_ORDERS`.
        **kwargs: See :class:`FERDataset`.

    Raises:
        ValueError: A bad argument.
        DatasetError: A ValueError: nothing known lies there, or an entry is
            malformed (with ``on_error='skip'`` that is counted instead).
    """

    METAINFO = {
        'classes': (
            'Angry',
            'Disgust',
            'Fear',
            'Happy',
            'Neutral',
            'Sad',
            'Surprise',
        ),
        'alignment': 'none',
    }
    PUBLISHED: ClassVar[Mapping[str, Sequence[int]]] = {
        'train': (178, 66, 98, 198, 150, 172, 96),
        'test': (77, 23, 47, 73, 86, 73, 57),
    }
    LAYOUTS = (
        Layout(
            'official',
            _is_distributed,
            (
                'Train/Train_Aligned_Faces/<Class>/*.png',
                'Val/Val_Aligned_Faces/<Class>/*.png',
            ),
        ),
        Layout(
            'csv',
            lambda folder: (folder / LIST).is_file(),
            (LIST, f'{IMAGES}/*.png'),
        ),
        Layout(
            'folders',
            _is_repacked,
            ('train/<class>/*.png', 'val/<class>/*.png'),
        ),
    )

    def __init__(
        self,
        data_root: str | os.PathLike[str],
        split: str = 'train',
        *,
        alignment: str = 'aligned',
        label_base: int | str = 'auto',
        folder_order: str | Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        if alignment not in ALIGNMENTS:
            raise ValueError(
                f'alignment={alignment!r} is unknown; expected one of '
                f'{", ".join(ALIGNMENTS)}'
            )
        check_label_base(label_base)
        self.alignment = alignment
        self.label_base = label_base
        self.folder_order = (
            folder_order
            if folder_order is None or isinstance(folder_order, str)
            else tuple(folder_order)
        )
        super().__init__(data_root, split, **kwargs)

    # ---- reading -----------------------------------------------------

    def read_samples(self, split: str, problems: ReadReport) -> list[Sample]:
        """See the base class.

        Raises:
            DatasetError: See the class.
        """
        layout, home = self.recognise()
        if split == 'val':
            raise DatasetError(
                f"{home}: split='test' is SFEW's official validation folder; "
                "for split='val' set val_ratio (0.1, say) to carve it from "
                'train'
            )
        own = 'val' if split == 'test' else split
        if layout.name == 'csv':
            samples = self._read_csv(home, own, problems)
        else:
            samples = self._read_folders(layout.name, home, own, problems)
        if self.alignment == 'aligned':
            problems.note(
                f'SFEW {split}: n = {len(samples)} of '
                f'{sum(self.PUBLISHED[split])} frames; the aligned release '
                'lacks faces: give n with every result'
            )
        return samples

    def _read_csv(
        self, home: Path, own: str, problems: ReadReport
    ) -> list[Sample]:
        self._refuse_options(home, 'the labels are in a list')
        if self.alignment == 'original':
            raise DatasetError(
                f"{home}: alignment='original' needs Train/imgs; here are "
                f'{LIST} and aligned faces'
            )
        path = home / LIST
        classes = self.METAINFO['classes']
        rows = read_csv(path, self.files.text(path), problems, classes)
        folder = home / IMAGES
        sizes = self.files.images(str(folder))
        if not sizes:
            raise DatasetError(
                f'{folder}: no images; {home} holds {describe(home)}'
                + unpack_hint(home)
            )
        self.layout = f'{path} with {folder}'
        samples = []
        for row in rows:
            if row.split != own:
                continue
            size = sizes.get(row.name)
            if not size:
                cause = 'missing image' if size is None else 'empty image'
                found = 'is missing' if size is None else 'is empty (0 bytes)'
                problems.add(
                    cause,
                    f'{path}, line {row.line}: image {folder}/{row.name} '
                    f'{found}',
                )
                continue
            samples.append(
                Sample(f'{folder}/{row.name}', row.label, image_stem(row.name))
            )
        return samples

    def _refuse_options(self, where: Path, why: str) -> None:
        if self.folder_order is not None or self.label_base != 'auto':
            raise DatasetError(
                f'{where}: folder_order= and label_base= are for numbered '
                f'class folders; {why}'
            )

    def _read_folders(
        self, layout: str, home: Path, own: str, problems: ReadReport
    ) -> list[Sample]:
        if layout == 'official':
            splits = choose_folders(home, self.alignment, self.files)
        else:
            splits = choose_repacked(home, problems)
        if own not in splits:
            raise DatasetError(self._no_split(home, own, splits))
        if self.alignment == 'original':
            problems.warn(
                f'{splits[own]}: whole frames, with no box of a face: SFEW '
                'publishes none'
            )
        reader = ClassFolders(
            splits,
            self.METAINFO['classes'],
            self.PUBLISHED,
            problems,
            self.files,
            folder_order=self.folder_order,
            label_base=self.label_base,
        )
        images, proven = reader.read()
        if not proven:
            raise reader.needs_order('they are numbered from 1')
        self.layout = f'class folders {splits[own]}'
        return [
            Sample(image.path, image.label, image_stem(image.name))
            for image in unique_images(images, own, problems)
        ]

    @staticmethod
    def _no_split(home: Path, own: str, splits: Mapping[str, Path]) -> str:
        name = own.capitalize()
        folders = [home, *(home / s for s in (name, own))]
        return (
            f'{home}: no folder of the official {own} split; expected '
            f'{name}/{name}_Aligned_Faces/<Class>; found '
            f'{", ".join(str(path) for path in splits.values())}'
            f'{unpack_hint(*folders)}'
        )
