"""Pictures out of a video or a camera."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from csgresnet_mm.apis.predictor.captures import open_capture, show_address
from csgresnet_mm.apis.predictor.containers import (
    find_container,
    missing_bytes,
)
from csgresnet_mm.apis.predictor.faces import Frame
from csgresnet_mm.apis.predictor.images import ImageError, check_pixels
from csgresnet_mm.apis.predictor.read_ahead import read_ahead

DEFAULT_FPS = 25.0
AHEAD = 8
"""Pictures of a video that are decoded before they are asked for."""
MOST_TRIES = 1000
"""To read a frame after a damaged one."""
FEW, LITTLE = 3, 0.02
"""Frames, and part of all, by which an announced number may be wrong."""


@dataclass(frozen=True)
class Pictures:
    """The pictures of a source.

    Args:
        frames: In order, each read when it is asked for.
        total: How many; None where nobody knows.
        fps: Pictures in a second, of a video or a camera; else None.
        live: Whether they come as they happen.
        left_out: What a folder holds beside its photographs, in a line; ''
            where that is nothing.
    """

    frames: Iterator[Frame]
    total: int | None
    fps: float | None = None
    live: bool = False
    left_out: str = ''


@contextmanager
def open_video(
    path: str, max_pixels: int, *, kind: str = 'video'
) -> Iterator[Pictures]:
    """Open a video, a camera or a stream, and close it after.

    Pictures are decoded in a thread of their own. Those of a video that is
    cut or damaged end with a Frame that has an error and no picture.

    Args:
        path: Of the file; the camera's number; the stream's address.
        max_pixels: Limit of a picture.
        kind: 'video', 'camera' or 'network'.

    Raises:
        ImageError: It cannot be opened, or is too large.
    """
    live = kind != 'video'
    name = f'camera {path}' if kind == 'camera' else show_address(path)
    try:
        capture = open_capture(kind, path)
    except ImageError as error:
        if not live and (cut := _describe_cut(path)):
            raise ImageError(
                f'{name} cannot be opened as a video{cut}'
            ) from error
        raise
    try:
        width = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH))
        height = int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
        check_pixels(name, width, height, max_pixels)
        fps = capture.get(cv2.CAP_PROP_FPS)
        fps = fps if 0 < fps < 1000 else DEFAULT_FPS
        count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        total = count if count > 0 and not live else None
        frames = read_ahead(
            _live_frames(capture, name)
            if live
            else _video_frames(capture, path, total, fps),
            # a camera's do not wait for long
            1 if live else AHEAD,
        )
        try:
            yield Pictures(frames, total, fps, live)
        finally:
            frames.close()  # before the capture is released under the thread
    finally:
        capture.release()


def _live_frames(capture: Any, name: str) -> Iterator[Frame]:
    begun = None
    for number, image in enumerate(_decode(capture, name)):
        now = time.monotonic()
        begun = now if begun is None else begun
        yield Frame(f'{name}#{number}', image, number=number, time=now - begun)


def _video_frames(
    capture: Any, path: str, total: int | None, fps: float
) -> Iterator[Frame]:
    first, last, gaps, number = 0.0, -1 / fps, 0.0, -1
    for number, image in enumerate(_decode(capture, path, total or 0)):
        at = capture.get(cv2.CAP_PROP_POS_MSEC) / 1e3 - first
        if number == 0:
            first, at = at, 0.0
        elif not at > last:  # the container has no times
            at = last + 1 / fps
        gaps += max(0.0, at - last - 1 / fps)
        last = at
        yield Frame(f'{path}#{number}', image, number=number, time=at)
    gap = _find_gap(path, number + 1, total, gaps * fps)
    if gap:
        yield Frame(path, None, f'{path}: {gap}')


def _decode(capture: Any, name: str, total: int = 0) -> Iterator[np.ndarray]:
    """In RGB; past damaged frames, as far as more are announced."""
    number = failed = 0
    while True:
        read, image = capture.read()
        if read:
            number, failed = number + 1, 0
            yield cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
        elif failed < min(total - number, MOST_TRIES):
            failed += 1
        else:
            break
    if number == 0:
        raise ImageError(f'{name} gives no picture')


def _find_gap(path: str, found: int, total: int | None, gaps: float) -> str:
    """What a video lacks; '' where it is whole.

    The number of frames that a container announces is counted from its
    duration in Matroska, and in MP4 has those that were edited away: there
    lost frames have to leave a gap in time as well.
    """
    of = f' of {total}' if total else ''
    if cut := _describe_cut(path):
        return f'ends after {found}{of} frames{cut}'
    kind = find_container(path)
    lost = (total or 0) - found
    if kind not in ('avi', 'mp4') or lost <= max(FEW, LITTLE * found):
        return ''
    if kind == 'mp4' and gaps < lost / 2:
        return ''
    return f'only {found}{of} frames can be read, it may be damaged'


def _describe_cut(path: str) -> str:
    cut = missing_bytes(path)
    return f': it is cut, {cut} bytes are missing' if cut else ''
