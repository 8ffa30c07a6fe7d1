"""Pictures of images, side by side with their names."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

COLUMNS = 5
FACE = 112
"""Side of a face in pixels."""
GAP = 8
LINE = 14
"""Height of a line of text in pixels."""
TEXT_LINES = 3
MOST_CARDS = 60
_WIDTH = 2 * FACE + GAP
_HEIGHT = TEXT_LINES * LINE + FACE + GAP // 2
_INK, _PAPER, _HOLE = (20, 20, 20), (255, 255, 255), (200, 200, 200)

Reader = Callable[[int], 'NDArray[np.uint8] | None']


class Card(NamedTuple):
    """One suspicion: what it is, and one or two images with captions."""

    title: str
    images: tuple[int, ...]
    captions: tuple[str, ...]
    serious: bool = False


def draw_sheet(cards: Sequence[Card], read: Reader, heading: str) -> bytes:
    """Draw cards in rows.

    Args:
        cards: Those beyond :data:`MOST_CARDS` are only counted.
        read: Gives an image's face, RGB (H, W, 3) or grey (H, W); or None
            if it is unreadable.
        heading: First line of the sheet.

    Returns:
        A PNG.
    """
    shown = sorted(cards[:MOST_CARDS], key=lambda card: not card.serious)
    if len(cards) > len(shown):
        heading += f'; {len(cards) - len(shown)} more are in the report only'
    columns = max(1, min(COLUMNS, len(shown)))
    rows = -(-len(shown) // columns)
    width = GAP + columns * (_WIDTH + 2 * GAP)
    height = GAP + LINE + GAP + rows * (_HEIGHT + 2 * GAP)
    sheet = Image.new('RGB', (width, height), _PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=11)
    draw.text((GAP, GAP), _fit(heading, font, width - 2 * GAP), _INK, font)
    for number, card in enumerate(shown):
        row, column = divmod(number, columns)
        left = GAP + column * (_WIDTH + 2 * GAP)
        top = 2 * GAP + LINE + row * (_HEIGHT + 2 * GAP)
        _draw_card(sheet, draw, font, card, read, (left, top))
    file = io.BytesIO()
    sheet.save(file, 'PNG')
    return file.getvalue()


def _draw_card(
    sheet: Image.Image,
    draw: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    card: Card,
    read: Reader,
    place: tuple[int, int],
) -> None:
    left, top = place
    colour = (180, 0, 0) if card.serious else (0, 70, 140)
    draw.text(place, _fit(card.title, font, _WIDTH), colour, font)
    for line, caption in enumerate(card.captions, 1):
        text = _fit(caption, font, _WIDTH)
        draw.text((left, top + line * LINE), text, _INK, font)
    top += TEXT_LINES * LINE + GAP // 2
    for image in card.images:
        face = read(image)
        if face is None:
            draw.rectangle((left, top, left + FACE, top + FACE), _HOLE)
        else:
            picture = Image.fromarray(face).convert('RGB')
            picture.thumbnail((FACE, FACE))
            if max(picture.size) < FACE:
                scale = FACE / max(picture.size)
                picture = picture.resize(
                    tuple(round(scale * side) for side in picture.size)
                )
            sheet.paste(picture, (left, top))
        left += FACE + GAP


def _fit(
    text: str,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    width: int,
) -> str:
    """The text, or its two ends, so that it is no wider than ``width``."""
    if font.getlength(text) <= width:
        return text
    kept = len(text) - 1
    while kept > 2:
        short = f'{text[: kept // 3]}...{text[-(kept - kept // 3) :]}'
        if font.getlength(short) <= width:
            return short
        kept -= 1
    return '...'
