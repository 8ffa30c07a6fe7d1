"""SFEW 2.0: faces of movie frames."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from mmpretrain.registry import DATASETS

from ..base import FERDataset
from ..base.arguments import check_choice, check_label_base
from ..errors import DatasetError
from ..reading.checks import Review, each_once, images_present, sizes_of
from ..reading.files import describe, unpack_hint
from ..reading.folders import ClassFolders, find_split_folders
from ..reading.layouts import Layout
from ..reading.report import ReadReport
from ..reading.table import Table
from .csv_file import IMAGES, LIST, read_csv
from .folders import (
    choose_folders,
    choose_repacked,
    find_aligned,
    find_frames,
)

ALIGNMENTS = ('aligned', 'original')


def _read(data: SFEW, home: Path, split: str, report: ReadReport) -> Table:
    if split == 'val':
        raise DatasetError(
            f"{home}: split='test' is SFEW's official validation folder; "
            "for split='val' set val_ratio (0.1, say) to split it off train"
        )
    own = 'val' if split == 'test' else split
    read = _read_list if report.layout == 'csv' else _read_folders
    table = read(data, home, own, report)
    if data.alignment == 'aligned':
        report.note(
            f'SFEW {split}: n = {len(table)} of '
            f'{sum(data.PUBLISHED[split])} frames; the aligned release '
            'lacks faces: give n with every result'
        )
    return table


def _read_list(data: SFEW, home: Path, own: str, report: ReadReport) -> Table:
    path, folder = home / LIST, home / IMAGES
    table = read_csv(path, data.files.text(path), report, data.native)
    if not data.files.images(folder):
        raise DatasetError(
            f'{folder}: no images; {home} holds {describe(home)}'
            + unpack_hint(home)
        )
    report.where = f'{path} with {folder}'
    table = table.take(table.split == own)
    names = table.extra['image_name']
    paths = [f'{folder}/{name}' for name in names]
    table = table.replace(path=paths, size=sizes_of(paths, data.files.images))
    review = Review(table, report)
    images_present(review, table, names)
    return review.done(extra={})


def _read_folders(
    data: SFEW, home: Path, own: str, report: ReadReport
) -> Table:
    if report.layout == 'official':
        splits = choose_folders(home, data.alignment, data.files)
    else:
        splits = choose_repacked(home, report)
    if own not in splits:
        raise DatasetError(_no_split(home, own, splits))
    if data.alignment == 'original':
        report.warn(
            f'{splits[own]}: whole frames, with no box of a face: SFEW '
            'publishes none'
        )
    reader = ClassFolders(
        splits,
        data.native,
        data.PUBLISHED,
        report,
        data.files,
        folder_order=data.folder_order,
        label_base=data.label_base,
    )
    everything, proven = reader.read()
    if not proven:
        raise reader.needs_order('they are numbered from 1')
    report.where = f'class folders {splits[own]}'
    is_own = everything.split == own
    review = Review(everything.take(is_own), report)
    images_present(review, review.table)
    label = {'label': review.table.label}
    each_once(review, review.table.name, label, what='name')
    table = review.done()
    others = set(everything.name[~is_own])
    both = sorted(others.intersection(table.name))
    if both:
        first = table.path[table.name == both[0]][0]
        report.warn(
            f'{len(both)} images of {own!r} are also in the other split '
            f'(first: {first})'
        )
    return table


def _no_split(home: Path, own: str, splits: Mapping[str, Path]) -> str:
    name = own.capitalize()
    folders = [home, *(home / s for s in (name, own))]
    return (
        f'{home}: no folder of the official {own} split; expected '
        f'{name}/{name}_Aligned_Faces/<Class>; found '
        f'{", ".join(str(path) for path in splits.values())}'
        f'{unpack_hint(*folders)}'
    )


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
    splits 'val' off train. The aligned release lacks faces that were not
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

    Raises: See :class:`FERDataset`.
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
    OPTIONS = ('alignment', 'label_base', 'folder_order')
    ONLY_FOR = {
        'alignment': ('aligned', ('official', 'folders')),
        'label_base': ('auto', ('official', 'folders')),
        'folder_order': (None, ('official', 'folders')),
    }
    LAYOUTS = (
        Layout(
            'official',
            lambda folder: bool(find_aligned(folder) or find_frames(folder)),
            (
                'Train/Train_Aligned_Faces/<Class>/*.png',
                'Val/Val_Aligned_Faces/<Class>/*.png',
            ),
            _read,
        ),
        Layout(
            'csv',
            lambda folder: (folder / LIST).is_file(),
            (LIST, f'{IMAGES}/*.png'),
            _read,
        ),
        Layout(
            'folders',
            lambda folder: any(find_split_folders(folder)),
            ('train/<class>/*.png', 'val/<class>/*.png'),
            _read,
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
        check_choice('alignment', alignment, ALIGNMENTS)
        check_label_base(label_base)
        self.alignment = alignment
        self.label_base = label_base
        self.folder_order = folder_order
        super().__init__(data_root, split, **kwargs)
