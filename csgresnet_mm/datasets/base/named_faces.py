"""Base of the sets whose names say all, divided into folds of subjects."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..reading.checks import Review, images_present
from ..reading.folds import check_fold, fold_mask
from ..reading.named import NameForm, read_named
from ..reading.report import ReadReport
from ..reading.table import Table
from .dataset import FERDataset


class NamedFaces(FERDataset):
    """Images of subjects, whom and what their own names say.

    There is no official split: ``split='test'`` is the subjects of ``fold``,
    'train' all others; the result is the mean over all folds. ``val_ratio``
    splits 'val' off train by whole subjects. The log names the subjects of
    the fold.

    A subclass sets ``NAMES``, ``SUBJECTS`` and ``PUBLISHED['all']``.

    Args:
        data_root: The folder of the data set.
        split: 'train', 'val' or 'test' (training, valid, ... are the same).
        fold: From 0.
        num_folds: Number of folds; with fewer than there are subjects, each
            holds several.
        **kwargs: See :class:`FERDataset`. ``seed`` chooses the folds too:
            give train and test the same.

    Raises: See :class:`FERDataset`.
    """

    NAMES: ClassVar[NameForm]
    SUBJECTS: ClassVar[int]
    OPTIONS = ('fold', 'num_folds')

    def __init__(
        self,
        data_root: str | os.PathLike[str],
        split: str = 'train',
        *,
        fold: int = 0,
        num_folds: int = 10,
        **kwargs: Any,
    ) -> None:
        check_fold(fold, num_folds)
        self.fold = fold
        self.num_folds = num_folds
        super().__init__(data_root, split, **kwargs)

    def choose(self, table: Table) -> NDArray[np.bool_]:
        """Mask of the images that the options ask for."""
        return np.ones(len(table), bool)


def read_folds(
    data: NamedFaces, home: Path, split: str, report: ReadReport
) -> Table:
    """The images of one side of a fold.

    The folds see names only: they are the same in every layout, whatever the
    options leave out and whichever image cannot be used.

    Raises:
        DatasetError: See :class:`NamedFaces`.
    """
    everything = read_named(home, data.NAMES, data.native, data.files, report)
    subjects = sorted(set(everything.group))
    if len(subjects) != data.SUBJECTS:
        report.warn(
            f'{home}: {len(subjects)} subjects ({", ".join(subjects)}); '
            f'{type(data).__name__} has {data.SUBJECTS}'
        )
    review = Review(everything, report)
    images_present(review, everything)
    table = review.done()
    expected = data.PUBLISHED['all']
    data.check_counts('all folds together', table, expected, report)
    units = everything.group.tolist()
    inside = fold_mask(data, home, table.group, units, split, report)
    return table.take(inside & data.choose(table))
