"""Where the parts of a face lie, from a person and action units.

Each function returns curves in face units; ``side`` is -1 for the viewer's
left and 1 for the right. The amounts by which a unit moves a part are all
here and in ``relief``.
"""

from dataclasses import dataclass

import numpy as np

from csgresnet_mm.demo_faces.identity import Identity
from csgresnet_mm.demo_faces.paint import Array, curve, points

Units = dict[int, float]
JAW_DROP = 0.2


def drop_jaw(shape: Array, amount: float) -> Array:
    """Move what lies below the nose down with the jaw."""
    part = np.clip((shape[:, 1] - 0.35) / 0.5, 0, 1)
    moved = shape.copy()
    moved[:, 1] += JAW_DROP * amount * part * part * (3 - 2 * part)
    return moved


def head_outline(who: Identity, jaw: float = 0.0) -> Array:
    """The skull and jaw as a closed polygon."""
    j = who.jaw
    right = np.array(
        [
            (0.0, -1.15),
            (0.3, -1.1),
            (0.53, -0.93),
            (0.66, -0.6),
            (0.675, -0.25),
            (0.665, 0.1),
            (0.61 + 0.02 * j, 0.4),
            (0.45 + 0.08 * j, 0.68),
            (0.27 + 0.09 * j, 0.86),
            (0.12 + 0.05 * j, 0.955),
            (0.0, 0.975),
        ],
        dtype=np.float32,
    )
    right[:, 0] *= who.width
    below = right[:, 1] > 0
    right[below, 1] *= who.length
    left = right[-2:0:-1] * np.float32([-1, 1])
    outline = curve(np.concatenate([right, left]), closed=True)
    return drop_jaw(outline, jaw)


@dataclass(frozen=True)
class Eye:
    """One eye: lids from the inner to the outer corner, and the iris."""

    upper: Array
    lower: Array
    crease: Array
    iris: tuple[float, float, float]  # x, y, radius

    @property
    def opening(self) -> Array:
        """The polygon between the lids."""
        return np.concatenate([self.upper, self.lower[::-1]])


def eye(
    who: Identity, units: Units, side: int, gaze: tuple[float, float]
) -> Eye:
    """The eye on one side."""
    t = np.linspace(-1, 1, 17, dtype=np.float32)
    x = who.eye_gap + who.eye_width * t
    corner = who.eye_y - who.eye_tilt * t
    raised = (
        who.eye_open
        + 0.042 * units[5]
        - 0.012 * units[4] * (1 - 0.4 * units[5])
        - 0.016 * units[7]
        - 0.010 * units[6]
        - 0.018 * units[9]
    )
    drawn = (
        0.62 * who.eye_open
        + 0.008 * units[5]
        - 0.030 * units[6]
        - 0.024 * units[7]
        - 0.018 * units[9]
    )
    sad = 0.026 * units[1] * (units[4] > 0.15) * (1 - units[5])
    arch = (1 - np.abs(t + 0.12 * (1 - t * t)) ** 2.2).clip(0)
    upper_y = corner - raised * arch + sad * t * (1 - t * t) * 2.2
    lower_y = corner + drawn * (1 - np.abs(t - 0.15) ** 2.2).clip(0)
    lower_y = np.maximum(lower_y, upper_y + 0.004)
    lower_y[[0, -1]] = upper_y[[0, -1]]
    fold = 0.032 - 0.012 * units[5] - 0.008 * units[4] + 0.012 * units[2]
    crease_y = upper_y - max(fold, 0.014) * (0.55 + 0.45 * arch)
    radius = 0.43 * who.eye_width
    centre_y = who.eye_y - 0.012 + gaze[1]
    gaze_x = side * gaze[0]
    return Eye(
        upper=np.stack([side * x, upper_y], axis=1),
        lower=np.stack([side * x, lower_y], axis=1),
        crease=np.stack([side * x, crease_y], axis=1),
        iris=(side * (who.eye_gap + gaze_x), centre_y, radius),
    )


