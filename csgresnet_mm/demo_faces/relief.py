"""The face's surface and its shading.

The surface is a height ``z`` over the canvas: an ellipsoid plus bumps, one
Gaussian each, and creases cut by wrinkles and folds. Its slope against the
light gives the shading (Lambert plus a soft gloss).
"""

import cv2
import numpy as np

from csgresnet_mm.demo_faces.geometry import JAW_DROP, Units
from csgresnet_mm.demo_faces.identity import Identity, Scene
from csgresnet_mm.demo_faces.paint import EXTENT, Array, Canvas

Bump = tuple[float, float, float, float, float]  # height, x, y, sd x, sd y


def axis(n: int) -> Array:
    """Coordinates (n,) of the canvas's pixel centres."""
    step = 2 * EXTENT / n
    return (np.arange(n, dtype=np.float32) + 0.5) * step - EXTENT


def bumps(n: int, parts: list[Bump]) -> Array:
    """Sum (n, n) of Gaussian bumps."""
    h, x, y, sx, sy = np.array(parts, dtype=np.float32).T[:, :, None]
    grid = axis(n)[None]
    across = np.exp(-0.5 * ((grid - x) / sx) ** 2)
    along = np.exp(-0.5 * ((grid - y) / sy) ** 2)
    # OpenCV's product: BLAS's threads take longer to start than to work.
    surface: Array = cv2.gemm(
        h * along, across, 1.0, None, 0.0, flags=cv2.GEMM_1_T
    )
    return surface


def skull(who: Identity, n: int) -> Array:
    """The surface (n, n) that no expression moves: it carries the pose."""
    grid = axis(n)
    x2 = (grid / (0.9 * who.width)) ** 2
    y2 = ((grid + 0.08) / 1.3) ** 2
    dome = 0.8 * np.sqrt(np.clip(1 - x2[None] - y2[:, None], 0.04, None))
    h, w, dy = who.nose_height, who.nose_width, who.nose_length
    parts: list[Bump] = [
        (0.05 * h, 0, -0.06, 0.07, 0.12),
        (0.09 * h, 0, 0.1 + dy, 0.075 * w, 0.11),
        (0.15 * h, 0, 0.26 + dy, 0.085 * w, 0.08),
        (0.05, 0, 0.55, 0.25, 0.17),
        (0.07, 0, 0.89, 0.14, 0.09),
    ]
    for side in (-1, 1):
        parts += [
            (0.075 * h, side * 0.105 * w, 0.3 + dy, 0.045 * w, 0.05),
            (-0.075, side * who.eye_gap, who.eye_y, 0.16, 0.085),
            (-0.06, side * 0.13, who.eye_y - 0.02, 0.06, 0.08),
            (0.05, side * 0.42, 0.16, 0.15, 0.13),
            (0.05, side * who.eye_gap, who.eye_y, 0.09, 0.055),
            (-0.05, side * 0.6, -0.4, 0.12, 0.2),
            (0.03, side * 0.3, -0.33, 0.2, 0.06),
            (-0.03, side * 0.42, 0.5, 0.09, 0.16),
        ]
    return dome + bumps(n, parts)


def muscles(who: Identity, units: Units, n: int) -> Array:
    """The surface's change (n, n) by the action units."""
    drop = JAW_DROP * units[26]
    smile = units[12]
    parts: list[Bump] = [
        (0.04 * units[4] + 0.02 * units[9], 0, -0.27, 0.1, 0.06),
        (-0.05 * units[17], 0, 0.73, 0.13, 0.04),
        (0.05 * units[17], 0, 0.84, 0.1, 0.06),
        (0.03 * units[23], 0, 0.47, 0.2, 0.05),
        (0.03 * units[23], 0, 0.64, 0.16, 0.05),
        (0.07, 0, 0.89 + drop, 0.14, 0.09),
        (-0.07, 0, 0.89, 0.14, 0.09),
        (-0.05 - 0.03 * smile, 0, 0.72 + 0.8 * drop, 0.14, 0.045),
    ]
    for side in (-1, 1):
        parts += [
            (0.07 * units[6] + 0.06 * smile, side * 0.4, 0.1, 0.13, 0.1),
            (-0.05 * smile, side * 0.43, 0.44, 0.06, 0.09),
            (0.04 * units[9], side * 0.12, 0.24, 0.05, 0.06),
            (0.04 * units[10] + 0.03 * units[9], side * 0.2, 0.3, 0.08, 0.08),
            (0.03 * units[15], side * 0.3, 0.7, 0.06, 0.05),
            (-0.03 * units[20], side * 0.4, 0.55, 0.05, 0.1),
            (0.02 * units[4], side * 0.2, -0.28, 0.08, 0.05),
        ]
    return bumps(n, parts)


def light_up(
    canvas: Canvas, height: Array, who: Identity, scene: Scene
) -> None:
    """Multiply the canvas by the shading of a surface (n, n)."""
    slope = np.float32(canvas.scale / 8)
    zx = cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3) * slope
    zy = cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3) * slope
    length = 1 / np.sqrt(1 + zx * zx + zy * zy)
    lx, ly, lz = scene.light
    facing = np.clip((lz - lx * zx - ly * zy) * length, 0, None)
    bounce = np.float32(0.5) + np.float32(0.5) * length
    shade = scene.ambient * bounce + (1.12 - scene.ambient) * facing
    # Light that has gone through skin comes out red: soften red's falloff.
    lit = np.stack([np.sqrt(shade) * np.sqrt(np.sqrt(shade)), shade, shade], 2)
    half = scene.light + np.float32([0, 0, 1])
    half /= np.linalg.norm(half)
    gloss = (half[2] - half[0] * zx - half[1] * zy) * length
    gloss = np.clip(gloss, 0, None) ** 24
    canvas.image *= lit
    canvas.image += np.float32(0.1) * gloss[..., None]
