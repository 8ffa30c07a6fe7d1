"""Cross-validation folds that no subject is on both sides of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DatasetError
from .report import ReadReport
from .splits import assign_folds


def check_fold(fold: int, num_folds: int) -> None:
    """Refuse a fold that does not exist.

    Raises:
        ValueError: ``num_folds`` is not a whole number of 2 or more, or
            ``fold`` is not one of 0..num_folds-1.
    """
    if not is_whole(num_folds) or num_folds < 2:
        raise ValueError(
            f'num_folds={num_folds!r} is not a whole number of 2 or more'
        )
    if not is_whole(fold) or not 0 <= fold < num_folds:
        raise ValueError(
            f'fold={fold!r} is not in 0..{num_folds - 1} '
            f'(num_folds={num_folds})'
        )


def is_whole(value: object) -> bool:
    """Whether a value is an integer; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def fold_mask(
    data: Any,
    home: Path,
    groups: Sequence[str],
    units: Sequence[str],
    split: str,
    report: ReadReport,
) -> NDArray[np.bool_]:
    """The images of one side of a data set's fold.

    :func:`~.splits.assign_folds` gives every subject to a fold, so that the
    folds hold about as many units. It sees the names of the subjects, the
    number of their units and the seed, and nothing else.

    Args:
        data: With ``fold`` (from 0), ``num_folds`` (as many subjects as there
            are, or fewer) and ``seed``.
        home: The folder that was read.
        groups: The subject of each image.
        units: The subject of each thing that is counted: a sequence, or an
            image. Every image's subject is among them.
        split: 'test' is the fold, 'train' all others.
        report: Takes where the fold lies and which subjects it holds.

    Raises:
        DatasetError: There are fewer subjects than folds, or ``split`` is
            'val', which only ``val_ratio`` gives.
    """
    if split == 'val':
        raise DatasetError(
            'folds have no validation split; set val_ratio (0.1, say) to '
            'split whole subjects off train'
        )
    name = f'fold {data.fold} of {data.num_folds}'
    report.where = f'{home}, {name}'
    if not len(units):
        return np.zeros(len(groups), bool)
    folds = assign_folds(units, data.num_folds, data.seed)
    inside = {
        subject
        for subject, fold in zip(units, folds, strict=True)
        if fold == data.fold
    }
    report.note(
        f'{name} (seed {data.seed}): test is {len(inside)} of '
        f'{len(set(units))} subjects: {", ".join(sorted(inside))}'
    )
    in_fold = np.array([group in inside for group in groups], bool)
    return in_fold if split == 'test' else ~in_fold
