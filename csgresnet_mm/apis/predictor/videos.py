"""Pictures out of a video or a camera."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import cv2

from csgresnet_mm.apis.predictor.faces import Frame
from csgresnet_mm.apis.predictor.images import ImageError, check_pixels

VIDEO_SUFFIXES = frozenset('.mp4 .mov .m4v .avi .mkv .webm .mpg .mpeg'.split())
DEFAULT_FPS = 25.0


@dataclass(frozen=True)
class Pictures:
    """The pictures of a source.

    Args:
        frames: In order, each read when it is asked for.
        total: How many; None where nobody knows.
        fps: Pictures in a second, of a video or a camera; else None.
    """

    frames: Iterator[Frame]
    total: int | None
    fps: float | None = None


@contextmanager
def open_video(
    path: str, max_pixels: int, *, camera: bool = False
) -> Iterator[Pictures]:
    """Open a video or a camera, and close it after.

    Args:
        path: Of the file; the camera's number.
        max_pixels: Limit of a picture.
        camera: Whether it is one.

    Raises:
        ImageError: It cannot be opened, or is too large.
    """
    kind = 'camera' if camera else 'video'
    name = f'camera {path}' if camera else path
    capture = cv2.VideoCapture(int(path) if camera else path)
    try:
        if not capture.isOpened():
            raise ImageError(f'{name} cannot be opened as a {kind}')
        width = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH))
        height = int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
        check_pixels(name, width, height, max_pixels)
        fps = capture.get(cv2.CAP_PROP_FPS)
        count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        yield Pictures(
            _frames(capture, name),
            count if count > 0 and not camera else None,
            fps if 0 < fps < 1000 else DEFAULT_FPS,
        )
    finally:
        capture.release()


def _frames(capture: Any, name: str) -> Iterator[Frame]:
    number = 0
    while True:
        read, image = capture.read()
        if not read:
            break
        rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
        yield Frame(f'{name}#{number}', rgb)
        number += 1
    if number == 0:
        raise ImageError(f'{name} gives no picture')
