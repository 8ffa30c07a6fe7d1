"""Who is who from frame to frame."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from csgresnet_mm.apis.predictor.centerface import overlaps
from csgresnet_mm.apis.predictor.detector import Detection
from csgresnet_mm.apis.predictor.faces import Frame

SAME = 0.3
"""Overlap (intersection over union) from which on two boxes are one face."""
KEPT = 1.0
"""Seconds for which a face that is not found keeps its number."""

Tracks = dict[int, Detection]
"""Number of the person, from 1, to the face."""


class Tracker:
    """Numbers faces by the overlap of their boxes, the largest first."""

    def __init__(self) -> None:
        self._last: dict[int, tuple[float, Detection]] = {}
        self._count = 0

    def __call__(self, time: float, faces: Sequence[Detection]) -> Tracks:
        """Number the faces of the next frame.

        Args:
            time: Of the frame, seconds.
            faces: That were found in it.

        Returns:
            In the order of ``faces``.
        """
        self._last = {
            number: (at, face)
            for number, (at, face) in self._last.items()
            if time - at <= KEPT
        }
        numbers = self._match(faces)
        for index in range(len(faces)):
            if index not in numbers:
                self._count += 1
                numbers[index] = self._count
        found = {numbers[index]: face for index, face in enumerate(faces)}
        self._last |= {number: (time, face) for number, face in found.items()}
        return found

    def _match(self, faces: Sequence[Detection]) -> dict[int, int]:
        """Indices of faces that were seen before, to their numbers."""
        known = list(self._last)
        if not known or not faces:
            return {}
        boxes = [self._last[number][1].box for number in known]
        shared = overlaps(
            np.array([face.box for face in faces]), np.array(boxes)
        )
        numbers: dict[int, int] = {}
        for place in np.argsort(-shared, axis=None, kind='stable').tolist():
            row, column = divmod(place, len(known))
            if shared[row, column] < SAME:
                break
            if row not in numbers and known[column] not in numbers.values():
                numbers[row] = known[column]
        return numbers


class Smoother:
    """Exponential average of probabilities over each track.

    Of two frames dt seconds apart the newer one has the part 1 - exp(-dt /
    seconds): what was seen ``seconds`` ago counts 1/e of what is seen now,
    whatever the frame rate.

    Args:
        seconds: Above 0.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._rows: dict[int, tuple[float, np.ndarray]] = {}

    def __call__(
        self, number: int, time: float, row: np.ndarray
    ) -> np.ndarray:
        """The average so far.

        Args:
            number: Of the track.
            time: Of the frame, seconds.
            row: Probabilities, shape (K,).
        """
        if number in self._rows:
            before, average = self._rows[number]
            part = 1 - math.exp(-max(time - before, 0) / self.seconds)
            row = average + part * (row - average)
        self._rows[number] = (time, row)
        return row


def follow(
    frames: Iterable[Frame],
    detect: Callable[[np.ndarray | None], Sequence[Detection]],
    every: int = 1,
) -> Iterator[tuple[Frame, Tracks]]:
    """Find and number the faces of frames that follow each other in time.

    Between two frames that are looked at, those faces that are in both are
    moved from the one place to the other, evenly in time: so these frames
    come as late as the next that is looked at.

    Args:
        frames: With numbers and times; one without a picture has no faces.
        detect: Finds the faces of a picture, largest first.
        every: Look at the first of so many frames, and at the last of all.

    Yields:
        Each frame with its faces, largest first.
    """
    tracker = Tracker()
    waiting: list[Frame] = []
    before: tuple[float, Tracks] | None = None

    def look() -> Iterator[tuple[Frame, Tracks]]:
        nonlocal before
        last = waiting[-1]
        now = (_time(last), tracker(_time(last), detect(last.image)))
        for frame in waiting[:-1]:
            yield frame, _between(before, now, _time(frame))
        yield last, now[1]
        before = now
        waiting.clear()

    for frame in frames:
        if frame.image is None:
            if waiting:
                yield from look()
            yield frame, {}
            continue
        waiting.append(frame)
        if before is None or len(waiting) >= every:
            yield from look()
    if waiting:
        yield from look()


def _time(frame: Frame) -> float:
    return 0.0 if frame.time is None else frame.time


def _between(
    before: tuple[float, Tracks] | None,
    after: tuple[float, Tracks],
    time: float,
) -> Tracks:
    if before is None:
        return {}
    (start, old), (end, new) = before, after
    part = (time - start) / (end - start) if end > start else 0.0
    found = {
        number: _move(old[number], new[number], part)
        for number in old
        if number in new
    }
    return dict(sorted(found.items(), key=lambda item: -item[1].area))


def _move(old: Detection, new: Detection, part: float) -> Detection:
    boxes = np.array([old.box, new.box])
    left, top, right, bottom = boxes[0] + part * (boxes[1] - boxes[0])
    points = None
    if old.landmarks is not None and new.landmarks is not None:
        points = old.landmarks + part * (new.landmarks - old.landmarks)
    score = new.score
    if old.score is not None and new.score is not None:
        score = old.score + part * (new.score - old.score)
    box = (float(left), float(top), float(right), float(bottom))
    return Detection(box, points, score)
