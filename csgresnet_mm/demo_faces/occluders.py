"""Small things in front of a face's border."""

import numpy as np

from csgresnet_mm.demo_faces.identity import Identity, Scene
from csgresnet_mm.demo_faces.paint import (
    Array,
    Canvas,
    curve,
    dull_colour,
    ellipse,
    points,
    ribbon,
    taper,
)


def occlude(canvas: Canvas, who: Identity, scene: Scene) -> None:
    """Lay the scene's occluder, if it has one, over the view."""
    rng = np.random.default_rng(scene.seed + 1)
    side = rng.choice([-1, 1])
    level = np.float32(scene.ambient + 0.6 * (1 - scene.ambient))
    x = side * rng.uniform(0.55, 0.75)
    y = rng.uniform(0.0, 0.9)
    if scene.occluder == 'hand':
        _hand(canvas, rng, (x, y), side, who.skin * level)
    elif scene.occluder == 'shawl':
        _shawl(canvas, rng)
    elif scene.occluder == 'locks':
        _locks(canvas, rng, who.hair * level)
    elif scene.occluder == 'patch':
        colour = dull_colour(rng)
        spot = ellipse(x, y, *rng.uniform(0.1, 0.25, 2))
        canvas.fill(spot, colour, 1, 0.008)


def _hand(
    canvas: Canvas,
    rng: np.random.Generator,
    place: tuple[float, float],
    side: int,
    skin: Array,
) -> None:
    x, y = place
    lean = side * rng.uniform(-0.1, 0.25)
    palm = ellipse(x + side * 0.1, y + 0.45, 0.25, 0.3)
    canvas.fill(palm, skin * 0.95, 1, 0.01)
    for k in range(4):
        base = (x + side * (0.28 - 0.14 * k), y + 0.4)
        tip = (base[0] - lean - side * 0.05, y - 0.08 * (k in (1, 2)))
        line = curve(points(base, tip), 8)
        width = 0.12 * np.minimum(1, np.linspace(2.2, 0.3, 9))
        canvas.fill(ribbon(line, width + 0.018), skin * 0.6, 1, 0.01)
        canvas.fill(ribbon(line, width), skin, 1, 0.008)


def _shawl(canvas: Canvas, rng: np.random.Generator) -> None:
    edge = rng.uniform(0.78, 0.95)
    colour = dull_colour(rng)
    hem = points(
        (-1.2, edge - 0.25),
        (-0.5, edge - 0.05),
        (0, edge + 0.06),
        (0.5, edge - 0.02),
        (1.2, edge - 0.3),
        (1.2, 1.5),
        (-1.2, 1.5),
    )
    wrap = curve(hem, closed=True)
    canvas.fill(wrap, colour, 1, 0.01)
    for k in range(4):
        pleat = wrap[:24] + np.float32([0, 0.08 + 0.09 * k])
        canvas.fill(ribbon(pleat, 0.03), colour * 0.6, 0.5, 0.012)


def _locks(canvas: Canvas, rng: np.random.Generator, colour: Array) -> None:
    for _ in range(7):
        start = rng.uniform(-0.5, 0.5)
        bend = rng.uniform(-0.25, 0.25)
        knots = points(
            (start, -0.95),
            (start + 0.5 * bend, -0.55),
            (start + bend, rng.uniform(-0.35, 0.0)),
        )
        lock = curve(knots)
        width = 0.06 * taper(len(lock))
        canvas.fill(ribbon(lock, width), colour, 0.9, 0.006)
