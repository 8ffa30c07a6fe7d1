"""Pictures in whatever form they are given: the one owner of it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

import numpy as np
from PIL import Image

from csgresnet_mm.apis.predictor.images import (
    ImageError,
    check_pixels,
    from_pillow,
    read_image,
)
from csgresnet_mm.image_limits import MAX_PIXELS

CHANNEL_ORDERS = ('rgb', 'bgr')
TAKEN = (
    'a path (str or pathlib), the bytes of an image file, a file that is '
    "open in binary mode, a PIL image, numpy's array (height, width[, "
    "channels]) or torch's tensor ([channels,] height, width) of uint8; or a "
    'list, tuple or generator of these'
)
ADDRESSES = ('://', 'data:')
"""What a text has that names no file."""
_BYTES_A_PIXEL = 8
"""Four channels of 16 bits: no image file is longer than that and a header."""
_HEADERS = 2**24


def expand(path: str | os.PathLike[Any]) -> str:
    """A path as text, with a ``~`` in front put out.

    Args:
        path: A name such as ``~x.jpg``, that is no user's, is left alone.
    """
    return os.path.expanduser(os.fsdecode(path))


def is_single(given: Any) -> bool:
    """Whether this is one picture, and not a list of several."""
    return isinstance(
        given,
        (str, os.PathLike, bytes, bytearray, memoryview, np.ndarray)
        + (Image.Image,),
    ) or (hasattr(given, 'read') or _is_tensor(given))


def read_all(
    images: Any, max_pixels: int = MAX_PIXELS, channel_order: str = 'rgb'
) -> Iterator[np.ndarray]:
    """Read one picture, or each of several when it is asked for.

    Args:
        images: See :data:`TAKEN`.
        max_pixels: Width times height.
        channel_order: Of arrays and tensors: 'rgb' or 'bgr'.

    Yields:
        RGB, shape (height, width, 3), uint8.

    Raises:
        TypeError: What is given is none of these.
        FileNotFoundError: There is no such file.
        ImageError: A ValueError: it cannot be read, or is too large.
    """
    if channel_order not in CHANNEL_ORDERS:
        raise ValueError(
            f'channel_order={channel_order!r} is unknown; expected one of '
            f'{", ".join(CHANNEL_ORDERS)}'
        )
    if is_single(images):
        return iter([read_input(images, max_pixels, channel_order)])
    if not isinstance(images, Iterable) or isinstance(images, (Mapping, Set)):
        raise TypeError(_refusal(images))
    return (
        read_input(given, max_pixels, channel_order, f'images[{number}]')
        for number, given in enumerate(images)
    )


def read_input(
    given: Any,
    max_pixels: int = MAX_PIXELS,
    channel_order: str = 'rgb',
    place: str = '',
) -> np.ndarray:
    """Read one picture, see :func:`read_all`.

    Args:
        given: The picture.
        max_pixels: Width times height.
        channel_order: Of arrays and tensors: 'rgb' or 'bgr'.
        place: Named in errors, such as 'images[3]'.

    Returns:
        RGB, shape (height, width, 3), uint8.
    """
    if isinstance(given, (str, os.PathLike)):
        return read_image(_path(given), max_pixels)
    if isinstance(given, (bytes, bytearray, memoryview)):
        return read_image(bytes(given), max_pixels)
    if isinstance(given, Image.Image):
        name = f'the image {place}'.strip()
        return from_pillow(given, max_pixels, name)
    if isinstance(given, np.ndarray):
        name = f'the array {place}'.strip()
        return as_rgb(given, max_pixels, channel_order, name)
    if _is_tensor(given):
        name = f'the tensor {place}'.strip()
        array = _from_tensor(given, name)
        return as_rgb(array, max_pixels, channel_order, name)
    if hasattr(given, 'read'):
        return read_image(_read_file(given, max_pixels, place), max_pixels)
    raise TypeError(_refusal(given, place))


def _refusal(given: Any, place: str = '') -> str:
    said = f'{place} is ' if place else 'found '
    return f'{said}{type(given).__qualname__}; expected {TAKEN}'


def _path(given: str | os.PathLike[Any]) -> str:
    path = expand(given)
    if not path:
        raise FileNotFoundError("'' is no path of an image")
    if any(mark in path[:32] for mark in ADDRESSES) and not os.path.exists(
        path
    ):
        raise ImageError(
            f'{path:.80} is an address, no file; expected a path, or the '
            'bytes that it stands for. A stream is given by itself, with '
            'allow_network=True'
        )
    return path


def _read_file(file: Any, max_pixels: int, place: str) -> bytes:
    name = f'the file {place}'.strip()
    most = _BYTES_A_PIXEL * max_pixels + _HEADERS
    data = file.read(most + 1)
    if not isinstance(data, bytes):
        raise TypeError(
            f'{name} gives {type(data).__qualname__}; expected bytes: open '
            "it in binary mode, 'rb'"
        )
    if not data:
        raise ImageError(
            f'{name} gives no bytes; it may have been read before: seek(0)'
        )
    if len(data) > most:
        raise ImageError(
            f'{name} has more than {most} bytes; no image of {max_pixels} '
            'pixels has'
        )
    return data


def _is_tensor(given: Any) -> bool:
    """Whether it is torch's, which is not imported for that."""
    return any(
        kind.__module__ == 'torch' and kind.__name__ == 'Tensor'
        for kind in type(given).__mro__
    )


