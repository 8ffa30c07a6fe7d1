"""What one image says of itself: hashes, size, and whether it shows anything.

Runs in worker processes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from csgresnet_mm.apis.config_data.file_task import Box, FileTask
from csgresnet_mm.datasets.cache.content_hashes import FileHash, content_digest
from csgresnet_mm.datasets.errors import UnreadableImageError
from csgresnet_mm.datasets.loading.image_size import (
    JPEG,
    check_file_size,
    jpeg_size,
)
from csgresnet_mm.datasets.loading.load_face import (
    LoadFace,
    crop_inside,
    decode_whole,
)

SIDE = 32
"""Side of the small grey picture that is hashed, in pixels."""
CELLS = 12
"""Side of the smaller one whose pixels are compared: coarse enough to forget
how an image was scaled, fine enough to see two expressions of a person."""
MARGIN = LoadFace().margin
"""Around a face's box, as training crops it."""
LEAST_SIDE = 96
"""A photograph is decoded reduced while the face keeps this many pixels."""
GREY_SPREAD = 6
"""Most difference of two channels of a grey image, of 255."""
BLANK_RANGE = 12
"""Most difference of two pixels of a blank image, of 255."""


class Look(NamedTuple):
    """One image as it was seen.

    ``hashes`` are pHash of the image and of its mirror image, 64 bits each;
    ``cells`` is the grey picture (CELLS, CELLS); a ``uniform`` image has one
    value in all pixels. Where ``cause`` is not empty, the image is
    unreadable, and ``hashes`` and ``cells`` are zeros.
    """

    digest: bytes
    file: FileHash | None
    width: int
    height: int
    grey: bool
    blank: bool
    uniform: bool
    hashes: tuple[int, int]
    cells: NDArray[np.uint8]
    cause: str = ''
    message: str = ''


def look_at(tasks: Sequence[FileTask | NDArray[np.uint8]]) -> list[Look]:
    """Look at files or at arrays (H, W) or (H, W, 3)."""
    cv2.setNumThreads(0)  # each process has one core
    return [
        look_at_file(task)
        if isinstance(task, FileTask)
        else look_at_array(task)
        for task in tasks
    ]


def look_at_array(image: NDArray[np.uint8]) -> Look:
    """Look at an image that is no file; its digest covers its shape too."""
    shape = ','.join(map(str, image.shape)).encode()
    digest = content_digest(shape + b'\0' + image.tobytes())
    height, width = image.shape[:2]
    return _describe(image, digest, None, (width, height))


def look_at_file(task: FileTask) -> Look:
    """Look at a file, as a training run would read it."""
    path = task.path
    try:
        check_file_size(path)
        with open(path, 'rb') as file:
            status = os.fstat(file.fileno())
            data = file.read()
    except OSError as error:
        return _unreadable(b'', None, 'cannot be read', f'{path}: {error}')
    except UnreadableImageError as error:
        return _unreadable(b'', None, error.cause, str(error))
    digest = content_digest(data)
    known = FileHash(status.st_size, status.st_mtime_ns, digest)
    try:
        image, size = _decode(data, task)
    except UnreadableImageError as error:
        return _unreadable(digest, known, error.cause, str(error))
    return _describe(image, digest, known, size)


def read_face(task: FileTask) -> NDArray[np.uint8]:
    """The face of a file, BGR, perhaps reduced.

    Raises:
        OSError: The file cannot be read.
        UnreadableImageError: It cannot be decoded.
    """
    check_file_size(task.path)
    with open(task.path, 'rb') as file:
        return _decode(file.read(), task)[0]


def _unreadable(
    digest: bytes, known: FileHash | None, cause: str, message: str
) -> Look:
    cells: NDArray[np.uint8] = np.zeros((CELLS, CELLS), np.uint8)
    return Look(
        digest,
        known,
        width=0,
        height=0,
        grey=False,
        blank=False,
        uniform=False,
        hashes=(0, 0),
        cells=cells,
        cause=cause,
        message=message,
    )


def _decode(
    data: bytes, task: FileTask
) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """The face, BGR, perhaps reduced; and its full width and height."""
    path, box = task
    full = jpeg_size(data) if data.startswith(JPEG) else None
    reduction = 1 if full is None else _reduction(full, box)
    image = decode_whole(
        data,
        path,
        lambda code: cv2.imdecode(
            np.frombuffer(code, np.uint8), _DECODE[reduction]
        ),
    )
    height, width = image.shape[:2]
    if reduction == 1 or full is None:
        full = (width, height)
    elif (full[0] < full[1]) != (width < height):
        full = (full[1], full[0])  # turned, as its EXIF says
    if box is None:
        return image, full
    pixels = crop_inside(box, MARGIN, full, path)
    left, top, right, bottom = (value // reduction for value in pixels)
    face = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    return face, (pixels[2] - pixels[0], pixels[3] - pixels[1])


_DECODE = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}


def _reduction(full: tuple[int, int], box: Box | None) -> int:
    """The largest of 1, 2, 4 and 8 that leaves the face LEAST_SIDE pixels."""
    side = min(full)
    if box is not None:
        side = min(side, int(box[2] - box[0]), int(box[3] - box[1]))
    return max(
        (factor for factor in _DECODE if side >= factor * LEAST_SIDE),
        default=1,
    )


def _describe(
    image: NDArray[np.uint8],
    digest: bytes,
    known: FileHash | None,
    size: tuple[int, int],
) -> Look:
    small = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    grey = small.ndim == 2
    if not grey:
        spread = small.max(axis=2) - small.min(axis=2)
        grey = int(spread.max()) <= GREY_SPREAD
        small = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    mirrored = np.ascontiguousarray(small[:, ::-1])
    return Look(
        digest,
        known,
        *size,
        grey,
        int(small.max()) - int(small.min()) <= BLANK_RANGE,
        bool((image == image[0, 0]).all()),
        (perceptual_hash(small), perceptual_hash(mirrored)),
        cv2.resize(small, (CELLS, CELLS), interpolation=cv2.INTER_AREA),
    )


def perceptual_hash(small: NDArray[np.uint8]) -> int:
    """ImageHash's pHash of a grey picture, as 64 bits."""
    bits = imagehash.phash(Image.fromarray(small)).hash
    return int.from_bytes(np.packbits(bits).tobytes(), 'big')
