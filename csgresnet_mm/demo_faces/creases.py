"""Folds and wrinkles of age and of the muscles at work."""

import numpy as np

from csgresnet_mm.demo_faces.geometry import Eye, Mouth, Units
from csgresnet_mm.demo_faces.identity import Identity
from csgresnet_mm.demo_faces.paint import (
    Array,
    Canvas,
    curve,
    points,
    ribbon,
    taper,
)

Crease = tuple[Array, float, float]  # line, width, depth


def creases(
    who: Identity, units: Units, eyes: list[Eye], lips: Mouth
) -> list[Crease]:
    """All folds and wrinkles of a face; a depth of 1 is a deep one."""
    found = _forehead(who, units)
    for side, eye in zip((-1, 1), eyes, strict=True):
        found += _beside_nose(who, units, side)
        found += _around_eye(who, units, side, eye)
        found += _beside_mouth(who, units, side, lips)
    low = lips.lower_outer[16, 1] + 0.035
    dent = points((-0.12, low + 0.02), (0, low), (0.12, low + 0.02))
    found.append((curve(dent), 0.05, 0.35 + 0.4 * units[17]))
    return found


def _forehead(who: Identity, units: Units) -> list[Crease]:
    """Lines across, by units 1 and 2."""
    lift = 0.06 * max(units[1], units[2])
    depth = 0.3 * units[1] + 0.3 * units[2] + 0.2 * who.age
    found = []
    for k, y in enumerate((-0.62, -0.54, -0.46)):
        reach = 0.2 + 0.2 * units[2] - 0.03 * k
        wave = 0.02 + 0.03 * (units[1] > 1.5 * units[2])
        line = points(
            (-reach, y - lift + wave),
            (-0.1, y - lift),
            (0.1, y - lift),
            (reach, y - lift + wave),
        )
        found.append((curve(line), 0.022, depth))
    return found


def _beside_nose(who: Identity, units: Units, side: int) -> list[Crease]:
    """Between the brows, by unit 4, and on the nose, by unit 9."""
    pinch = points(
        (side * 0.05, -0.36), (side * 0.042, -0.28), (side * 0.055, -0.19)
    )
    found = [(curve(pinch), 0.026, 0.85 * units[4] + 0.1 * who.age)]
    for y in (-0.13, -0.065, 0.0):
        wrinkle = points(
            (side * 0.015, y), (side * 0.06, y + 0.01), (side * 0.1, y + 0.05)
        )
        found.append((curve(wrinkle), 0.022, 0.9 * units[9]))
    return found


def _around_eye(
    who: Identity, units: Units, side: int, eye: Eye
) -> list[Crease]:
    """Crow's feet, by unit 6, the bag below, and the lid's own fold."""
    x, y = eye.upper[-1]
    found = []
    for tilt in (-0.035, 0.0, 0.04):
        ray = points(
            (x + side * 0.04, y + 0.4 * tilt + 0.01),
            (x + side * 0.1, y + tilt + 0.015),
            (x + side * 0.15, y + 1.7 * tilt + 0.03),
        )
        found.append((curve(ray), 0.018, 0.75 * units[6] + 0.2 * who.age))
    bag = eye.lower[2:-1] + np.float32([0, 0.042])
    depth = 0.2 + 0.3 * who.age + 0.45 * units[6] + 0.35 * units[7]
    return [*found, (bag, 0.025, depth), (eye.crease, 0.02, 0.7)]


def _beside_mouth(
    who: Identity, units: Units, side: int, lips: Mouth
) -> list[Crease]:
    """Nasolabial fold, by 9, 10 and 12, and the one below, by unit 15."""
    x, y = lips.upper_outer[0 if side < 0 else -1]
    fold = max(units[12], 0.8 * units[9], 0.8 * units[10])
    nasal = points(
        (side * 0.16, 0.25 - 0.03 * units[9]),
        (side * (0.25 + 0.05 * fold), 0.34),
        (x + side * (0.07 + 0.03 * fold), y - 0.05),
        (x + side * 0.075, y + 0.07),
    )
    below = points(
        (x + side * 0.02, y + 0.01),
        (x + side * 0.05, y + 0.07),
        (x + side * 0.05, y + 0.14),
    )
    return [
        (curve(nasal), 0.045, 0.15 + 0.3 * who.age + 0.75 * fold),
        (curve(below), 0.035, 0.8 * units[15] + 0.15 * who.age),
    ]


def crease_map(canvas: Canvas, found: list[Crease]) -> Array:
    """Depth (n, n) of the creases, about 1 for a deep one."""
    depth = np.zeros(canvas.image.shape[:2], dtype=np.float32)
    for line, width, strength in found:
        if strength < 0.08:
            continue
        shape = ribbon(line, width * taper(len(line)))
        patch = canvas.polygons([shape], 0.3 * width)
        part = depth[patch.window]
        np.maximum(part, strength * patch.alpha, out=part)
    return depth
