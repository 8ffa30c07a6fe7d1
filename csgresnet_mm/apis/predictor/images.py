"""Reading photographs: upright, in RGB, and never too large to decode."""

from __future__ import annotations

import os
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from csgresnet_mm.apis.predictor.file_kinds import (
    HEAD,
    PICTURES,
    VIDEOS,
    find_format,
    read_head,
)
from csgresnet_mm.image_limits import BAD_HEADER, MAX_PIXELS, available_formats

HEIC_HINT = "pip install 'csgresnet_mm[heic]'"
AVIF_HINT = "pip install 'pillow>=11.3'"

UNREADABLE = (*BAD_HEADER, zlib.error, RuntimeError)
"""What Pillow raises on damaged files."""

BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)

_SEVERAL = {
    'AVIF': 'frames',
    'GIF': 'frames',
    'PNG': 'frames',
    'TIFF': 'pages',
    'WEBP': 'frames',
}
"""Formats whose further pictures are noted; those beside the main one of a
phone's JPEG or HEIC are nothing that a viewer shows."""


class ImageError(ValueError):
    """A file or an object that is no image, or too large a one."""


class FirstFrameWarning(UserWarning):
    """The first of several frames, or pages, was read."""


@dataclass(frozen=True, eq=False)
class Decoded:
    """An image.

    Args:
        pixels: RGB, shape (height, width, 3), uint8.
        note: Of what else its file holds; '' where that is nothing.
    """

    pixels: np.ndarray
    note: str = ''


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

    Warns:
        FirstFrameWarning: There were several frames or pages.
    """
    found = decode(source, max_pixels)
    if found.note:
        warnings.warn(found.note, FirstFrameWarning, stacklevel=2)
    return found.pixels


def decode(
    source: str | os.PathLike[str] | bytes,
    max_pixels: int = MAX_PIXELS,
    name: str = '',
) -> Decoded:
    """As :func:`read_image`, which gives the note as a warning.

    Args:
        source: As there.
        max_pixels: As there.
        name: Of bytes, in errors.
    """
    if isinstance(source, bytes):
        name = name or f'the image of {len(source)} bytes'
        file: Any = BytesIO(source)
        head = source[:HEAD]
    else:
        file = name = os.fspath(source)
        if not os.path.exists(file):
            raise FileNotFoundError(f'{name:.300}: no such file')
        if os.path.isdir(file):
            raise ImageError(f'{name} is a folder; expected an image file')
        head = _read_head(name)
    kind = find_format(head)
    if kind and kind not in PICTURES:
        raise ImageError(_refusal(name, kind))
    with _reading(name, max_pixels), _open(file, name, kind) as image:
        check_pixels(name, *image.size, max_pixels)
        pixels = np.asarray(to_rgb(image))
        return Decoded(pixels, _find_note(image, name))


def _read_head(path: str) -> bytes:
    try:
        return read_head(path)
    except OSError as error:
        raise ImageError(
            f'{path} cannot be read as an image ({error})'
        ) from error


def _refusal(name: str, kind: str) -> str:
    if kind in VIDEOS:
        return f'{name} is a video ({kind}), no image: give it by itself'
    return f'{name} cannot be read as an image: it is {kind}'


def _open(file: Any, name: str, kind: str) -> Image.Image:
    if kind == 'AVIF' and 'AVIF' not in available_formats():
        raise ImageError(f'{name} is AVIF, which needs: {AVIF_HINT}')
    if kind != 'HEIC':
        return Image.open(file, formats=available_formats())
    try:
        from pillow_heif import HeifImageFile
    except ModuleNotFoundError as error:
        raise ImageError(
            f'{name} is HEIC, which needs: {HEIC_HINT}'
        ) from error
    # registering it would change what every other Image.open here reads
    return HeifImageFile(file)


@contextmanager
def _reading(name: str, max_pixels: int) -> Iterator[None]:
    """Raise what Pillow raises with the image's name."""
    try:
        yield
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


def _find_note(image: Image.Image, name: str) -> str:
    several = _SEVERAL.get(image.format or '')
    try:
        if several is None or not getattr(image, 'is_animated', False):
            return ''
        count = getattr(image, 'n_frames', 1)
    except UNREADABLE:
        return f'{name}: the first is read, later {several} are damaged'
    return f'{name}: the first of {count} {several} is read'


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


def from_pillow(
    image: Image.Image, max_pixels: int = MAX_PIXELS, name: str = 'the image'
) -> np.ndarray:
    """The pixels of Pillow's image, as :func:`read_image` gives them.

    Args:
        image: Where it has several frames, the present one is taken.
        max_pixels: Width times height.
        name: In errors.

    Returns:
        RGB, shape (height, width, 3), uint8.

    Raises:
        ImageError: It is empty, closed, damaged or too large.
    """
    with _reading(name, max_pixels):
        check_pixels(name, *image.size, max_pixels)
        if 0 in image.size:
            raise ImageError(
                f'{name} has {image.size[0]} x {image.size[1]} pixels'
            )
        return np.asarray(to_rgb(image))


def to_rgb(image: Image.Image) -> Image.Image:
    """Upright, 8 bits a channel, on white.

    Raises:
        ImageError: Nobody knows how bright its pixels are.
    """
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
