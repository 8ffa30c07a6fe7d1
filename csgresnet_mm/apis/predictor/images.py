"""Reading photographs: upright, in RGB, and never too large to decode."""

from __future__ import annotations

import os
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from csgresnet_mm.image_limits import BAD_HEADER, MAX_PIXELS

FORMATS = ('JPEG', 'PNG', 'WEBP', 'BMP', 'TIFF', 'GIF', 'PPM')
"""What is read; others, such as EPS, would start another program."""

SUFFIXES = frozenset(
    '.jpg .jpeg .mpo .png .webp .bmp .tif .tiff .gif .ppm .pgm'.split()
)
"""Of the files of a folder that are taken for images."""

UNREADABLE = (*BAD_HEADER, zlib.error)
"""What Pillow raises on damaged files."""

BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


class ImageError(ValueError):
    """A file or an array that is no image, or too large a one."""


def read_image(
    source: str | os.PathLike[str] | bytes, max_pixels: int = MAX_PIXELS
) -> np.ndarray:
    """Read an image file as it is to be looked at.

    EXIF's orientation is applied, grey is repeated, 16 bits are cut to 8,
    what is transparent is put on white; of several frames the first is read.

    Args:
        source: Path, or the file's bytes.
        max_pixels: Width times height above which nothing is decoded.

    Returns:
        RGB, shape (height, width, 3), uint8.

    Raises:
        FileNotFoundError: There is no such file.
        ImageError: It is no image, is damaged or truncated, or has more
            pixels.
    """
    if isinstance(source, bytes):
        file: Any = BytesIO(source)
        name = f'the image of {len(source)} bytes'
    else:
        file = name = os.fspath(source)
        if not Path(file).exists():
            raise FileNotFoundError(f'{name}: no such file')
    try:
        with Image.open(file, formats=FORMATS) as image:
            check_pixels(name, *image.size, max_pixels)
            return np.asarray(_to_rgb(image))
    except ImageError:
        raise
    except BOMBS as error:
        raise ImageError(
            f'{name} has too many pixels, {max_pixels} are allowed: {error}'
        ) from error
    except UNREADABLE as error:
        raise ImageError(
            f'{name} cannot be read as an image, it may be damaged or '
            f'truncated ({type(error).__name__}: {error})'
        ) from error


def check_pixels(name: str, width: int, height: int, max_pixels: int) -> None:
    """Raise where an image is too large.

    Raises:
        ImageError: It is.
    """
    if width * height > max_pixels:
        raise ImageError(
            f'{name} is {width} x {height} pixels, {width * height}; '
            f'{max_pixels} are allowed'
        )


def _to_rgb(image: Image.Image) -> Image.Image:
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith('I;16'):
        pixels = np.asarray(upright).astype(np.uint16) >> 8
        upright = Image.fromarray(pixels.astype(np.uint8))
    if upright.mode in ('I', 'F'):
        raise ImageError(
            f'pixels of mode {upright.mode!r} have no known white; expected '
            '8 or 16 bits a channel'
        )
    if upright.has_transparency_data:
        upright = upright.convert('RGBA')
        white = Image.new('RGBA', upright.size, 'white')
        upright = Image.alpha_composite(white, upright)
    return upright.convert('RGB')


def as_rgb(image: np.ndarray, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """Check an image that is in memory already.

    Args:
        image: Shape (height, width), grey, or (height, width, 3), RGB;
            uint8.
        max_pixels: Width times height.

    Returns:
        RGB, shape (height, width, 3), uint8.

    Raises:
        ImageError: Another shape or type, empty, or too large.
    """
    grey = image.ndim == 2
    fits = grey or (image.ndim == 3 and image.shape[2] == 3)
    if not fits or image.dtype != np.uint8 or image.size == 0:
        raise ImageError(
            f'the array has shape {image.shape} and type {image.dtype}; '
            'expected (height, width, 3) in RGB or (height, width), uint8'
        )
    check_pixels('the array', image.shape[1], image.shape[0], max_pixels)
    return np.repeat(image[..., None], 3, axis=2) if grey else image
