"""What the app knows of a photo."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from uuid import uuid4

import cv2
import numpy as np

from csgresnet_mm.apis.predictor import (
    ExpressionPredictor,
    Face,
    Frame,
    annotate,
)

MOST = 24
"""Faces that are shown one by one, the largest; all are counted."""
LONGEST = 1600
"""Side of the picture that is shown, pixels."""


@dataclass(frozen=True, eq=False)
class Answer:
    """A photo and its faces.

    Args:
        frame: Its name and all its faces, largest first; without the
            picture.
        size: (width, height) of the photo, pixels.
        picture: The photo, at most :data:`LONGEST` pixels long, RGB, uint8.
        marked: The same with its faces marked.
        crops: The largest faces as they are cut out for the network, RGB,
            shape (*info.resize, 3), uint8.
        maps: Grad-CAM's of these, each of shape (*info.input_size,), in
            [0, 1]; none where nobody has asked for them.
        key: Tells it from other answers.
    """

    frame: Frame
    size: tuple[int, int]
    picture: np.ndarray
    marked: np.ndarray
    crops: list[np.ndarray]
    maps: tuple[np.ndarray, ...] = ()
    key: str = field(default_factory=lambda: uuid4().hex)

    @property
    def faces(self) -> list[Face]:
        """All, largest first."""
        return self.frame.faces


def answer(
    predictor: ExpressionPredictor, image: np.ndarray, name: str
) -> Answer:
    """Classify the faces of a photo.

    Args:
        predictor: Of the network.
        image: RGB, shape (height, width, 3), uint8.
        name: Of the photo's file.
    """
    found = predictor.detect(image)
    crops = [predictor.cut(image, face) for face in found]
    rows = predictor.classify(crops)
    faces = [
        predictor.answer(face, row)
        for face, row in zip(found, rows, strict=True)
    ]
    height, width = image.shape[:2]
    scale = min(1.0, LONGEST / max(height, width))
    picture = image
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        picture = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    drawn = [_scaled(face, scale) for face in faces]
    return Answer(
        frame=Frame(name, None, faces=faces),
        size=(width, height),
        picture=picture,
        marked=annotate(picture, drawn, predictor.note),
        crops=crops[:MOST],
    )


def _scaled(face: Face, scale: float) -> Face:
    left, top, right, bottom = face.box
    points = face.landmarks
    return replace(
        face,
        box=(left * scale, top * scale, right * scale, bottom * scale),
        landmarks=points and tuple((x * scale, y * scale) for x, y in points),
    )
