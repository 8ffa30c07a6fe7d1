"""Hair, scarves and glasses: what a head wears."""

import cv2
import numpy as np

from csgresnet_mm.demo_faces.identity import Identity, Scene
from csgresnet_mm.demo_faces.paint import (
    Array,
    Canvas,
    Patch,
    curve,
    ellipse,
    opaque,
    points,
    ribbon,
    smooth_noise,
)

_VOLUME = {
    'buzz': 0.015,
    'short': 0.08,
    'parted': 0.11,
    'fringe': 0.1,
    'long': 0.1,
    'curly': 0.17,
    'scarf': 0.07,
}


def _combed(streaks: Array, grid: Array) -> Array:
    """Bend vertical streaks (n, n) so that they run out from the crown."""
    n = len(grid)
    x, y = grid[None] - np.float32(0.03), grid[:, None] + np.float32(0.68)
    angle = np.arctan2(x, y + np.float32(0.02)) / np.float32(np.pi)
    reach = np.hypot(x, y)
    combed: Array = cv2.remap(
        streaks,
        (angle * 0.5 + 0.5) * np.float32(n - 1),
        np.clip(reach, 0, 2) * np.float32((n - 1) / 2),
        cv2.INTER_LINEAR,
    )
    return combed


def _strands(who: Identity, n: int, light: Array) -> Array:
    """Hair or cloth (n, n, 3): streaks, a sheen and the light's side."""
    rng = np.random.default_rng(who.texture_seed + 3)
    cells = {'curly': (46, 46), 'scarf': (5, 9)}.get(who.style, (5, 150))
    tone = smooth_noise(rng, n, cells)
    grid = np.linspace(-1, 1, n, dtype=np.float32)
    if who.style not in ('curly', 'scarf'):
        tone = _combed(tone, grid)
    tone = 1 + 0.22 * tone
    tone += 0.35 * light[0] * grid[None]
    tone += 0.5 * np.exp(-(((grid + 0.62) / 0.12) ** 2))[:, None]
    tone *= 0.85
    colour = who.cloth if who.style == 'scarf' else who.hair
    return np.clip(tone, 0.2, 2)[..., None] * colour


def _hairline(who: Identity) -> list[tuple[float, float]]:
    """Where the hair begins, from temple to temple."""
    y = who.hairline
    return {
        'fringe': [
            (-0.6, -0.35),
            (-0.3, -0.42),
            (0, -0.46),
            (0.3, -0.42),
            (0.6, -0.35),
        ],
        'parted': [
            (-0.6, -0.42),
            (-0.42, y + 0.08),
            (-0.2, y - 0.05),
            (0.25, y + 0.12),
            (0.6, -0.4),
        ],
        'long': [
            (-0.6, -0.25),
            (-0.42, -0.5),
            (0, y - 0.1),
            (0.42, -0.5),
            (0.6, -0.25),
        ],
        'scarf': [
            (-0.62, -0.25),
            (-0.45, -0.58),
            (0, -0.74),
            (0.45, -0.58),
            (0.62, -0.25),
        ],
    }.get(
        who.style,
        [(-0.6, -0.45), (-0.5, y + 0.1), (0, y), (0.5, y + 0.1), (0.6, -0.45)],
    )


def _cap(who: Identity) -> Array:
    """The hair over the forehead, from temple to temple and back."""
    volume = _VOLUME[who.style]
    w, top = 0.675 * who.width + volume, 1.15 + volume
    t = np.linspace(np.pi, 2 * np.pi, 25)
    outer = np.stack([w * np.cos(t), -0.3 + (top - 0.3) * np.sin(t)], 1)
    low = {'buzz': -0.12, 'long': 1.4, 'curly': 0.0, 'scarf': 0.9}
    end = low.get(who.style, -0.08)
    inner_w = 0.645 * who.width
    knots = _hairline(who)
    hairline = curve(np.array(knots[::-1], dtype=np.float32))
    side = np.float32([[w, end], [inner_w, end]])
    if end > 0.5:
        side = np.float32(
            [[w, 0.3], [w * 1.02, end], [inner_w, end], [inner_w, 0.3]]
        )
    other = side[::-1] * np.float32([-1, 1])
    return np.concatenate([outer, side, hairline, other]).astype(np.float32)


def hair_cover(canvas: Canvas, who: Identity) -> Patch | None:
    """Where hair or a scarf covers the head, if anywhere."""
    if who.style == 'bald':
        return None
    shapes = [_cap(who)]
    if who.style == 'curly':
        rng = np.random.default_rng(who.texture_seed + 4)
        for angle in np.linspace(np.pi * 0.98, 2.02 * np.pi, 22):
            r = rng.uniform(0.08, 0.14)
            x = 0.72 * who.width * np.cos(angle)
            y = -0.35 + 0.8 * np.sin(angle)
            shapes.append(ellipse(x, y, r, r))
    soft = {'buzz': 0.04, 'scarf': 0.004}.get(who.style, 0.014)
    return canvas.polygons(shapes, soft)


def shade_below(canvas: Canvas, cover: Patch) -> None:
    """The shadow that hair throws on the skin around it."""
    sigma = 0.035 * canvas.scale
    shadow = cv2.GaussianBlur(cover.alpha, (0, 0), sigma)
    canvas.shade(Patch(cover.window, shadow), 0.35)


def paint_hair(
    canvas: Canvas, who: Identity, scene: Scene, cover: Patch
) -> None:
    """Hair over premultiplied RGBA (n, n, 4)."""
    strands = _strands(who, canvas.n, scene.light)[cover.window]
    strands = strands * (0.5 + 0.5 * scene.ambient)
    strength = 0.75 if who.style == 'buzz' else 1.0
    canvas.blend(cover.scaled(strength), opaque(strands))


def paint_glasses(canvas: Canvas, who: Identity) -> None:
    """Frames, bridge and a sheen over premultiplied RGBA (n, n, 4)."""
    if not who.glasses:
        return
    width = 0.045 if who.glasses == 'dark' else 0.022
    y = who.eye_y + 0.02
    rims = []
    for side in (-1, 1):
        x = side * (who.eye_gap + 0.01)
        rim = ellipse(x, y, 0.22, 0.18)
        if who.glasses != 'round':
            dx, dy = rim[:, 0] - x, rim[:, 1] - y
            rim[:, 0] = x + 0.225 * np.sign(dx) * np.abs(dx / 0.22) ** 0.4
            rim[:, 1] = y + 0.15 * np.sign(dy) * np.abs(dy / 0.18) ** 0.4
        rims.append(ribbon(np.concatenate([rim, rim[:1]]), width))
        canvas.fill(rim, np.float32([0.9, 0.95, 1.0, 1.0]), 0.07)
        ends = points((side * 0.53, y - 0.05), (side * 0.68, y - 0.07))
        rims.append(ribbon(ends, width))
    rims.append(
        ribbon(points((-0.1, y - 0.03), (0, y - 0.06), (0.1, y - 0.03)), width)
    )
    frame = canvas.polygons(rims, 0.003)
    canvas.blend(frame, opaque(who.glasses_colour))
