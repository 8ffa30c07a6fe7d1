"""FER2013: 35,887 grey faces of 48x48 pixels."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from mmpretrain.registry import DATASETS

from .errors import DatasetError
from .fer_array import ArrayFaces
from .fer_bad import find_bad_rows
from .fer_block import Images
from .fer_csv import Table
from .fer_folders import BOTH, UNOFFICIAL, FerFolders, image_keys
from .fer_line import USAGES
from .fer_names import SPLITS
from .fer_rows import (
    CSV_NAMES,
    as_split,
    choose_paper_test,
    csv_samples,
    find_csv,
    find_split_csvs,
    need_columns,
    report_rows,
)
from .reading.folders import find_split_folders
from .reading.layouts import Layout
from .reading.report import ReadReport
from .sample import Sample

PAPER_SPLITS = ('paper_train', 'paper_test')
_TRAIN = (3995, 436, 4097, 7215, 4830, 3171, 4965)
_PUBLIC = (467, 56, 496, 895, 653, 415, 607)
_PRIVATE = (491, 55, 528, 879, 594, 416, 626)
_ALL = tuple(map(sum, zip(_TRAIN, _PUBLIC, _PRIVATE, strict=True)))
_HALVES = tuple(map(sum, zip(_PUBLIC, _PRIVATE, strict=True)))


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
    names do not tell the two apart, 'test' is both (7,178), which is said,
    and ``val_ratio`` carves 'val' from train. The images of a CSV are parsed
    once and kept, see :mod:`~csgresnet_mm.datasets.fer_pixels`.

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
    EXTRA_SPLITS = PAPER_SPLITS
    TRAIN_SPLITS = ('train', 'paper_train')
    OPTIONS = ('drop_bad', 'folder_order')
    LAYOUTS = (
        Layout('csv', lambda folder: find_csv(folder) is not None, CSV_NAMES),
        Layout(
            'split-csv',
            lambda folder: bool(find_split_csvs(folder)),
            ('train.csv', 'val.csv', 'test.csv'),
        ),
        Layout(
            'folders',
            lambda folder: bool(find_split_folders(folder)),
            ('train/<class>/*.jpg', 'test/<class>/*.jpg'),
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
                f'val_ratio={kwargs["val_ratio"]} carves train, not {split}'
            )
        self.drop_bad = drop_bad
        self.folder_order = (
            folder_order
            if folder_order is None or isinstance(folder_order, str)
            else tuple(folder_order)
        )
        super().__init__(data_root, split, **kwargs)

    def published_counts(self, split: str) -> Sequence[int] | None:
        """See the base class; None where the parts are not official."""
        if self.drop_bad or UNOFFICIAL in self.layout:
            return None
        if split == 'test' and BOTH in self.layout:
            return _HALVES
        counts: Sequence[int] | None = super().published_counts(split)
        return counts

    # ---- reading -----------------------------------------------------

    def read_samples(self, split: str, problems: ReadReport) -> list[Sample]:
        """See the base class.

        Raises:
            DatasetError: See the class.
        """
        layout, home = self.recognise()
        if self.drop_bad and layout.name != 'csv':
            raise DatasetError(
                f'{home}: drop_bad=True needs {" or ".join(CSV_NAMES)}; here '
                f'is the layout {layout.name!r}'
            )
        if self.folder_order is not None and layout.name != 'folders':
            raise DatasetError(
                f'{home}: folder_order= is for numbered class folders; here '
                f'is the layout {layout.name!r}'
            )
        read = {
            'csv': self._read_csv,
            'split-csv': self._read_split_csvs,
            'folders': self._read_folders,
        }[layout.name]
        if split not in PAPER_SPLITS:
            return read(home, (split,), problems)
        samples = read(home, SPLITS, problems)
        problems.warn(
            f'{home}: {split} is a part of all {len(samples)} images, drawn '
            f'with seed={self.seed}: results on it are not comparable with '
            'those on PrivateTest'
        )
        chosen = choose_paper_test(samples, self.seed)
        wanted = split == 'paper_test'
        return [
            sample
            for sample, is_test in zip(samples, chosen, strict=True)
            if is_test == wanted
        ]

    def _refuse_val_ratio(self, where: Path) -> None:
        """Where there is an official validation split, none is carved."""
        if self.val_ratio:
            raise DatasetError(
                f"{where}: holds the official validation split, split='val'; "
                f'leave val_ratio={self.val_ratio} out'
            )

    def _read_csv(
        self, home: Path, splits: Sequence[str], problems: ReadReport
    ) -> list[Sample]:
        path = find_csv(home) or home / CSV_NAMES[0]
        need_columns(path, 'emotion', 'usage')
        self._refuse_val_ratio(path)
        table, images = self.open_csv(path)
        self.layout = str(path)
        report_rows(table, path, splits, problems)
        if (np.diff(table.usages[table.usages >= 0]) < 0).any():
            problems.warn(
                f'{path}: the rows of {", ".join(USAGES)} do not follow each '
                "other in this order, which is the set's: a changed copy?"
            )
        samples = csv_samples(table, path, splits)
        if not self.drop_bad:
            return samples
        return self._drop_bad_rows(samples, table, images, path, problems)

    def _drop_bad_rows(
        self,
        samples: list[Sample],
        table: Table,
        images: Images,
        path: Path,
        problems: ReadReport,
    ) -> list[Sample]:
        bad = find_bad_rows(table, images)
        problems.warn(
            f'{path}: drop_bad=True leaves out {len(bad.blank)} rows without '
            f'a face and {len(bad.copies)} copies ({len(bad.relabelled)} with '
            f'another label) of {len(table.lines)} rows: results are not '
            'comparable'
        )
        self.layout += ' without blank rows and copies'
        dropped = bad.blank | bad.copies
        return [sample for sample in samples if sample.row not in dropped]

    def _read_split_csvs(
        self, home: Path, splits: Sequence[str], problems: ReadReport
    ) -> list[Sample]:
        found = find_split_csvs(home)
        if 'val' in found:
            self._refuse_val_ratio(found['val'])
        samples = []
        for split in splits:
            path = found.get(split)
            if path is None:
                hint = '; set val_ratio (0.1, say) to carve one from train'
                names = ', '.join(own.name for own in found.values())
                raise DatasetError(
                    f'{home}: no {split}.csv with pixels; found {names}'
                    + hint * (split == 'val')
                )
            need_columns(path, 'emotion')
            table = as_split(self.open_csv(path)[0], split, path, problems)
            report_rows(table, path, (split,), problems)
            samples += csv_samples(table, path, (split,))
        self.layout = f'{home}/{{{",".join(found)}}}.csv'
        return samples

    def _read_folders(
        self, home: Path, splits: Sequence[str], problems: ReadReport
    ) -> list[Sample]:
        reader = FerFolders(
            home,
            classes=self.native,
            published=dict(self.PUBLISHED, halves=_HALVES, all=_ALL),
            folder_order=self.folder_order,
            problems=problems,
            index=self.files,
        )
        if 'val' in reader.splits:
            self._refuse_val_ratio(home)
        self.layout = f'class folders {home}' + (
            f' ({reader.kind})' if reader.kind else ''
        )
        images = (
            reader.everything() if splits == SPLITS else reader.take(splits[0])
        )
        return [
            Sample(image.path, image.label, key)
            for image, key in zip(images, image_keys(images), strict=True)
        ]
