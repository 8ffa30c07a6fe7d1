"""A label drawn at each access, from a soft label."""

from __future__ import annotations

from typing import Any

import numpy as np
from mmcv.transforms import BaseTransform
from mmpretrain.registry import TRANSFORMS


@TRANSFORMS.register_module()
class DrawLabel(BaseTransform):
    """Draws ``gt_label`` from the shares ``gt_score``, which it takes away.

    It draws from NumPy's global generator, which MMEngine seeds in each
    loader worker. FER+ puts it before the other transforms for
    ``rule='probability'``.
    """

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Take ``gt_score`` away and set ``gt_label``."""
        shares = np.asarray(results.pop('gt_score'), np.float64)
        results['gt_label'] = int(
            np.random.choice(len(shares), p=shares / shares.sum())
        )
        return results
