"""A path that leads to a row of an array, for whoever reads image files.

A sample of a CSV has no image file; its ``img_path`` names the CSV and the
row. Where a data set is read without a pipeline, the loader comes later and
from elsewhere, as in MMPretrain's ``verify_dataset.py``. MMCV's
LoadImageFromFile asks MMEngine's file backends for the bytes, so the path
names one of ours, which gives the pixels as a file.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from mmengine.fileio import BaseStorageBackend, register_backend

PREFIX = 'pixels'


class RowPath(str):
    """Equal to the path it is made of; MMEngine finds the pixels by it.

    MMEngine chooses the backend by ``str(path)``, which begins with
    ``pixels://`` here. Copies keep the pixels; pickled it is the plain path.

    Args:
        path: As ``fer2013.csv#7``.
        pixels: uint8, grey or BGR.
    """

    pixels: np.ndarray

    def __new__(cls, path: str, pixels: np.ndarray) -> RowPath:
        """A str that knows its pixels."""
        made = super().__new__(cls, path)
        made.pixels = pixels
        return made

    def __str__(self) -> str:
        return f'{PREFIX}://{super().__str__()}'

    def __deepcopy__(self, memo: dict[int, Any]) -> RowPath:
        return self

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (super().__str__(),)


@register_backend('csgresnet_pixels', prefixes=PREFIX, force=True)
class PixelsBackend(BaseStorageBackend):
    """Gives the pixels of a :class:`RowPath` as an image file."""

    def get(self, filepath: str) -> bytes:
        """The bytes of a BMP file, which loses nothing.

        Raises:
            TypeError: It is a path that carries no pixels.
        """
        if not isinstance(filepath, RowPath):
            raise TypeError(
                f'{filepath} is {type(filepath).__name__}; a RowPath is '
                'expected, which the data set makes'
            )
        return cv2.imencode('.bmp', filepath.pixels)[1].tobytes()

    def get_text(self, filepath: str) -> str:
        """There is none.

        Raises:
            TypeError: Always.
        """
        raise TypeError(f'{filepath} names pixels, not text')
