"""A photo's answer as HTML."""

from __future__ import annotations

from html import escape

import cv2
import numpy as np

from csgresnet_mm.apis.predictor import Face
from csgresnet_mm.programs.app.answers import Answer
from csgresnet_mm.programs.app.markup import (
    chooser,
    count_of,
    downloads,
    panel,
    percent,
    picture_address,
    ranked,
    title,
)

SIDE = 224
"""Of a face that is shown, pixels."""
THUMB = 96
"""Of one among several, pixels."""


def show_photo(
    answer: Answer,
    files: dict[str, tuple[str, str]],
    *,
    input_size: tuple[int, int],
    grey: bool,
    explained: bool,
) -> str:
    """Lay an answer out.

    Args:
        answer: Of a photo.
        files: To save, see :func:`~.markup.downloads`.
        input_size: (height, width) of what the network sees of a face.
        grey: Whether it sees no colours.
        explained: Whether there is a switch for Grad-CAM.
    """
    faces = answer.faces
    name = answer.frame.name
    parts = [_heading(answer)]
    side = []
    names = [_label(face) for face in faces[: len(answer.crops)]]
    thumbs = [picture_address(_resized(crop, THUMB)) for crop in answer.crops]
    side.append(chooser('Choose a face', thumbs, names))
    for number, crop in enumerate(answer.crops):
        face = faces[number]
        seen = _seen(crop, input_size, grey)
        maps = answer.maps[number : number + 1]
        side.append(panel(number, _face(face, seen, maps)))
    if explained and faces:
        side.append(_switch())
    parts.append(
        f'<div class="fer-columns">{_marked(answer)}'
        f'<div class="fer-side">{"".join(side)}</div></div>'
        if faces
        else f'<div class="fer-columns fer-one">{_marked(answer)}</div>'
    )
    if faces:
        marked = picture_address(answer.marked)
        parts.append(
            downloads(name, {**files, 'Picture': ('.faces.jpg', marked)})
        )
    return f'<section class="fer fer-answer">{"".join(parts)}</section>'


def _heading(answer: Answer) -> str:
    faces = answer.faces
    if not faces:
        return title(
            'No face was found',
            answer.key,
            below='A face is found best where it looks at the camera, stands '
            'upright, and is not much smaller than a finger in the photo.',
        )
    if len(faces) == 1:
        face = faces[0]
        return title(face.label, answer.key, percent(face.probability))
    more = len(faces) - len(answer.crops)
    below = f'The {len(answer.crops)} largest are shown.' if more else ''
    return title(count_of(len(faces), 'face'), answer.key, below=below)


def _label(face: Face) -> str:
    return f'{face.label} {percent(face.probability)}'


def _marked(answer: Answer) -> str:
    """The photo, with boxes over it that can be clicked."""
    width, height = answer.size
    several = len(answer.crops) > 1
    boxes = []
    for number, face in enumerate(answer.faces):
        left, top, right, bottom = face.box
        left, right = np.clip((left, right), 0, width)
        top, bottom = np.clip((top, bottom), 0, height)
        style = (
            f'left:{left / width:.2%};top:{top / height:.2%};'
            f'width:{(right - left) / width:.2%};'
            f'height:{(bottom - top) / height:.2%}'
        )
        if several and number < len(answer.crops):
            boxes.append(
                f'<label class="fer-box fer-box-{number}" style="{style}" '
                f'for="fer-face-{number}"><span>{number + 1}</span></label>'
            )
        else:
            boxes.append(f'<span class="fer-box" style="{style}"></span>')
    faces = '; '.join(
        f'face {number}: {_label(face)}'
        for number, face in enumerate(answer.faces, 1)
    )
    name = answer.frame.name
    alt = f'{name} with {count_of(len(answer.faces), "face")} marked. {faces}'
    return (
        '<figure class="fer-photo"><div>'
        f'<img src="{picture_address(answer.picture)}" alt="{escape(alt)}" '
        f'width="{answer.picture.shape[1]}" '
        f'height="{answer.picture.shape[0]}">'
        f'<div aria-hidden="true">{"".join(boxes)}</div></div>'
        f'<figcaption>{escape(name)}</figcaption></figure>'
    )


def _face(face: Face, seen: np.ndarray, maps: tuple[np.ndarray, ...]) -> str:
    """A face and the probabilities of its classes."""
    picture = picture_address(_resized(seen, SIDE))
    shown = (
        f'<figure class="fer-seen"><img src="{picture}" '
        'alt="The face as the network sees it">'
        '<figcaption>What the network sees</figcaption></figure>'
    )
    for weights in maps:
        over = picture_address(_resized(_over(seen, weights), SIDE))
        shown += (
            f'<figure class="fer-map"><img src="{over}" alt="Grad-CAM: the '
            f'parts of the face that counted for {escape(face.label)} are '
            'bright">'
            f'<figcaption>Grad-CAM: what counted for '
            f'<b>{escape(face.label)}</b></figcaption></figure>'
        )
    rows, others = ranked(face.probabilities)
    bars = ''.join(
        f'<li{" class=fer-most" if label == face.label else ""}>'
        f'<span class="fer-name">{escape(label)}</span>'
        f'<span class="fer-bar" aria-hidden="true">'
        f'<i style="width:{value:.2%}"></i></span>'
        f'<span class="fer-value">{percent(value)}</span></li>'
        for label, value in rows
    )
    return (
        f'<div class="fer-pictures">{shown}</div>'
        f'<div class="fer-chances"><ul class="fer-bars" '
        f'aria-label="Probabilities">{bars}</ul>{others}</div>'
    )


def _switch() -> str:
    """Grad-CAM's switch, and what its colours mean."""
    ramp = np.linspace(0, 1, 256)[None]
    grey = np.full((1, 256, 3), 128, np.uint8)
    colours = picture_address(_over(grey, ramp))
    return (
        '<div class="fer-explain"><label class="fer-switch">'
        '<input type="checkbox" role="switch" id="fer-cam">'
        '<i aria-hidden="true"></i><span>Show which parts of the face '
        'counted <small>Grad-CAM</small></span></label>'
        '<p class="fer-wait" role="status">Computing the maps …</p>'
        '<div class="fer-legend"><span>counted least</span>'
        f'<img src="{colours}" alt="colours from dark to bright yellow">'
        '<span>most</span></div></div>'
    )


def _seen(
    crop: np.ndarray, input_size: tuple[int, int], grey: bool
) -> np.ndarray:
    """The middle of a face, which goes through the network."""
    height, width = input_size
    top = round((crop.shape[0] - height) / 2)
    left = round((crop.shape[1] - width) / 2)
    middle = crop[top : top + height, left : left + width]
    return _grey(middle) if grey else middle


def _grey(image: np.ndarray) -> np.ndarray:
    one = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
    return np.repeat(one[..., None], 3, axis=2)


def _over(seen: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """A map over its face, RGB, uint8."""
    mixed = 0.5 * _grey(seen) + 0.5 * _colours(weights)
    return mixed.astype(np.uint8)


def _colours(weights: np.ndarray) -> np.ndarray:
    levels = (np.clip(weights, 0, 1) * 255).astype(np.uint8)
    return cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)[..., ::-1]


def _resized(image: np.ndarray, side: int) -> np.ndarray:
    return cv2.resize(
        np.ascontiguousarray(image),
        (side, side),
        interpolation=cv2.INTER_CUBIC,
    )
