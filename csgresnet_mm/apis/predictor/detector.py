"""Faces and their five landmarks in a photograph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from csgresnet_mm.apis.predictor.centerface import (
    STRIDE,
    find_centers,
    open_centerface,
    overlaps,
)

AUTO = 'auto'
LONGEST_SIDE = 1600
"""Pixels to which 'auto' shrinks a larger photograph."""
# detection.md beside this file has what these were chosen by.
FIRST = 0.5
"""Of that size, the first look."""
WEAK = 0.1
"""The score of what may be a face at twice the size."""
SMALL = 16
"""Pixels of the first look: a face below is looked at again."""
TINY = 192
"""Pixels: a photograph up to it has no first look."""
FRAMED = 128
"""Pixels of the last look, at the photograph in a frame."""
GREY = (128, 128, 128)


@dataclass(frozen=True, eq=False)
class Detection:
    """One face that was found.

    Args:
        box: (left, top, right, bottom), pixels of the photograph.
        landmarks: Shape (5, 2), x and y in pixels: the eye on the left of
            the picture, on the right, nose, corner of the mouth on the left,
            on the right. None where the detector knows none.
        score: How sure the detector is, 0 to 1; None where it does not say.
    """

    box: tuple[float, float, float, float]
    landmarks: np.ndarray | None = None
    score: float | None = None

    @property
    def area(self) -> float:
        """Of the box, in square pixels."""
        left, top, right, bottom = self.box
        return max(right - left, 0.0) * max(bottom - top, 0.0)


Detector = Callable[[np.ndarray], Sequence[Detection]]
"""RGB (height, width, 3) uint8 -> faces; none is an empty sequence."""


class CenterFaceDetector:
    """CenterFace, whose weights ship with this package (MIT).

    With ``detect_size='auto'`` a photograph is first looked at with half of
    its size, at most 800 pixels. It is looked at with its whole size, at
    most 1600, where that first look

    - finds no face at all,
    - finds a small one, of less than 16 pixels, or
    - sees what may be one beside those found, of a score from 0.1 on;

    and where that finds nothing either, once more at 128 pixels in a grey
    frame: as a face that fills its picture wants it. What is left out are
    faces too small for the first look beside large ones.

    Several threads may call one detector.

    Args:
        threshold: Least score of a face. Photographs are expected upright:
            of a face turned by 90 degrees or more the box is often
            found, the landmarks seldom.
        detect_size: Longest side to which larger photographs are shrunk,
            pixels; or 'auto'.

    Raises:
        ImportError: ONNX Runtime is not installed.
        ValueError: A bad argument.
    """

    def __init__(
        self, threshold: float = 0.4, detect_size: int | str = AUTO
    ) -> None:
        if not 0 < threshold < 1:
            raise ValueError(f'threshold={threshold} is not between 0 and 1')
        self.threshold = threshold
        self.detect_size = check_detect_size(detect_size)
        open_centerface()

    def __call__(self, image: np.ndarray) -> list[Detection]:
        """Find the faces of a photograph, largest first.

        Args:
            image: RGB, shape (height, width, 3), uint8.

        Returns:
            The faces; an empty list where there is none.
        """
        if self.detect_size == AUTO:
            found = self._look_again(image)
        else:
            found = self._look(image, int(self.detect_size), self.threshold)
        return sorted(found, key=lambda face: -face.area)

    def _look_again(self, image: np.ndarray) -> list[Detection]:
        longest = min(LONGEST_SIDE, max(image.shape[:2]))
        if longest > TINY:
            first = round(FIRST * longest)
            threshold = min(WEAK, self.threshold)
            seen = self._look(image, first, threshold)
            least = SMALL * max(image.shape[:2]) / first
            found = [face for face in seen if self._is_sure(face)]
            if found and all(_side(face) >= least for face in found):
                if all(_is_of(face, found) for face in seen):
                    return found
        found = self._look(image, longest, self.threshold)
        return found or self._look_framed(image)

    def _is_sure(self, face: Detection) -> bool:
        return face.score is not None and face.score > self.threshold

    def _look(
        self, image: np.ndarray, longest: int, threshold: float
    ) -> list[Detection]:
        height, width = image.shape[:2]
        size = input_size(height, width, longest)
        return [
            Detection(tuple(map(float, box)), points, float(score))
            for box, points, score in zip(
                *find_centers(image, size, threshold), strict=True
            )
        ]

    def _look_framed(self, image: np.ndarray) -> list[Detection]:
        """Look for a face that fills the picture."""
        height, width = image.shape[:2]
        scale = FRAMED / 2 / max(height, width)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        across, down = ((FRAMED - side) // 2 for side in size)
        small = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
        framed = cv2.copyMakeBorder(
            small,
            down,
            FRAMED - size[1] - down,
            across,
            FRAMED - size[0] - across,
            cv2.BORDER_CONSTANT,
            value=GREY,
        )
        factor = np.array([width / size[0], height / size[1]])
        found = []
        for face in self._look(framed, FRAMED, self.threshold):
            corners = np.reshape(face.box, (2, 2)) - (across, down)
            box = (corners * factor).clip(0, (width, height)).ravel()
            points = (face.landmarks - (across, down)) * factor
            moved = Detection(tuple(map(float, box)), points, face.score)
            if moved.area:
                found.append(moved)
        return found


def check_detect_size(size: int | str) -> int | str:
    """A number of pixels, or 'auto', as it is or as a word.

    Raises:
        ValueError: It is neither, or too small.
    """
    if size == AUTO:
        return AUTO
    try:
        pixels = int(size)
    except ValueError:
        pixels = 0
    if pixels < STRIDE:
        raise ValueError(
            f'detect_size={size!r}: expected {AUTO!r} or a number of pixels '
            f'from {STRIDE} on'
        )
    return pixels


def input_size(height: int, width: int, longest: int) -> tuple[int, int]:
    """The network's input for a photograph.

    Args:
        height: Of the photograph.
        width: Of the photograph.
        longest: Longest side; a smaller photograph is not enlarged.

    Returns:
        (width, height), multiples of the stride.
    """
    scale = min(1.0, longest / max(height, width))
    return _to_stride(width * scale), _to_stride(height * scale)


def _to_stride(length: float) -> int:
    return max(1, round(length / STRIDE)) * STRIDE


def _side(face: Detection) -> float:
    left, top, right, bottom = face.box
    return min(right - left, bottom - top)


def _is_of(face: Detection, found: Sequence[Detection]) -> bool:
    """Whether it is one of these, or a part of one."""
    boxes = np.array([other.box for other in found])
    return bool((overlaps(np.array([face.box]), boxes) >= WEAK).any())
