"""Antialiased drawing on a square canvas in face units.

A canvas covers [-extent, extent] in x (to the viewer's right) and in y (down).
A head is about two units high.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
EXTENT = 1.5
_SHIFT = 4


@dataclass(frozen=True)
class Patch:
    """Coverage ``alpha`` (h, w) in [0, 1] of the canvas at ``window``."""

    window: tuple[slice, slice]
    alpha: Array

    def scaled(self, factor: float) -> 'Patch':
        """The patch with its coverage multiplied."""
        return Patch(self.window, self.alpha * np.float32(factor))

    def within(self, other: 'Patch') -> 'Patch':
        """The patch cut to another patch's shape."""
        window, mine, theirs = [], [], []
        for a, b in zip(self.window, other.window, strict=True):
            start = max(a.start, b.start)
            stop = max(min(a.stop, b.stop), start)
            window.append(slice(start, stop))
            mine.append(slice(start - a.start, stop - a.start))
            theirs.append(slice(start - b.start, stop - b.start))
        alpha = (
            self.alpha[mine[0], mine[1]] * other.alpha[theirs[0], theirs[1]]
        )
        return Patch((window[0], window[1]), alpha)


class Canvas:
    """RGB image (n, n, 3), float32, nominally in [0, 1]."""

    def __init__(self, image: Array, extent: float = EXTENT) -> None:
        self.image = image
        self.extent = extent
        self.n = image.shape[0]
        self.scale = self.n / (2 * extent)

    def polygons(self, shapes: list[Array], soft: float = 0.0) -> Patch:
        """Coverage of the union of polygons.

        Args:
            shapes: Each (k, 2): corners in face units.
            soft: Standard deviation of a blur, in face units.
        """
        sigma = soft * self.scale
        pixels = [(s + self.extent) * self.scale - 0.5 for s in shapes]
        margin = int(3 * sigma) + 2
        low = np.min([p.min(axis=0) for p in pixels], axis=0) - margin
        high = np.max([p.max(axis=0) for p in pixels], axis=0) + margin
        left, top = np.clip(low, 0, self.n - 1).astype(int)
        right, bottom = np.clip(high, 1, self.n).astype(int)
        mask = np.zeros(
            (max(bottom - top, 1), max(right - left, 1)), dtype=np.uint8
        )
        for shape in pixels:
            corners = (shape - (left, top)) * (1 << _SHIFT)
            corners = np.rint(corners).astype(np.int32)
            cv2.fillPoly(mask, [corners], 255, cv2.LINE_AA, _SHIFT)
        alpha = mask.astype(np.float32) / 255
        if sigma > 0.3:
            alpha = cv2.GaussianBlur(
                alpha, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE
            )
        window = (
            slice(top, top + mask.shape[0]),
            slice(left, left + mask.shape[1]),
        )
        return Patch(window, alpha)

    def blend(self, patch: Patch, colour: Array) -> None:
        """Lay a colour, (3,) or (h, w, 3), over the image."""
        part = self.image[patch.window]
        part += patch.alpha[..., None] * (colour - part)

    def fill(
        self,
        shape: Array,
        colour: Array,
        alpha: float = 1.0,
        soft: float = 0.0,
    ) -> None:
        """Blend one polygon (k, 2)."""
        patch = self.polygons([shape], soft)
        self.blend(patch.scaled(alpha), colour)

    def shade(self, patch: Patch, amount: float) -> None:
        """Darken (amount > 0) or lighten where the patch lies."""
        part = self.image[patch.window]
        part *= 1 - np.float32(amount) * patch.alpha[..., None]


def points(*xy: tuple[float, float]) -> Array:
    """An array (k, 2) of points."""
    return np.array(xy, dtype=np.float32)


def ellipse(
    cx: float, cy: float, rx: float, ry: float, angle: float = 0.0
) -> Array:
    """A polygon (32, 2); the angle is in radians."""
    t = np.linspace(0, 2 * np.pi, 32, endpoint=False, dtype=np.float32)
    x, y = rx * np.cos(t), ry * np.sin(t)
    c, s = np.cos(angle), np.sin(angle)
    shape = np.stack([cx + c * x - s * y, cy + s * x + c * y], axis=1)
    return shape.astype(np.float32)


def curve(knots: Array, steps: int = 6, closed: bool = False) -> Array:
    """Catmull-Rom spline through (k, 2) points."""
    if closed:
        p = np.concatenate([knots[-1:], knots, knots[:2]])
    else:
        first, last = 2 * knots[0] - knots[1], 2 * knots[-1] - knots[-2]
        p = np.concatenate([first[None], knots, last[None]])
    t = np.linspace(0, 1, steps, endpoint=False, dtype=np.float32)
    t = t[None, :, None]
    a, b, c, d = (p[i : len(p) - 3 + i, None] for i in range(4))
    spline = 0.5 * (
        2 * b
        + (c - a) * t
        + (2 * a - 5 * b + 4 * c - d) * t**2
        + (3 * b - a - 3 * c + d) * t**3
    )
    spline = spline.reshape(-1, 2)
    if not closed:
        spline = np.concatenate([spline, knots[-1:]])
    return spline.astype(np.float32)


def ribbon(line: Array, width: float | Array) -> Array:
    """A polygon along a line (k, 2); widths are full widths, () or (k,)."""
    step = np.gradient(line, axis=0)
    length = np.hypot(step[:, 0], step[:, 1])[:, None] + 1e-6
    normal = np.stack([-step[:, 1], step[:, 0]], axis=1) / length
    half = np.broadcast_to(np.asarray(width) / 2, (len(line),))[:, None]
    shape = np.concatenate(
        [line + half * normal, (line - half * normal)[::-1]]
    )
    return shape.astype(np.float32)


def taper(count: int, sharp: float = 1.0) -> Array:
    """Widths (count,) from 0 over 1 back to 0."""
    t = np.linspace(-1, 1, count, dtype=np.float32)
    return (1 - np.abs(t) ** (2 * sharp)).astype(np.float32)


def smooth_noise(
    rng: np.random.Generator, n: int, cells: tuple[int, int]
) -> Array:
    """Noise (n, n) of unit variance with about cells[0] x cells[1] bumps."""
    coarse = rng.standard_normal(cells).astype(np.float32)
    fine: Array = cv2.resize(coarse, (n, n), interpolation=cv2.INTER_CUBIC)
    return fine


def opaque(colour: Array) -> Array:
    """RGBA (..., 4) of an RGB colour (..., 3)."""
    alpha = np.ones_like(colour[..., :1])
    return np.concatenate([colour, alpha], axis=-1).astype(np.float32)


def dull_colour(rng: np.random.Generator) -> Array:
    """A colour (3,) of walls, cloth and foliage: seldom a vivid one."""
    grey = rng.uniform(0.08, 0.9)
    colour = grey + rng.uniform(0, 0.5) * rng.uniform(-0.6, 0.6, 3)
    return np.clip(colour, 0.03, 0.97).astype(np.float32)
