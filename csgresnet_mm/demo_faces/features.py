"""The parts of the face painted in their own colours, before the light."""

import numpy as np

from csgresnet_mm.demo_faces import geometry
from csgresnet_mm.demo_faces.geometry import Eye, Mouth, Units
from csgresnet_mm.demo_faces.identity import Identity
from csgresnet_mm.demo_faces.paint import (
    Array,
    Canvas,
    curve,
    ellipse,
    points,
    ribbon,
    smooth_noise,
    taper,
)
from csgresnet_mm.demo_faces.relief import bumps


def skin(who: Identity, n: int) -> Canvas:
    """Skin with blotches, pores, blush and freckles; no shading."""
    rng = np.random.default_rng(who.texture_seed)
    tone = 0.03 * smooth_noise(rng, n, (14, 14))
    tone += 0.02 * smooth_noise(rng, n, (90, 90))
    red = [
        (0.10 * who.blush, side * 0.4, 0.18, 0.15, 0.12) for side in (-1, 1)
    ]
    red.append((0.05 + 0.05 * who.blush, 0, 0.27, 0.08, 0.07))
    dark = [
        (0.08 + 0.08 * who.age, side * who.eye_gap, who.eye_y, 0.15, 0.08)
        for side in (-1, 1)
    ]
    flush, hollow = bumps(n, red), bumps(n, dark)
    image = np.empty((n, n, 3), dtype=np.float32)
    for channel, (r, d) in enumerate(((0.3, 0.8), (-1.2, 1.0), (-1.0, 0.8))):
        tint = 1 + tone + np.float32(r) * flush - np.float32(d) * hollow
        np.multiply(tint, who.skin[channel], out=image[..., channel])
    canvas = Canvas(image)
    spots = rng.uniform((-0.5, -0.1), (0.5, 0.5), (40, 2))
    if who.freckles > 0.3:
        dots = [ellipse(x, y, 0.012, 0.011) for x, y in spots]
        canvas.shade(canvas.polygons(dots, 0.004), 0.25 * who.freckles)
    mole = ellipse(*spots[0], 0.016, 0.015)
    canvas.fill(mole, who.skin * 0.45, 0.8 * (who.blush > 0.6), 0.004)
    return canvas


def paint_beard(canvas: Canvas, who: Identity, lips: Mouth) -> None:
    """Stubble, beard and moustache around the mouth; they move with it."""
    if not who.beard:
        return
    rng = np.random.default_rng(who.texture_seed + 1)
    low = lips.lower_outer[16, 1]
    side = points((0.72, 0.05), (0.62, 0.25), (0.5, 0.42), (0.36, 0.5))
    top = np.concatenate([side, side[::-1] * np.float32([-1, 1])])
    top[4:, 0] = -top[3::-1, 0]
    shape = np.concatenate([top, points((-0.8, 1.3), (0.8, 1.3))])
    mask = canvas.polygons([shape], 0.05)
    grain = 1 + 0.22 * smooth_noise(rng, canvas.n, (150, 190))[mask.window]
    mask = type(mask)(mask.window, np.clip(mask.alpha * grain, 0, 1))
    canvas.blend(mask.scaled(0.8 * who.beard), who.brow_colour)
    bare = ellipse(0, (lips.upper_outer[16, 1] + low) / 2 + 0.01, 0.3, 0.09)
    canvas.fill(bare, who.skin * 0.9, 0.5 * who.beard, 0.04)
    lip = lips.upper_outer[:, 1].min()
    tips = lips.upper_outer[[2, 30]] + points((-0.04, 0.03), (0.04, 0.03))
    tache = curve(
        np.stack(
            [
                tips[0],
                (-0.12, lip - 0.04),
                (0, lip - 0.035),
                (0.12, lip - 0.04),
                tips[1],
            ]
        ).astype(np.float32)
    )
    canvas.fill(
        ribbon(tache, 0.09 * taper(len(tache))),
        who.brow_colour,
        0.9 * who.moustache,
        0.014,
    )


def paint_brow(canvas: Canvas, who: Identity, line: Array) -> None:
    """A tapered brow with strokes of hair along it."""
    t = np.linspace(0, 1, len(line), dtype=np.float32)
    width = who.brow_thick * (0.75 + 0.5 * t - 1.05 * t**2.2)
    body = ribbon(line, width)
    canvas.fill(body, who.brow_colour, 0.62, 0.012)
    rng = np.random.default_rng(who.texture_seed + 2)
    place = np.linspace(0, len(line) - 2, 26).astype(int)
    offset = rng.uniform(-0.5, 0.3, 26)[:, None] * width[place, None]
    start = line[place] + offset * (0, 1)
    lean = np.sign(line[-1, 0]) * (0.02 + 0.03 * t[place])
    end = start + np.stack([lean, 0.03 * t[place] - 0.028], axis=1)
    hairs = [
        ribbon(np.stack(pair), np.array([0.012, 0.003]))
        for pair in zip(start, end, strict=True)
    ]
    canvas.blend(canvas.polygons(hairs).scaled(0.7), who.brow_colour * 0.8)


