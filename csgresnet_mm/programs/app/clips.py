"""What the app knows of a video: its faces over time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from uuid import uuid4

import cv2
import numpy as np

from csgresnet_mm.apis.predictor import (
    ExpressionPredictor,
    Face,
    Frame,
    ImageError,
)
from csgresnet_mm.apis.predictor.sources import find_source, open_source

MAX_SECONDS = 60
"""Of a video that are looked at, from its beginning."""
TRACKS = 8
"""Faces that are shown one by one, those seen longest."""
THUMB = 96
"""Height of a frame, or side of a face, in the app; pixels."""
EVERY = 0.5
"""Seconds from one kept thumbnail to the next."""
SHOW_EVERY = 1.0
"""Seconds from one report to the next."""


@dataclass(eq=False)
class Clip:
    """A video, as far as it was looked at.

    Args:
        name: Of its file.
        length: Seconds that will be looked at; None where its container
            does not say.
        total: Frames in these; None likewise.
        frames: With their faces; without their pictures.
        times: Of each frame, seconds.
        thumbs: Time and picture, small, RGB.
        portraits: Track to its picture and the detector's score there; the
            largest face of each frame is track None where nobody follows
            faces.
        more: Whether the video is longer than what is looked at.
        error: Why it ended early, or lacks a frame; else ''.
        stopped: Whether somebody ended it.
        done: Whether it is over.
        key: Tells it from other answers.
    """

    name: str
    length: float | None = None
    total: int | None = None
    frames: list[Frame] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    thumbs: list[tuple[float, np.ndarray]] = field(default_factory=list)
    portraits: dict[int | None, tuple[np.ndarray, float]] = field(
        default_factory=dict
    )
    more: bool = False
    error: str = ''
    stopped: bool = False
    done: bool = False
    key: str = field(default_factory=lambda: uuid4().hex)

    @property
    def end(self) -> float:
        """Seconds at the right end of a curve; above 0."""
        last = self.times[-1] if self.times else 0.0
        if self.done or self.length is None:
            return max(last, 1e-3)
        return max(self.length, last)

    def tracks(self) -> list[tuple[int | None, list[Face | None]]]:
        """Each followed face in each frame, those seen longest first.

        Where faces are not followed: the largest of each frame.
        """
        follows = any(
            face.track is not None
            for frame in self.frames
            for face in frame.faces
        )
        found: dict[int | None, list[Face | None]] = {}
        for number, frame in enumerate(self.frames):
            for face in frame.faces if follows else frame.faces[:1]:
                key = face.track if follows else None
                if key not in found:
                    found[key] = [None] * len(self.frames)
                found[key][number] = face
        return sorted(
            found.items(),
            key=lambda pair: sum(face is None for face in pair[1]),
        )


def watch(
    predictor: ExpressionPredictor, path: str, name: str
) -> Iterator[Clip]:
    """Look at a video, and show every second what was seen so far.

    Args:
        predictor: Of the network.
        path: Of the video.
        name: Of its file, as it was given.

    Yields:
        The same clip, further each time; the last one is done.

    Raises:
        ImageError: It cannot be opened, has no picture, or is too large.
    """
    clip = Clip(name)
    try:
        yield from _watch(clip, predictor, path)
    except ImageError as error:
        if not clip.frames:
            raise
        clip.error = str(error).replace(path, name)
    clip.done = True
    yield clip


def _watch(
    clip: Clip, predictor: ExpressionPredictor, path: str
) -> Iterator[Clip]:
    shown = time.monotonic()
    with open_source(find_source(path), predictor.max_pixels) as pictures:
        fps = pictures.fps or 1.0
        if pictures.total is not None:
            clip.length = min(pictures.total / fps, float(MAX_SECONDS))
            clip.total = min(pictures.total, round(MAX_SECONDS * fps))
        for number, frame in enumerate(predictor.run_pictures(pictures)):
            at = number / fps if frame.time is None else frame.time
            if at >= MAX_SECONDS:
                clip.more = True
                break
            if frame.error:
                clip.error = frame.error.replace(path, clip.name)
            elif frame.image is not None:
                _add(clip, frame, frame.image, number, at)
            if time.monotonic() - shown >= SHOW_EVERY:
                shown = time.monotonic()
                yield clip


def _add(
    clip: Clip, frame: Frame, image: np.ndarray, number: int, at: float
) -> None:
    name = f'{clip.name}#{number}'
    clip.frames.append(
        replace(frame, name=name, image=None, number=number, time=at)
    )
    clip.times.append(at)
    if not clip.thumbs or at >= clip.thumbs[-1][0] + EVERY:
        clip.thumbs.append((at, _small(image)))
    largest = frame.faces[:1]
    for face in frame.faces:
        keys = [face.track] if face.track is not None else []
        for key in [*keys, *([None] if face in largest else [])]:
            score = face.detection_score or 0.0
            if key not in clip.portraits or clip.portraits[key][1] < score:
                clip.portraits[key] = _portrait(image, face), score


def _small(image: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    size = (max(1, round(width * THUMB / height)), THUMB)
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def _portrait(image: np.ndarray, face: Face) -> np.ndarray:
    height, width = image.shape[:2]
    left, right = np.clip((face.box[0], face.box[2]), 0, width).astype(int)
    top, bottom = np.clip((face.box[1], face.box[3]), 0, height).astype(int)
    left, top = min(left, width - 1), min(top, height - 1)
    cut = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    side = max(cut.shape[:2])
    square = np.full((side, side, 3), 128, np.uint8)
    y, x = (side - cut.shape[0]) // 2, (side - cut.shape[1]) // 2
    square[y : y + cut.shape[0], x : x + cut.shape[1]] = cut
    return cv2.resize(square, (THUMB, THUMB), interpolation=cv2.INTER_AREA)
