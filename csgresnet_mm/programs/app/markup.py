"""Pieces of the app that photos and videos share, as HTML.

Whatever comes from a file is escaped: names of files, and of classes, which
weights from elsewhere choose.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from io import BytesIO

import numpy as np
from PIL import Image

SHOWN = 12
"""Classes of a list; the others are counted."""


def data_address(kind: str, content: bytes) -> str:
    """A file within an address: nothing is left on the server's disk.

    Args:
        kind: Its media type.
        content: Its bytes.
    """
    return f'data:{kind};base64,{base64.b64encode(content).decode()}'


def picture_address(image: np.ndarray) -> str:
    """A picture within an address, as JPEG.

    Args:
        image: RGB, shape (height, width, 3), uint8.
    """
    file = BytesIO()
    Image.fromarray(image).save(file, 'jpeg', quality=90)
    return data_address('image/jpeg', file.getvalue())


def count_of(number: int, noun: str) -> str:
    """``1 face``, ``2 faces``."""
    return f'{number} {noun}{"" if number == 1 else "s"}'


def title(text: str, answer: str, detail: str = '', below: str = '') -> str:
    """The heading of an answer; the focus goes to it.

    Args:
        text: Of the heading.
        answer: Another one for each answer.
        detail: Small, beside it.
        below: A line under it.
    """
    small = f' <small>{escape(detail)}</small>' if detail else ''
    line = f'<p class="fer-below">{escape(below)}</p>' if below else ''
    return (
        '<div><h2 class="fer-title" tabindex="-1" '
        f'data-answer="{escape(answer)}">{escape(text)}{small}</h2>'
        f'{line}</div>'
    )


def chooser(legend: str, thumbs: Sequence[str], names: Sequence[str]) -> str:
    """Buttons to choose one of several faces; '' for fewer than two.

    Args:
        legend: Above them.
        thumbs: Addresses of their pictures.
        names: Of the faces.
    """
    if len(names) < 2:
        return ''
    buttons = []
    for number, (thumb, name) in enumerate(zip(thumbs, names, strict=True)):
        checked = '' if number else ' checked'
        buttons.append(
            f'<label><input type="radio" name="fer-face" '
            f'id="fer-face-{number}"{checked} '
            f'aria-label="Face {number + 1}: {escape(name)}">'
            f'<img src="{thumb}" alt=""><span><b>{number + 1}</b> '
            f'{escape(name)}</span></label>'
        )
    return (
        f'<fieldset class="fer-faces"><legend>{escape(legend)}</legend>'
        f'<div>{"".join(buttons)}</div></fieldset>'
    )


def panel(number: int, content: str) -> str:
    """What is seen while a face is chosen."""
    first = ' fer-first' if number == 0 else ''
    return f'<div class="fer-panel fer-panel-{number}{first}">{content}</div>'


def ranked(
    probabilities: Mapping[str, float],
) -> tuple[list[tuple[str, float]], str]:
    """Classes, the most probable first, and a line about the others.

    Args:
        probabilities: Of each class.
    """
    order = sorted(probabilities.items(), key=lambda pair: -pair[1])
    others = order[SHOWN:]
    if not others:
        return order, ''
    line = f'{len(others)} more, each below {percent(order[SHOWN - 1][1])}'
    return order[:SHOWN], f'<p class="fer-below">{line}</p>'


def percent(part: float) -> str:
    """``98 %``; what is small but there is not shown as nothing."""
    number = '<1' if 0 < part < 0.005 else f'{part * 100:.0f}'
    return f'{number}\N{NO-BREAK SPACE}%'


def downloads(name: str, files: Mapping[str, tuple[str, str]]) -> str:
    """Links that save what is there already.

    Args:
        name: Of what was given.
        files: What a link says -> suffix of the file, its address.
    """
    links = ' '.join(
        f'<a class="fer-save" href="{address}" '
        f'download="{escape(name + suffix)}">{escape(text)}</a>'
        for text, (suffix, address) in files.items()
    )
    return f'<p class="fer-downloads"><span>Download</span> {links}</p>'