def paint_eye(canvas: Canvas, who: Identity, eye: Eye) -> None:
    """Eyeball, iris, lids and lashes."""
    opening = canvas.polygons([eye.opening])
    x, y, r = eye.iris
    white = np.float32([0.97, 0.94, 0.92])
    canvas.blend(opening, white)
    rim = canvas.polygons([ribbon(eye.upper, 0.035)], 0.012).within(opening)
    canvas.shade(rim, 0.45)
    corner = ellipse(eye.upper[0, 0], eye.upper[0, 1] + 0.004, 0.022, 0.014)
    pink = canvas.polygons([corner], 0.005).within(opening)
    canvas.blend(pink.scaled(0.7), np.float32([0.75, 0.45, 0.42]))
    for size, colour in (
        (1.0, who.iris * 0.45),
        (0.84, who.iris),
        (0.42, np.float32([0.02, 0.02, 0.02])),
    ):
        disc = canvas.polygons([ellipse(x, y, r * size, r * size)], 0.004)
        canvas.blend(disc.within(opening), colour)
    canvas.shade(rim, 0.3)
    dark = who.skin * 0.2
    count = len(eye.upper)
    lid = ribbon(eye.upper, (0.012 + 0.014 * who.lashes) * taper(count, 2))
    canvas.fill(lid, dark * 0.6, 0.9, 0.003)
    wing = eye.upper[-4:] + np.linspace(0, 1, 4)[:, None] * (
        np.sign(x) * 0.015,
        -0.012,
    )
    canvas.fill(ribbon(wing, 0.014), dark * 0.6, 0.7 * who.lashes, 0.003)
    canvas.fill(ribbon(eye.lower, 0.010 * taper(count)), dark, 0.55, 0.003)
    pale = eye.lower + np.float32([0, 0.012])
    canvas.fill(
        ribbon(pale, 0.014 * taper(count)), who.skin * 1.06, 0.5, 0.005
    )


def _paint_inside(canvas: Canvas, lips: Mouth, units: Units) -> None:
    """Tongue and teeth of an open mouth."""
    opening = canvas.polygons([lips.opening])
    canvas.blend(opening, np.float32([0.13, 0.04, 0.04]))
    top = lips.upper_inner
    low = lips.lower_inner
    drop = units[26]
    tongue = ellipse(0, low[16, 1] + 0.01, 0.14, 0.35 * lips.gap)
    tongue_patch = canvas.polygons([tongue], 0.015).within(opening)
    canvas.blend(
        tongue_patch.scaled(min(1.5 * drop, 1)),
        np.float32([0.62, 0.28, 0.28]),
    )
    enamel = np.float32([0.93, 0.91, 0.86])
    depth = 0.085 - 0.03 * drop
    row = np.stack([top[:, 0], top[:, 1].min() + 0 * top[:, 1]], axis=1)
    arch = row + np.float32([0, 1]) * (
        0.012 + depth * (1 - (np.linspace(-1, 1, 33) ** 4)[:, None])
    )
    teeth = np.concatenate([row, arch[::-1]]).astype(np.float32)
    canvas.blend(canvas.polygons([teeth], 0.004).within(opening), enamel)
    bare = units[16] + 0.8 * units[20]
    if bare > 0.2 and drop < 0.3:
        floor = np.stack(
            [low[:, 0], low[:, 1].max() - 0.055 * bare + 0 * low[:, 1]],
            axis=1,
        )
        lower = np.concatenate([floor, low[::-1] + points((0, 0.05))])
        patch = canvas.polygons([lower], 0.004).within(opening)
        canvas.blend(patch, enamel * 0.9)
    seams = [
        ribbon(points((x, top[16, 1]), (x, top[16, 1] + depth)), 0.006)
        for x in np.linspace(-0.2, 0.2, 9)
    ]
    gaps = canvas.polygons(seams, 0.003).within(opening)
    canvas.shade(gaps, 0.3)
    brim = canvas.polygons([ribbon(top, 0.03)], 0.01).within(opening)
    canvas.shade(brim, 0.45)


def paint_mouth(
    canvas: Canvas, who: Identity, lips: Mouth, units: Units
) -> None:
    """The mouth's inside, then the lips."""
    if lips.gap > 0.012:
        _paint_inside(canvas, lips, units)
    for shape, tone in ((lips.upper_lip, 0.88), (lips.lower_lip, 1.02)):
        canvas.fill(shape, who.lips * tone, 0.92, 0.006)
    seam = (lips.upper_inner + lips.lower_inner) / 2
    if lips.gap <= 0.012:
        canvas.fill(
            ribbon(seam, 0.02 * taper(33, 2)), who.lips * 0.3, 0.9, 0.004
        )
    for end in (seam[0], seam[-1]):
        spot = ellipse(end[0], end[1], 0.025, 0.018)
        canvas.fill(spot, who.skin * 0.35, 0.6, 0.012)


def paint_nose(canvas: Canvas, who: Identity, units: Units) -> None:
    """Nostrils, wings and the shadow below the tip."""
    w = who.nose_width * (1 + 0.12 * units[9] + 0.05 * units[12])
    y = 0.335 + who.nose_length - 0.03 * units[9]
    dark = who.skin * 0.2
    for side in (-1, 1):
        hole = ellipse(side * 0.06 * w, y, 0.032 * w, 0.016, side * -0.35)
        canvas.fill(hole, dark, 0.85, 0.008)
        wing = curve(
            points(
                (side * 0.125 * w, y - 0.085),
                (side * 0.155 * w, y - 0.03),
                (side * 0.125 * w, y + 0.012),
                (side * 0.095 * w, y + 0.008),
            )
        )
        canvas.fill(ribbon(wing, 0.018 * taper(len(wing))), dark, 0.55, 0.008)
    under = ellipse(0, y + 0.03, 0.13 * w, 0.03)
    canvas.shade(canvas.polygons([under], 0.02), 0.25)


def face_parts(
    who: Identity, units: Units, gaze: tuple[float, float]
) -> tuple[list[Eye], list[Array], Mouth]:
    """Both eyes, both brows and the mouth."""
    sides = (-1, 1)
    eyes = [geometry.eye(who, units, side, gaze) for side in sides]
    brows = [geometry.brow(who, units, side) for side in sides]
    return eyes, brows, geometry.mouth(who, units)
