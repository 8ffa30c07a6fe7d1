"""Reading one face: decode, prove that the file is whole, crop."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import cv2
import mmcv
import numpy as np
from mmcv.transforms import LoadImageFromFile
from mmengine import fileio
from mmpretrain.registry import TRANSFORMS

from ..errors import UnreadableImageError
from .image_size import (
    JPEG,
    MAX_PIXELS,
    PNG,
    check_file_size,
    check_image_size,
)


def is_truncated(data: bytes) -> bool:
    """Whether a JPEG or PNG file ends before its end marker.

    Decoders differ: some return the readable part of a truncated JPEG
    without a word. The headers are walked, the pixels are not decoded. Other
    formats are left to the decoder.
    """
    if data.startswith(JPEG):
        return _jpeg_truncated(data)
    if data.startswith(PNG):
        return _png_truncated(data)
    return False


def _jpeg_truncated(data: bytes) -> bool:
    """Walk the segments to the scan, then look for the end of image.

    Within scan data 0xff is always stuffed, so FF D9 is the end marker;
    starting at the scan leaves out an embedded thumbnail's.
    """
    position = 2
    while position + 4 <= len(data):
        if data[position] != 0xFF:
            return False  # not a segment: for the decoder to judge
        marker = data[position + 1]
        if marker == 0xDA:
            return data.find(b'\xff\xd9', position) < 0
        if marker == 0xFF:  # fill byte
            position += 1
            continue
        length = int.from_bytes(data[position + 2 : position + 4], 'big')
        position += 2 + length
    return True


def _png_truncated(data: bytes) -> bool:
    """Walk the chunks to IEND."""
    position = len(PNG)
    while position + 8 <= len(data):
        length = int.from_bytes(data[position : position + 4], 'big')
        kind = data[position + 4 : position + 8]
        position += 12 + length
        if kind == b'IEND':
            return position > len(data)
    return True


def crop_box(
    box: Sequence[float], margin: float, width: int, height: int
) -> tuple[int, int, int, int] | None:
    """Pixel box with a margin, cut to the image.

    Args:
        box: (left, top, right, bottom) in pixels.
        margin: Added on each side, as a part of the box's own width and
            height.
        width: Of the image.
        height: Of the image.

    Returns:
        (left, top, right, bottom), whole numbers, right and bottom
        exclusive; or None if the published box lies outside the image.
    """
    left, top, right, bottom = box
    if left >= width or top >= height or right <= 0 or bottom <= 0:
        return None
    dx, dy = margin * (right - left), margin * (bottom - top)
    return (
        max(0, math.floor(left - dx)),
        max(0, math.floor(top - dy)),
        min(width, math.ceil(right + dx)),
        min(height, math.ceil(bottom + dy)),
    )


def crop_inside(
    box: Sequence[float], margin: float, size: tuple[int, int], path: str
) -> tuple[int, int, int, int]:
    """As :func:`crop_box`, of a box that must not lie outside.

    Args:
        box: (left, top, right, bottom) in pixels.
        margin: As there.
        size: (width, height) of the image.
        path: Named in the error.

    Raises:
        UnreadableImageError: The box lies outside the image.
    """
    pixels = crop_box(box, margin, *size)
    if pixels is None:
        raise UnreadableImageError(
            f'{path}: box {tuple(box)} lies outside the {size[0]}x{size[1]} '
            'image',
            'box outside the image',
        )
    return pixels


def decode_whole(
    data: bytes,
    path: str,
    decoder: Callable[[bytes], np.ndarray | None],
    max_pixels: int = MAX_PIXELS,
) -> np.ndarray:
    """Decode an image file, if it is whole and not too large.

    Args:
        data: The file.
        path: Named in errors.
        decoder: Gives the pixels, or None.
        max_pixels: Width times height.

    Raises:
        UnreadableImageError: It is empty, truncated or too large, or cannot
            be decoded.
    """
    if not data:
        raise UnreadableImageError(f'{path}: empty file', 'empty')
    if is_truncated(data):
        raise UnreadableImageError(
            f'{path}: truncated image ({len(data)} bytes, no end marker)',
            'truncated',
        )
    check_image_size(data, path, max_pixels)
    try:
        image = decoder(data)
    except (OSError, SyntaxError, cv2.error) as error:
        raise UnreadableImageError(
            f'{path}: cannot be decoded: {error}', 'cannot be decoded'
        ) from error
    if image is None:
        raise UnreadableImageError(
            f'{path}: cannot be decoded ({len(data)} bytes starting '
            f'{data[:4]!r})',
            'cannot be decoded',
        )
    return image


@TRANSFORMS.register_module()
class LoadFace(LoadImageFromFile):
    """LoadImageFromFile that refuses bad files and crops to ``box``.

    Truncated files raise, and so does an image of more than ``max_pixels``,
    before it is decoded. Our data sets put it in the place of every plain
    ``LoadImageFromFile`` of their pipeline, with the same settings, so that a
    stock pipeline works for whole photographs too. Name it in a config to
    choose the margin or the limit.

    Required keys: img_path, or img (pixels that are no image file); and box
    (left, top, right, bottom; pixels) where the face is to be cropped.
    Modified keys: img (BGR), img_shape, ori_shape.

    Args:
        margin: Added to each side of the box, as a part of the box's own
            width and height. Our choice: the box's publisher names none.
        max_pixels: Width times height of the largest image that is decoded.
        **kwargs: As in LoadImageFromFile; ``ignore_empty`` is refused.

    Raises:
        UnreadableImageError: At access, naming the file and the cause.
    """

    def __init__(
        self,
        margin: float = 0.1,
        *,
        max_pixels: int = MAX_PIXELS,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if margin < 0:
            raise ValueError(f'margin={margin} is negative')
        if max_pixels < 1:
            raise ValueError(f'max_pixels={max_pixels}; expected 1 or more')
        if self.ignore_empty:
            raise ValueError(
                'ignore_empty=True makes the pipeline return None, and '
                "another sample is taken unseen; use on_error='skip' of the "
                'data set'
            )
        self.margin = margin
        self.max_pixels = max_pixels

    @classmethod
    def like(cls, loader: LoadImageFromFile) -> LoadFace:
        """The same settings as a plain loader's."""
        return cls(
            to_float32=loader.to_float32,
            color_type=loader.color_type,
            imdecode_backend=loader.imdecode_backend,
            ignore_empty=loader.ignore_empty,
            backend_args=loader.backend_args,
        )

    def transform(self, results: dict) -> dict:
        """Load ``img_path`` and crop it to ``box``, if there is one.

        An image that is there already, of a data set that holds pixels, is
        taken instead.
        """
        path = results.get('img_path', 'the array')
        if 'img' in results:
            image = self._convert(results['img'])
        else:
            image = self._decode(results['img_path'])
        if 'box' in results:
            height, width = image.shape[:2]
            left, top, right, bottom = crop_inside(
                results['box'], self.margin, (width, height), path
            )
            image = np.ascontiguousarray(image[top:bottom, left:right])
        if self.to_float32:
            image = image.astype(np.float32)
        results['img'] = image
        results['img_shape'] = image.shape[:2]
        results['ori_shape'] = image.shape[:2]
        return results

    def _convert(self, pixels: np.ndarray) -> np.ndarray:
        """Grey or BGR pixels as ``color_type`` wants them."""
        if self.color_type == 'color' and pixels.ndim == 2:
            return cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR)
        if self.color_type == 'grayscale' and pixels.ndim == 3:
            return cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
        return np.array(pixels)

    def _decode(self, path: str) -> np.ndarray:
        check_file_size(path, self.max_pixels)
        try:
            data = fileio.get(path, backend_args=self.backend_args)
        except OSError as error:
            raise UnreadableImageError(
                f'{path}: cannot be read: {error}', 'cannot be read'
            ) from error
        decoder = partial(
            mmcv.imfrombytes,
            flag=self.color_type,
            backend=self.imdecode_backend,
        )
        return decode_whole(data, path, decoder, self.max_pixels)

    def __repr__(self) -> str:
        return (
            f'{super().__repr__()[:-1]}, margin={self.margin}, '
            f'max_pixels={self.max_pixels})'
        )


def with_checks(transform: Any) -> Any:
    """The transform; a plain LoadImageFromFile, inside others too, checked.

    Args:
        transform: Built; or Compose, or a list.

    Returns:
        The same, with a LoadFace for each plain LoadImageFromFile.
    """
    if type(transform) is LoadImageFromFile:
        return LoadFace.like(transform)
    if isinstance(transform, list):
        return [with_checks(step) for step in transform]
    inner = getattr(transform, 'transforms', None)  # of MMCV's wrappers
    if isinstance(inner, list):
        transform.transforms = with_checks(inner)
    elif inner is not None:
        with_checks(inner)
    return transform


def check_crops(transforms: Sequence[Any], where: str) -> None:
    """Whether a pipeline, if there is one, crops faces to their boxes.

    Raises:
        ValueError: It does not.
    """
    if transforms and not any(isinstance(t, LoadFace) for t in transforms):
        raise ValueError(
            f'{where}: faces are to be cropped from whole photographs, which '
            'needs LoadImageFromFile or LoadFace in the pipeline'
        )
