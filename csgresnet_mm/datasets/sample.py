"""One image of a data set, before it becomes MMEngine's entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np


class Sample(NamedTuple):
    """One image; ``key`` names it whatever the layout, for carving.

    ``label`` counts in the data set's native order. ``box`` is (left, top,
    right, bottom) in pixels, where the face is to be cropped. ``group`` is
    the subject or the photograph, '' where it is not known. ``score`` is a
    soft label over the native classes. ``row`` is the image's row in an
    array, where images are no files.
    """

    path: str
    label: int
    key: str
    box: tuple[float, float, float, float] | None = None
    group: str = ''
    score: tuple[float, ...] | None = None
    row: int | None = None

    def info(self, order: Sequence[int], num_classes: int) -> dict[str, Any]:
        """The entry of MMEngine's data list.

        Args:
            order: Native label to the label to give.
            num_classes: Length of a soft label.
        """
        info: dict[str, Any] = dict(
            img_path=self.path, gt_label=order[self.label]
        )
        if self.box is not None:
            info['box'] = self.box
        if self.group:
            info['group'] = self.group
        if self.score is not None:
            score = np.zeros(num_classes, np.float32)
            score[list(order)] = self.score
            info['gt_score'] = score
        if self.row is not None:
            info['row'] = self.row
        return info
