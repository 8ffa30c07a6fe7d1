"""What lies behind a face: hair, ears, neck, clothes and the background."""

import numpy as np

from csgresnet_mm.demo_faces.identity import Identity, Scene
from csgresnet_mm.demo_faces.paint import (
    Array,
    Canvas,
    curve,
    dull_colour,
    ellipse,
    opaque,
    points,
)

_LONG = ('long', 'curly', 'scarf')  # styles that reach behind the ears
_NECK = points(
    (-0.42, 0.4),
    (0.42, 0.4),
    (0.42, 1.05),
    (0.6, 1.5),
    (-0.6, 1.5),
    (-0.42, 1.05),
)
_SHOULDERS = points(
    (-1.6, 1.7),
    (-1.3, 1.32),
    (-0.55, 1.15),
    (-0.3, 1.22),
    (0, 1.32),
    (0.3, 1.22),
    (0.55, 1.15),
    (1.3, 1.32),
    (1.6, 1.7),
)


def behind(who: Identity, scene: Scene, n: int) -> Array:
    """Premultiplied RGBA (n, n, 4): hair behind, neck, clothes and ears."""
    canvas = Canvas(np.zeros((n, n, 4), dtype=np.float32))
    level = scene.ambient + 0.55 * (1 - scene.ambient)

    def lay(shape: Array, colour: Array, soft: float = 0.006) -> None:
        canvas.fill(shape, opaque(colour * level), 1.0, soft)

    scarf = who.style == 'scarf'
    if who.style in _LONG:
        colour = who.cloth if scarf else who.hair
        lay(_back_hair(who), colour * 0.7, 0.02)
    lay(_NECK, who.cloth * 0.8 if scarf else who.skin)
    lay(curve(_SHOULDERS), who.cloth)
    under = canvas.polygons([ellipse(0, 1.0, 0.5, 0.22)], 0.08)
    part = canvas.image[under.window]
    part[..., :3] *= 1 - 0.5 * under.alpha[..., None]
    if who.style not in _LONG:
        for side in (-1, 1):
            x, lean = side * 0.68 * who.width, side * 0.15
            lay(ellipse(x, 0.02, 0.09, 0.2, lean), who.skin * 0.95)
            shell = ellipse(x + side * 0.01, 0.0, 0.045, 0.12, lean)
            lay(shell, who.skin * 0.7, 0.015)
    return canvas.image


def _back_hair(who: Identity) -> Array:
    w = 0.78 * who.width
    if who.style == 'curly':
        return curve(ellipse(0, -0.25, 1.22 * w, 0.95), closed=True)
    tail = points(
        (-w, -0.5),
        (0, -1.1),
        (w, -0.5),
        (w + 0.05, 0.3),
        (w, 1.7),
        (-w, 1.7),
        (-w - 0.05, 0.3),
    )
    return curve(tail, closed=True)


def backdrop(scene: Scene, n: int) -> Array:
    """A blurred room or street (n, n, 3)."""
    rng = np.random.default_rng(scene.seed)
    first, second = dull_colour(rng), dull_colour(rng)
    angle = rng.uniform(0, 2 * np.pi)
    grid = np.linspace(-1, 1, n, dtype=np.float32)
    ramp = grid[None] * np.cos(angle) + grid[:, None] * np.sin(angle)
    ramp = np.clip(0.5 + 0.5 * ramp, 0, 1).astype(np.float32)[..., None]
    canvas = Canvas(first * (1 - ramp) + second * ramp, 1.0)
    for _ in range(rng.integers(0, 7)):
        x, y = rng.uniform(-1, 1, 2)
        rx, ry = rng.uniform(0.05, 0.5, 2)
        shape = ellipse(x, y, rx, ry)
        if rng.random() < 0.5:
            shape = points(
                (x - rx, y - ry),
                (x + rx, y - ry),
                (x + rx, y + ry),
                (x - rx, y + ry),
            )
        canvas.fill(shape, dull_colour(rng), rng.uniform(0.2, 0.8), 0.03)
    return canvas.image
