"""What is known of a face, and of a picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

Point = tuple[float, float]


@dataclass(frozen=True)
class Face:
    """One face and its expression.

    Args:
        box: (left, top, right, bottom), pixels of the upright picture.
        landmarks: x and y, pixels: the eye on the left of the picture, on
            the right, nose, corners of the mouth; None where not known.
        detection_score: Of the detector; None with ``faces='whole_image'``.
        label: The most probable class.
        probabilities: Class to probability, in the network's order; they
            sum to 1.
        track: Number of the person within a video, from 1; None where
            nobody is followed.
        unsure: Whether the label's probability is below the predictor's
            ``min_probability``; None where none was given.
    """

    box: tuple[float, float, float, float]
    landmarks: tuple[Point, ...] | None
    detection_score: float | None
    label: str
    probabilities: dict[str, float]
    track: int | None = None
    unsure: bool | None = None

    @property
    def probability(self) -> float:
        """Of the label."""
        return self.probabilities[self.label]

    def to_dict(self) -> dict[str, Any]:
        """For JSON; pixels with a decimal, probabilities with six."""
        points = self.landmarks
        return {
            'track': self.track,
            'label': self.label,
            'probability': round(self.probability, 6),
            'unsure': self.unsure,
            'detection_score': None
            if self.detection_score is None
            else round(self.detection_score, 4),
            'box': [round(value, 1) for value in self.box],
            'landmarks': points
            and [[round(x, 1), round(y, 1)] for x, y in points],
            'probabilities': {
                name: round(value, 6)
                for name, value in self.probabilities.items()
            },
        }


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a source: an image file, or a frame of a video.

    Args:
        name: Path, or ``video.mp4#12`` or ``camera 0#12``.
        image: RGB, shape (height, width, 3), uint8; None if unreadable.
        error: Why it is, else ''.
        faces: Largest first; empty where there is none.
        number: Of a video's or camera's frame, from 0; else None.
        time: Of that frame, seconds from the beginning, as its container
            says; else None.
        note: What a reader should know, as that it is the first of several;
            else ''.
    """

    name: str
    image: np.ndarray | None
    error: str = ''
    faces: list[Face] = field(default_factory=list)
    number: int | None = None
    time: float | None = None
    note: str = ''

    def to_dict(self) -> dict[str, Any]:
        """For JSON: a line of the output; times with three decimals."""
        fields: dict[str, Any] = {
            'image': self.name,
            'frame': self.number,
            'time': None if self.time is None else round(self.time, 3),
        }
        if self.note:
            fields['note'] = self.note
        if self.error:
            return {**fields, 'error': self.error}
        return {**fields, 'faces': [face.to_dict() for face in self.faces]}