def _from_tensor(given: Any, name: str) -> np.ndarray:
    """Channels last."""
    shape = tuple(given.shape)
    _check_type(str(given.dtype).removeprefix('torch.'), shape, name)
    if given.ndim == 3 and shape[0] not in (1, 3, 4):
        raise ImageError(
            f'{name} has shape {shape}; expected (channels, height, width) '
            'with 1, 3 or 4 channels, which .permute(2, 0, 1) makes of '
            'channels that come last'
        )
    array = given.detach().cpu().numpy()
    return array.transpose(1, 2, 0) if array.ndim == 3 else array


def as_rgb(
    image: np.ndarray,
    max_pixels: int = MAX_PIXELS,
    channel_order: str = 'rgb',
    name: str = 'the array',
) -> np.ndarray:
    """Check an image that is in memory already.

    Args:
        image: Shape (height, width) or (height, width, 1), grey; (height,
            width, 3), colour; or (height, width, 4), with alpha, which is
            put on white; uint8.
        max_pixels: Width times height.
        channel_order: 'rgb', or 'bgr' as OpenCV reads.
        name: In errors.

    Returns:
        RGB, shape (height, width, 3), uint8.

    Raises:
        ImageError: Another shape or type, empty, or too large.
    """
    _check_type(str(image.dtype), image.shape, name)
    channels = image.shape[2] if image.ndim == 3 else 1
    if image.ndim not in (2, 3) or channels not in (1, 3, 4) or not image.size:
        raise ImageError(
            f'{name} has shape {image.shape}; expected (height, width[, '
            f'channels]) with 1, 3 or 4 channels{_advice(image.shape)}'
        )
    check_pixels(name, image.shape[1], image.shape[0], max_pixels)
    if channels == 1:
        return np.repeat(image.reshape(*image.shape[:2], 1), 3, axis=2)
    if channel_order == 'bgr':
        order = [2, 1, 0, 3][:channels]
        image = np.ascontiguousarray(image[..., order])
    if channels == 3:
        return image
    return from_pillow(Image.fromarray(image), max_pixels, name)


def _advice(shape: tuple[int, ...]) -> str:
    if len(shape) == 4:
        return '; of a batch, give list(batch)'
    if len(shape) == 3 and shape[0] in (1, 3, 4):
        return '; .transpose(1, 2, 0) puts the channels last'
    return ''


def _check_type(found: str, shape: tuple[int, ...], name: str) -> None:
    if found == 'uint8':
        return
    advice = ''
    if 'float' in found:
        advice = ': where 1.0 is white, (255 * x).round() as uint8'
    elif found == 'uint16':
        advice = ': where 65535 is white, x >> 8 as uint8'
    elif found == 'bool':
        advice = ': where True is white, 255 * x as uint8'
    raise ImageError(
        f'{name} has shape {shape} and type {found}; expected uint8, from 0 '
        f'to 255{advice}'
    )
