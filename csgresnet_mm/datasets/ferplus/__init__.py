"""FER+: FER2013's images, labelled anew by ten people."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mmpretrain.registry import DATASETS

from ..base.arguments import check_choice
from ..fer2013.array import ArrayFaces
from ..reading.files import image_stem
from ..reading.folders import find_split_folders
from ..reading.layouts import Layout
from ..reading.names import ORDERS
from ..reading.report import ReadReport
from ..reading.table import UNLABELLED, Table
from .draw import DrawLabel
from .folders import has_images, read_folders
from .join import join_csv, join_png
from .rules import label_by_rule
from .votes import FOLDERS, LABEL_CSV, NEW_VOTES

SOURCES = ('fer2013new', 'label_csv')
SOFT_RULES = ('probability', 'crossentropy')
RULES = ('majority', 'argmax', *SOFT_RULES)
_PARTS = {
    'train': ('train',),
    'val': ('val',),
    'test': ('test',),
    'trainval': ('train', 'val'),
}
_TOTALS = {
    ('majority', True): {'train': 25045, 'val': 3191, 'test': 3137},
    ('majority', False): {'train': 25060, 'val': 3199, 'test': 3153},
    ('soft', True): {'train': 27947},
    ('soft', False): {'train': 27956},
    ('argmax', True): {'train': 28385, 'val': 3555, 'test': 3545},
    ('argmax', False): {'train': 28389, 'val': 3553, 'test': 3546},
}
"""Rule, and whether votes are label.csv's own, to images of 8 classes."""


def _read(data: FERPlus, home: Path, split: str, report: ReadReport) -> Table:
    """The images of a split that have a label."""
    splits = _PARTS[split]
    if report.layout == 'folders':
        return read_folders(data, home, splits, report)
    data.refuse_second_val(home)
    join = join_png if report.layout == 'png' else join_csv
    joined = join(data, home, splits, report)
    rule = data.rule
    if rule in SOFT_RULES and not data.is_train:
        rule = 'majority'
    table = _label(joined.table, rule, data.num_classes)
    sources = ', '.join(map(str, joined.sources))
    report.where = f'{sources}; rule {rule}, {data.num_classes} classes'
    report.note(
        f'FERPlus {split}: n = {len(table)} of {len(joined.table)} images '
        f'have a label ({report.where}): give source, rule and n with every '
        'result'
    )
    kind = 'soft' if rule in SOFT_RULES else rule
    totals = _TOTALS[kind, joined.own_votes]
    if data.num_classes == 8 and all(part in totals for part in splits):
        expected = sum(totals[part] for part in splits)
        if not expected - joined.spare <= len(table) <= expected:
            report.warn_of_count(
                f'FERPlus {data.data_root}: {split} has {len(table)} images '
                f'by {rule}, published are {expected}'
            )
    return table


def _label(table: Table, rule: str, num_classes: int) -> Table:
    """The rows to which a rule gives a label, named as the set names them."""
    results = [
        label_by_rule(votes, rule, num_classes)
        for votes in table.votes.astype(np.int64).tolist()
    ]
    table = table.replace(
        label=[UNLABELLED if r is None else r[0] for r in results],
        name=[
            image_stem(name) or f'row{row}'
            for name, row in zip(table.name, table.row.tolist(), strict=True)
        ],
    )
    table = table.take(table.labelled)
    scores = [result[1] for result in results if result is not None]
    if rule in SOFT_RULES and scores:
        table = table.replace(score=scores)
    return table


@DATASETS.register_module()
class FERPlus(ArrayFaces):
    """FER+: FER2013's images with ten people's votes.

    ``data_root``, or a folder one or two levels below it, holds one of

    - the authors' folders with images (layout 'png')::

        data
        |-- FER2013Train        fer0000000.png, ..., label.csv
        |-- FER2013Valid
        `-- FER2013Test
        fer2013new.csv          beside these folders or one level above

    - ``fer2013new.csv`` and, there or in another folder, FER2013's
      ``fer2013.csv`` or ``icml_face_data.csv`` (layout 'csv');
    - class folders ``train|validation|test/<class>`` (layout 'folders'), a
      repack of which the rule that made the labels is not known.

    There are two files of votes, and several rules. Most published results
    (28,236 images to train on, 3,137 to test) are of ``label_csv`` and
    'majority', with ``split='trainval'``. Give source, rule and number with
    every result: they are logged.

    Args:
        data_root: The folder of the data set.
        split: 'train', 'val' (PublicTest), 'test' (PrivateTest), or
            'trainval', which is the first two.
        label_source: 'fer2013new', or 'label_csv': the authors' older votes
            in the image folders, which differ in 1,602 images.
        rule: 'majority': the class with more than half of the votes, single
            votes left out. 'argmax': the first with most votes. And two of
            soft labels, for training: 'crossentropy' gives ``gt_score`` (use
            ``CrossEntropyLoss(use_soft=True)``), 'probability' draws a label
            from it at each access; val and test have majority labels then.
        num_classes: 8, or 7 without contempt: images labelled so are left
            out, and soft labels are shares of the other classes.
        image_csv: FER2013's CSV, if it is not below ``data_root``.
        folder_order: What numbered class folders mean: class names, lowest
            number first, or a name of
            :data:`~csgresnet_mm.datasets.reading.names.ORDERS`.
        **kwargs: See :class:`FERDataset`.

    Raises: See :class:`FERDataset`.
    """

    METAINFO = {
        'classes': ORDERS['ferplus'],
        'alignment': 'fer2013',
    }
    GREY = True
    EXTRA_SPLITS = ('trainval',)
    TRAIN_SPLITS = ('train', 'trainval')
    OPTIONS = (
        'label_source',
        'rule',
        'num_classes',
        'image_csv',
        'folder_order',
    )
    ONLY_FOR = {
        'rule': ('majority', ('png', 'csv')),
        'label_source': ('fer2013new', ('png', 'csv')),
        'image_csv': (None, ('csv',)),
        'folder_order': (None, ('folders',)),
    }
    LAYOUTS = (
        Layout(
            'png',
            has_images,
            (*(f'{name}/*.png' for name in FOLDERS.values()), LABEL_CSV),
            _read,
        ),
        Layout(
            'csv',
            lambda folder: (folder / NEW_VOTES).is_file(),
            (NEW_VOTES, 'fer2013.csv'),
            _read,
        ),
        Layout(
            'folders',
            lambda folder: bool(find_split_folders(folder)),
            ('train/<class>', 'validation/<class>', 'test/<class>'),
            _read,
        ),
    )

    def __init__(
        self,
        data_root: str | os.PathLike[str],
        split: str = 'train',
        *,
        label_source: str = 'fer2013new',
        rule: str = 'majority',
        num_classes: int = 8,
        image_csv: str | os.PathLike[str] | None = None,
        folder_order: str | Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        check_choice('label_source', label_source, SOURCES)
        check_choice('rule', rule, RULES)
        check_choice('num_classes', num_classes, (8, 7))
        self.label_source = label_source
        self.rule = rule
        self.num_classes = num_classes
        self.image_csv = (
            None if image_csv is None else Path(image_csv).expanduser()
        )
        self.folder_order = folder_order
        classes = self.METAINFO['classes'][:num_classes]
        super().__init__(data_root, split, native=classes, **kwargs)

    def first_transforms(self) -> Sequence[Any]:
        """A label is drawn in training, if the rule says so."""
        draws = self.rule == 'probability' and self.is_train
        return (DrawLabel(),) if draws and not self.test_mode else ()
