"""Faces drawn into their picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from csgresnet_mm.apis.predictor.faces import Face

COLOUR = (0, 255, 128)
DARK = (0, 48, 24)


def annotate(
    image: np.ndarray, faces: Sequence[Face], note: str = ''
) -> np.ndarray:
    """Draw boxes, landmarks and the most probable classes.

    Args:
        image: RGB, shape (height, width, 3), uint8; stays as it is.
        faces: Of this picture; smaller ones are drawn over larger ones.
        note: Written small in the lower left corner.

    Returns:
        A picture of the same shape.
    """
    picture = Image.fromarray(image)
    draw = ImageDraw.Draw(picture)
    line = max(1, round(max(picture.size) / 500))
    for face in sorted(faces, key=lambda face: -_height(face)):
        _draw_face(draw, face, line, picture.size)
    if note:
        _draw_note(draw, note, line, picture.size)
    return np.asarray(picture)


def _height(face: Face) -> float:
    return face.box[3] - face.box[1]


def _draw_face(
    draw: ImageDraw.ImageDraw, face: Face, line: int, size: tuple[int, int]
) -> None:
    width, height = size
    left, top, right, bottom = face.box
    draw.rectangle(
        (left, top, max(left, right - 1), max(top, bottom - 1)),
        outline=COLOUR,
        width=line,
    )
    for x, y in face.landmarks or ():
        draw.ellipse((x - line, y - line, x + line, y + line), fill=COLOUR)
    points = min(max(_height(face) / 8, 11, 6 * line), 60)
    font = ImageFont.load_default(points)
    doubt = '?' if face.unsure else ''
    text = f'{face.label}{doubt} {face.probability:.0%}'
    x0, y0, x1, y1 = draw.textbbox((0, 0), text, font=font)
    tall, wide = y1 + line, x1 + 2 * line
    x = min(max(left, 0), max(width - wide, 0))
    y = top - tall if top >= tall else min(top, max(height - tall, 0))
    draw.rectangle((x, y, x + wide, y + tall), fill=DARK)
    draw.text((x + line, y), text, fill=COLOUR, font=font)


def _draw_note(
    draw: ImageDraw.ImageDraw, note: str, line: int, size: tuple[int, int]
) -> None:
    width, height = size
    font = ImageFont.load_default(11)
    wide = draw.textbbox((0, 0), note, font=font)[2]
    # a fixed part of the picture's width, but never too small to be read
    font = ImageFont.load_default(min(max(11, 11 * width / wide / 2), 60))
    _, _, x1, y1 = draw.textbbox((0, 0), note, font=font)
    top = height - y1 - 2 * line
    draw.rectangle((0, top, x1 + 2 * line, height), fill=DARK)
    draw.text((line, top), note, fill=COLOUR, font=font)
