"""Compose one picture of a synthetic face.

Everything here is drawn from formulas and random numbers. No photograph and
no real person is involved, and no result on these pictures says anything
about real faces.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from csgresnet_mm.demo_faces import (
    creases,
    features,
    hair,
    occluders,
    relief,
    surroundings,
)
from csgresnet_mm.demo_faces.action_units import sample_units
from csgresnet_mm.demo_faces.geometry import Units, head_outline
from csgresnet_mm.demo_faces.identity import (
    Identity,
    Scene,
    sample_identity,
    sample_scene,
)
from csgresnet_mm.demo_faces.paint import (
    EXTENT,
    Array,
    Canvas,
    ellipse,
)

VIEW = 0.95
_BEHIND = 0.05  # depth of neck and ears
_CENTRE = np.float32([0.0, 0.06])


def render_face(
    expression: str, rng: np.random.Generator, size: int = 100
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Draw one synthetic face.

    Person, pose, light, background and camera come from one random stream,
    the action units from another: for the same ``rng`` state two expressions
    give the same picture outside the face.

    Args:
        expression: One of :data:`~.action_units.EXPRESSIONS`.
        rng: Two integers are drawn from it.
        size: Side length in pixels.

    Returns:
        The picture, RGB, (size, size, 3); and the face's region
        (size, size): a generous outline of the head with the jaw fully
        dropped, itself independent of the expression.

    Raises:
        ValueError: If the expression is unknown.
    """
    seeds = rng.integers(2**63, size=2)
    person, muscles = (np.random.default_rng(s) for s in seeds)
    who, scene = sample_identity(person), sample_scene(person)
    units = sample_units(expression, muscles)
    n, m = round(2.56 * size), 2 * size
    depth = relief.skull(who, n)
    head = _head(who, scene, units, depth)
    near, far = _maps(scene, depth, m)
    view = surroundings.backdrop(scene, m)
    back = surroundings.behind(who, scene, n)
    for layer, (map_x, map_y) in ((back, far), (head, near)):
        drawn = cv2.remap(layer, map_x, map_y, cv2.INTER_LINEAR)
        view *= 1 - drawn[..., 3:]
        view += drawn[..., :3]
    occluders.occlude(Canvas(view, VIEW), who, scene)
    region = _region(who, n, near, size)
    return _photograph(view, scene, size), region


def _head(who: Identity, scene: Scene, units: Units, depth: Array) -> Array:
    """Premultiplied RGBA (n, n, 4) of face, hair and glasses, frontal."""
    n = depth.shape[0]
    canvas = features.skin(who, n)
    eyes, brows, lips = features.face_parts(who, units, scene.gaze)
    features.paint_beard(canvas, who, lips)
    features.paint_nose(canvas, who, units)
    features.paint_mouth(canvas, who, lips, units)
    folds = creases.crease_map(canvas, creases.creases(who, units, eyes, lips))
    canvas.image *= 1 - 0.22 * folds[..., None]
    height = depth + relief.muscles(who, units, n) - 0.018 * folds
    for shape in (lips.upper_lip, lips.lower_lip):
        bulge = canvas.polygons([shape], 0.014)
        height[bulge.window] += 0.035 * bulge.alpha
    for eye, brow in zip(eyes, brows, strict=True):
        features.paint_eye(canvas, who, eye)
        features.paint_brow(canvas, who, brow)
    relief.light_up(canvas, height, who, scene)
    for eye in eyes:
        opening = canvas.polygons([eye.opening])
        x, y, r = eye.iris
        glint = ellipse(
            x + 0.35 * r * np.sign(scene.light[0]), y - 0.35 * r, 0.016, 0.016
        )
        spot = canvas.polygons([glint], 0.003).within(opening)
        canvas.blend(spot.scaled(0.85), np.float32([1, 1, 1]))
    cover = hair.hair_cover(canvas, who)
    if cover is not None:
        hair.shade_below(canvas, cover)
    alpha = np.zeros((n, n, 1), dtype=np.float32)
    skin = canvas.polygons([head_outline(who, units[26])], 0.006)
    alpha[skin.window] = skin.alpha[..., None]
    layer = Canvas(np.concatenate([canvas.image * alpha, alpha], axis=2))
    if cover is not None:
        hair.paint_hair(layer, who, scene, cover)
    hair.paint_glasses(layer, who)
    return layer.image


def _maps(
    scene: Scene, depth: Array, m: int
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Where each of m x m view pixels looks on the head and behind it.

    A point (x, y, z) turns by yaw and pitch, then rolls, scales and shifts.
    The head's own depth is found by fixed-point iteration.
    """
    n = depth.shape[0]
    grid = (np.arange(m, dtype=np.float32) + 0.5) * (2 * VIEW / m) - VIEW
    gx = (grid[None] - scene.shift[0]) / np.float32(scene.scale)
    gy = (grid[:, None] - scene.shift[1]) / np.float32(scene.scale)
    c, s = np.float32(np.cos(scene.roll)), np.float32(np.sin(scene.roll))
    rx, ry = c * gx + s * gy, c * gy - s * gx
    sy, cy = np.float32(np.sin(scene.yaw)), np.float32(np.cos(scene.yaw))
    sp, cp = np.float32(np.sin(scene.pitch)), np.float32(np.cos(scene.pitch))
    scale = np.float32(n / (2 * EXTENT))

    def look(z: Array | float) -> tuple[Array, Array]:
        x = (rx - sy * z) / cy
        y = (ry - sp * (z - 0.3)) / cp
        x, y = x + _CENTRE[0], y + _CENTRE[1]
        return (
            ((x + EXTENT) * scale - 0.5).astype(np.float32),
            ((y + EXTENT) * scale - 0.5).astype(np.float32),
        )

    smooth = cv2.GaussianBlur(depth, (0, 0), 0.03 * float(scale))
    near = look(0.5)
    for _ in range(3):
        z = cv2.remap(smooth, *near, cv2.INTER_LINEAR)
        near = look(z)
    return near, look(_BEHIND)


def _region(
    who: Identity, n: int, near: tuple[Array, Array], size: int
) -> NDArray[np.bool_]:
    """The face's region (size, size)."""
    canvas = Canvas(np.zeros((n, n, 1), dtype=np.float32))
    outline = head_outline(who, jaw=1.0) * np.float32([1.12, 1.1])
    canvas.fill(outline, np.float32([1.0]))
    seen = cv2.remap(canvas.image, *near, cv2.INTER_LINEAR)
    seen = cv2.resize(seen, (size, size), interpolation=cv2.INTER_AREA)
    return seen > 0.02


def _photograph(view: Array, scene: Scene, size: int) -> NDArray[np.uint8]:
    """Lens, sensor and colour processing of a view (m, m, 3)."""
    rng = np.random.default_rng(scene.seed + 2)
    image = cv2.resize(view, (size, size), interpolation=cv2.INTER_AREA)
    sigma = scene.blur * size / 100
    if sigma > 0.3:
        image = cv2.GaussianBlur(image, (0, 0), sigma)
    image = np.clip(image * scene.tint, 0.0, 1.0) ** scene.gamma
    image = 0.5 + (image - 0.5) * scene.contrast
    if scene.grey:
        luma = cv2.cvtColor(image.astype(np.float32), cv2.COLOR_RGB2GRAY)
        image = np.repeat(luma[..., None], 3, axis=2)
    image += scene.noise * rng.standard_normal(image.shape, dtype=np.float32)
    return np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
