"""RAF-DB, compound expressions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from mmpretrain.registry import DATASETS

from ..reading.layouts import Layout
from ..reading.report import ReadReport
from ..reading.table import Table
from .dataset import RAFDB
from .names import COMPOUND
from .official import (
    OFFICIAL_LIST,
    is_compound,
    is_official,
    read_official,
)


@DATASETS.register_module()
class RAFDBCompound(RAFDB):
    """RAF-DB, compound: 3,162 training and 792 test faces, 11 classes.

    As distributed (any name for ``compound``; ``data_root`` is that folder
    or one or two above it, with ``basic`` beside it or not)::

        compound
        |-- EmoLabel
        |   `-- list_patition_label.txt       train_0001.jpg 5
        |-- Image
        |   |-- aligned                       train_0001_aligned.jpg
        |   `-- original                      train_0001.jpg
        `-- Annotation
            `-- boundingbox                   train_0001_boundingbox.txt

    The list counts from 1. RAF-CE, of 14 compound classes counted from 0, is
    another set and is refused.

    Args:
        data_root: The folder of the data set.
        split: 'train', 'val' or 'test' (training, valid, ... are the same).
        **kwargs: See :class:`RAFDB` (alignment, label_file, label_base:
            a list with neither 0 nor 11 needs it) and
            :class:`FERDataset`.

    Raises: See :class:`FERDataset`.
    """

    METAINFO = {
        'classes': (
            'Happily-Surprised',
            'Happily-Disgusted',
            'Sadly-Fearful',
            'Sadly-Angry',
            'Sadly-Surprised',
            'Sadly-Disgusted',
            'Fearfully-Angry',
            'Fearfully-Surprised',
            'Angrily-Surprised',
            'Angrily-Disgusted',
            'Disgustedly-Surprised',
        ),
        'alignment': 'rafdb',
    }
    PUBLISHED: ClassVar[Mapping[str, Sequence[int]]] = {}
    LAYOUTS = (
        Layout(
            'official',
            is_compound,
            (
                f'compound/EmoLabel/{OFFICIAL_LIST}',
                'compound/Image/aligned/*_aligned.jpg',
            ),
            read_official,
        ),
    )
    OPTIONS = RAFDB.OPTIONS
    NAMES = COMPOUND
    HINT = (
        ' (labels 1..7 are those of RAF-DB basic, 0..13 those of RAF-CE: '
        'other sets)'
    )

    def read_table(self, split: str, report: ReadReport) -> Table:
        """See the base class; warns of labels and counts of other sets."""
        table = super().read_table(split, report)
        expected = self.NAMES.last[split]
        if len(table) != expected:
            report.warn_of_count(
                f'{type(self).__name__} {self.data_root}: {split} has '
                f'{len(table)} images, published are {expected}'
            )
        if len(table) and table.label.max() < 7:
            report.warn(
                f'{report.where}: no label of {split} is above 7: those of '
                'RAF-DB basic, which is another set?'
            )
        return table

    def other_set(self, root: Path) -> str:
        """What lies at a root that is not this set, or ''."""
        if not root.is_dir():
            return ''
        names = [path.name for path in root.iterdir()]
        if any(name.lower().startswith('rafce') for name in names):
            return 'RAF-CE is another set, of 14 classes'
        if any(is_official(place) for place in (root, root / 'basic')):
            return 'basic is another set, of 7 classes'
        return ''
