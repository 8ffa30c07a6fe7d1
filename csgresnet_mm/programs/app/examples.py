"""Drawn faces to try the app with: nobody's photo is needed."""

from __future__ import annotations

from html import escape

import numpy as np

from csgresnet_mm.demo_faces.render import render_face
from csgresnet_mm.programs.app.markup import picture_address

SEED = (7, 0)
FACES = (
    (20, 'Surprise'),
    (23, 'Happiness'),
    (24, 'Sadness'),
    (26, 'Neutral'),
    (25, 'Anger'),
)
"""Numbers that choose a face, and what it is to express."""
SIZE = 256
"""Side of a face, pixels."""

Example = tuple[str, np.ndarray]


def draw_examples() -> list[Example]:
    """Name and picture (RGB, uint8) of each; the last one has four."""
    faces = [
        render_face(name, np.random.default_rng([*SEED, number]), SIZE)[0]
        for number, name in FACES
    ]
    rows = [np.hstack(faces[:2]), np.hstack(faces[2:4])]
    named = [
        (name, face) for (_, name), face in zip(FACES, faces, strict=True)
    ]
    return [*named, ('Four faces', np.vstack(rows))]


def show_examples(examples: list[Example], synthetic: bool) -> str:
    """Buttons, as HTML.

    Args:
        examples: From :func:`draw_examples`.
        synthetic: Whether the weights learned from such drawings.
    """
    buttons = ''.join(
        f'<button type="button" class="fer-example" data-example="{number}">'
        f'<img src="{picture_address(image[::2, ::2])}" alt="">'
        f'<span>{escape(name)}</span></button>'
        for number, (name, image) in enumerate(examples)
    )
    note = (
        'These weights learned from such drawings.'
        if synthetic
        else 'The weights learned from photos of people: what they make of a '
        'drawing shows how the app works, not how good they are.'
    )
    return (
        '<section class="fer fer-examples" aria-labelledby="fer-try">'
        '<h2 id="fer-try">Or try a drawn face</h2>'
        f'<div>{buttons}</div>'
        '<p class="fer-below">Drawn by a program, nobody’s photo; the '
        f'name says what each is meant to express. {note}</p></section>'
    )