def brow(who: Identity, units: Units, side: int) -> Array:
    """The brow's middle line from the inner to the outer end, (k, 2)."""
    up_in, up_out, low = units[1], units[2], units[4]
    y = who.brow_y
    line = points(
        (0.135, y + 0.03 + who.brow_tilt),
        (0.24, y - 0.3 * who.brow_arch + 0.01),
        (0.36, y - who.brow_arch),
        (0.46, y - 0.6 * who.brow_arch + 0.01),
        (0.54, y + 0.045 - who.brow_tilt),
    )
    inner = np.array([1.0, 0.7, 0.3, 0.08, 0.0], dtype=np.float32)
    outer = np.array([0.15, 0.45, 0.95, 1.0, 0.75], dtype=np.float32)
    lowered = np.array([1.0, 0.85, 0.5, 0.22, 0.1], dtype=np.float32)
    against = 1 - 0.9 * min(up_in, 1) if up_in > 0.15 else 1.0
    line[:, 1] += (
        -0.135 * up_in * inner
        - 0.105 * up_out * outer
        + 0.13 * low * against * lowered
        + 0.03 * units[9] * lowered
        + 0.02 * low * (1 - against) * (1 - inner)
        - 0.012 * units[5]
    )
    line[:, 0] -= 0.055 * low * inner
    line[:, 0] *= side
    return curve(line, 4)


@dataclass(frozen=True)
class Mouth:
    """Lip contours from the viewer's left to the right corner, (k, 2)."""

    upper_outer: Array
    upper_inner: Array
    lower_inner: Array
    lower_outer: Array
    gap: float  # greatest distance of the inner contours

    @property
    def upper_lip(self) -> Array:
        """The upper lip's polygon."""
        return np.concatenate([self.upper_outer, self.upper_inner[::-1]])

    @property
    def lower_lip(self) -> Array:
        """The lower lip's polygon."""
        return np.concatenate([self.lower_inner, self.lower_outer[::-1]])

    @property
    def opening(self) -> Array:
        """The polygon between the lips."""
        return np.concatenate([self.upper_inner, self.lower_inner[::-1]])


def _mouth_line(who: Identity, units: Units, t: Array) -> Array:
    """Where the closed lips meet (k, 2), t from -1 to 1."""
    half = who.mouth_width * (
        1
        + 0.38 * units[12]
        + 0.34 * units[20]
        + 0.05 * units[15]
        - 0.22 * units[23]
        - 0.2 * units[26] * (1 - units[12])
        - 0.06 * units[17]
        + 0.06 * units[10]
    )
    corner = (
        who.mouth_rest
        - 0.135 * units[12]
        + 0.15 * units[15]
        + 0.03 * units[20]
        + 0.09 * units[26]
        + 0.02 * units[9]
    )
    power = 2.4 if units[15] > units[12] else 1.8
    middle = (
        who.mouth_y
        + 0.02 * units[12]
        - 0.035 * units[17]
        - 0.02 * units[9]
        - 0.012 * units[15]
        + 0.012 * units[20]
    )
    return np.stack([half * t, middle + corner * np.abs(t) ** power], axis=1)


def _mouth_gap(units: Units) -> tuple[float, float]:
    """How far the upper lip rises and the lower one sinks at the middle."""
    if max(units[25], units[26], units[16]) < 0.15:
        return 0.0, 0.0
    up = (
        0.012 * units[25]
        + 0.065 * units[10]
        + 0.016 * units[12] * units[25]
        + 0.01 * units[20] * units[25]
        + 0.02 * units[26]
    )
    down = (
        0.045 * units[25]
        + 0.25 * units[26]
        + 0.05 * units[16]
        + 0.045 * units[12] * units[25]
        + 0.04 * units[20] * units[25]
    )
    return up, down


def mouth(who: Identity, units: Units) -> Mouth:
    """The lips."""
    t = np.linspace(-1, 1, 33, dtype=np.float32)
    a = np.abs(t)
    x, line = _mouth_line(who, units, t).T
    up, down = _mouth_gap(units)
    thick = (1 - 0.85 * units[23]) * (1 - 0.3 * units[12] - 0.3 * units[20])
    thick_up = who.lip_upper * thick * (1 - 0.2 * units[10])
    thick_low = who.lip_lower * thick * (1 + 0.25 * units[17])
    square = 4 if units[10] + units[20] + units[12] > 0.45 else 2.2
    gape = (1 - a**square).clip(0) ** 0.9
    if up == 0:  # closed lips rise together
        line = line - 0.065 * units[10] * (1 - a**3)
    upper_inner = line - up * gape
    lower_inner = line + down * gape
    bow = (1 - a**2.2) * (1 - 0.3 * np.exp(-((t / 0.16) ** 2)))
    upper_outer = upper_inner - thick_up * (bow + 0.12 * (1 - a**6))
    lower_outer = lower_inner + thick_low * (1 - a**2.4)
    return Mouth(
        *(
            np.stack([x, y], axis=1)
            for y in (upper_outer, upper_inner, lower_inner, lower_outer)
        ),
        gap=up + down,
    )
