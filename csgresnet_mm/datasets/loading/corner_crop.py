"""Crops of the corners, for tests by several crops."""

from __future__ import annotations

from typing import Any

import numpy as np
from mmcv.transforms import BaseTransform
from mmpretrain.registry import TRANSFORMS

CORNERS = ('top left', 'top right', 'bottom left', 'bottom right')


@TRANSFORMS.register_module()
class CornerCrop(BaseTransform):
    """Crop a corner of an image.

    Four of them, MMPretrain's ``CenterCrop`` and its flip, listed in its
    ``TestTimeAug``, are the ten crops of a test; ``_base_/datasets/fer_48.py``
    does so.

    Required keys: img. Modified keys: img, img_shape.

    Args:
        crop_size: Height and width of the crop in pixels.
        corner: One of :data:`CORNERS`.

    Raises:
        ValueError: A bad argument; or, at access, the image is smaller than
            the crop.
    """

    def __init__(self, crop_size: int, corner: str) -> None:
        if corner not in CORNERS:
            raise ValueError(
                f'corner={corner!r} is unknown; expected one of '
                f'{", ".join(map(repr, CORNERS))}'
            )
        if crop_size < 1:
            raise ValueError(f'crop_size={crop_size}; expected 1 or more')
        self.crop_size = crop_size
        self.corner = corner

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Crop ``img``."""
        height, width = results['img'].shape[:2]
        down, right = height - self.crop_size, width - self.crop_size
        if min(down, right) < 0:
            path = results.get('img_path', 'the array')
            raise ValueError(
                f'{path}: a {width}x{height} image has no crop of '
                f'{self.crop_size}x{self.crop_size} pixels; put a Resize '
                'before CornerCrop'
            )
        top = 0 if 'top' in self.corner else down
        left = 0 if 'left' in self.corner else right
        results['img'] = np.ascontiguousarray(
            results['img'][
                top : top + self.crop_size, left : left + self.crop_size
            ]
        )
        results['img_shape'] = results['img'].shape[:2]
        return results

    def __repr__(self) -> str:
        return (
            f'CornerCrop(crop_size={self.crop_size}, corner={self.corner!r})'
        )
