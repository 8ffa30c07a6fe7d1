"""How large an image is, by its header, before anything is decoded.

A PNG of a few kB can hold 20,000 x 20,000 pixels, which take over a gigabyte
once they are decoded.
"""

from __future__ import annotations

import os
import warnings
from io import BytesIO

from PIL import Image

from csgresnet_mm.image_limits import BAD_HEADER, MAX_PIXELS, available_formats

from ..errors import UnreadableImageError

JPEG = b'\xff\xd8'
PNG = b'\x89PNG\r\n\x1a\n'

_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset((0x01, *range(0xD0, 0xD9)))
"""Markers that no length follows."""

_HEADERS = 2**24
_BYTES_A_PIXEL = 8
"""Four channels of 16 bits: no image file is longer than that and a header."""


def check_file_size(path: str, max_pixels: int = MAX_PIXELS) -> None:
    """Refuse a file that is too long to be an image within the limit.

    A file that is missing or not of this machine is left to who reads it.

    Raises:
        UnreadableImageError: It is too long.
    """
    if not os.path.isfile(path):
        return
    size = os.path.getsize(path)
    most = _BYTES_A_PIXEL * max_pixels + _HEADERS
    if size > most:
        raise UnreadableImageError(
            f'{path}: {size} bytes; an image of at most {max_pixels} pixels '
            f'has at most {most}',
            'too large',
        )


def check_image_size(
    data: bytes, path: str, max_pixels: int = MAX_PIXELS
) -> None:
    """Refuse an image whose header names more pixels than the limit.

    Args:
        data: The whole file.
        path: Named in errors.
        max_pixels: Width times height.

    Raises:
        UnreadableImageError: It has more pixels; or the header of no known
            format, so that none can be counted.
    """
    if data.startswith(JPEG):
        size = jpeg_size(data)
    elif data.startswith(PNG):
        size = png_size(data)
    else:
        size = _other_size(data, path, max_pixels)
    if size is None:
        raise UnreadableImageError(
            f'{path}: cannot be decoded ({len(data)} bytes starting '
            f'{data[:4]!r})',
            'cannot be decoded',
        )
    width, height = size
    if width * height > max_pixels:
        raise UnreadableImageError(
            f'{path}: {width} x {height} pixels; at most {max_pixels} are '
            'decoded (max_pixels of LoadFace)',
            'too large',
        )


def png_size(data: bytes) -> tuple[int, int] | None:
    """Width and height from a PNG's first chunk, or None."""
    if data[12:16] != b'IHDR' or len(data) < 24:
        return None
    return (
        int.from_bytes(data[16:20], 'big'),
        int.from_bytes(data[20:24], 'big'),
    )


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Width and height from a JPEG's frame header, or None.

    As decoders do, it passes over bytes that stand before a marker.
    """
    position = 2
    while (position := data.find(b'\xff', position)) >= 0:
        if position + 9 > len(data):
            return None
        marker = data[position + 1]
        if marker == 0xFF:  # fill byte
            position += 1
        elif marker == 0 or marker in _BARE:
            position += 2
        elif marker in _FRAME_HEADERS:
            height = int.from_bytes(data[position + 5 : position + 7], 'big')
            width = int.from_bytes(data[position + 7 : position + 9], 'big')
            return width, height
        elif marker in (0xD9, 0xDA):  # the end, or pixels
            return None
        else:
            length = data[position + 2 : position + 4]
            position += 2 + int.from_bytes(length, 'big')
    return None


def _other_size(
    data: bytes, path: str, max_pixels: int
) -> tuple[int, int] | None:
    try:
        with warnings.catch_warnings():
            # ours is reported, not Pillow's
            warnings.simplefilter('ignore', Image.DecompressionBombWarning)
            with Image.open(
                BytesIO(data), formats=available_formats()
            ) as image:
                return image.size
    except Image.DecompressionBombError as error:
        raise UnreadableImageError(
            f'{path}: {error}; at most {max_pixels} pixels are decoded '
            '(max_pixels of LoadFace)',
            'too large',
        ) from error
    except BAD_HEADER:
        return None
