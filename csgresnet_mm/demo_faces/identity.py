"""Who is drawn and how the picture is taken: all that knows no expression.

These values come from a random stream of their own, so that nothing outside
the face can tell the expression.
"""

from dataclasses import dataclass

import numpy as np

from csgresnet_mm.demo_faces.paint import Array

_SKINS = (
    (0.96, 0.80, 0.70),
    (0.93, 0.75, 0.62),
    (0.88, 0.69, 0.54),
    (0.78, 0.57, 0.42),
    (0.64, 0.44, 0.31),
    (0.50, 0.33, 0.24),
    (0.38, 0.25, 0.19),
)
_HAIRS = (
    (0.08, 0.07, 0.07),
    (0.14, 0.10, 0.08),
    (0.25, 0.16, 0.10),
    (0.38, 0.25, 0.15),
    (0.55, 0.30, 0.15),
    (0.74, 0.58, 0.36),
    (0.62, 0.61, 0.60),
)
_IRISES = (
    (0.22, 0.13, 0.08),
    (0.33, 0.21, 0.11),
    (0.36, 0.38, 0.20),
    (0.30, 0.43, 0.52),
    (0.40, 0.46, 0.48),
)
STYLES = (
    'bald',
    'buzz',
    'short',
    'parted',
    'fringe',
    'long',
    'curly',
    'scarf',
)
_STYLE_SHARES = (0.07, 0.12, 0.2, 0.15, 0.14, 0.14, 0.1, 0.08)
GLASSES = ('', 'round', 'square', 'dark')
OCCLUDERS = ('none', 'hand', 'shawl', 'locks', 'patch')


@dataclass(frozen=True)
class Identity:
    """A person; lengths in face units, colours RGB in [0, 1]."""

    skin: Array
    hair: Array
    iris: Array
    cloth: Array
    lips: Array
    style: str  # one of STYLES
    width: float  # factor on the head's width
    jaw: float  # 0 pointed chin .. 1 square jaw
    length: float  # factor on the lower face's length
    hairline: float
    eye_gap: float  # from the middle to an eye's centre
    eye_width: float  # half width
    eye_open: float  # half height at rest
    eye_tilt: float
    eye_y: float
    brow_y: float
    brow_arch: float
    brow_tilt: float
    brow_thick: float
    brow_colour: Array
    nose_length: float
    nose_width: float
    nose_height: float
    mouth_y: float
    mouth_width: float
    lip_upper: float
    lip_lower: float
    mouth_rest: float  # resting height of the corners
    age: float  # 0..1: depth of folds and lines
    lashes: float
    beard: float  # 0..1 coverage of chin and cheeks
    moustache: float
    glasses: str  # one of GLASSES
    glasses_colour: Array
    freckles: float
    blush: float
    texture_seed: int


@dataclass(frozen=True)
class Scene:
    """Pose, light and camera of one picture."""

    yaw: float
    pitch: float
    roll: float
    scale: float
    shift: tuple[float, float]
    light: Array  # unit vector towards the light
    ambient: float
    tint: Array  # RGB gain
    gamma: float
    contrast: float
    grey: bool
    blur: float  # pixels at 100 x 100
    noise: float
    gaze: tuple[float, float]
    occluder: str
    seed: int  # of the background, the occluder's place and the noise


def _pick(rng: np.random.Generator, palette: tuple) -> Array:
    """A colour between two neighbours of a palette."""
    index = rng.uniform(0, len(palette) - 1)
    low, part = int(index), index % 1
    first, second = np.array(palette[low : low + 2])
    return ((1 - part) * first + part * second).astype(np.float32)


def _lip_colour(rng: np.random.Generator, skin: Array) -> Array:
    """Between the skin's own tone and rose."""
    rose = rng.uniform(0.1, 0.55)
    lips = skin * np.array([0.86, 0.62, 0.62]) * (1 - rose)
    lips += rose * np.array([0.68, 0.22, 0.25]) * (0.55 + 0.45 * skin[0])
    return np.clip(lips, 0.05, 0.9).astype(np.float32)


def sample_identity(rng: np.random.Generator) -> Identity:
    """Draw a person."""
    skin = _pick(rng, _SKINS) * rng.uniform(0.94, 1.04, 3)
    skin = np.clip(skin, 0.1, 0.97).astype(np.float32)
    hair = _pick(rng, _HAIRS)
    lips = _lip_colour(rng, skin)
    style = str(rng.choice(STYLES, p=_STYLE_SHARES))
    bearded = rng.random() < 0.3 and style not in ('long', 'fringe', 'scarf')
    brow = np.minimum(hair * rng.uniform(0.5, 0.85), 0.42 * skin)
    glasses = str(rng.choice(GLASSES, p=(0.8, 0.07, 0.07, 0.06)))
    bright = rng.uniform(0.1, 0.9)
    return Identity(
        skin=skin,
        hair=hair,
        iris=_pick(rng, _IRISES),
        cloth=rng.uniform(0.05, 0.9, 3).astype(np.float32),
        lips=lips,
        style=style,
        width=rng.uniform(0.93, 1.06),
        jaw=rng.uniform(0, 1),
        length=rng.uniform(0.95, 1.05),
        hairline=rng.uniform(-0.83, -0.7),
        eye_gap=rng.uniform(0.285, 0.325),
        eye_width=rng.uniform(0.145, 0.172),
        eye_open=rng.uniform(0.062, 0.074),
        eye_tilt=rng.uniform(-0.01, 0.035),
        eye_y=rng.uniform(-0.14, -0.1),
        brow_y=rng.uniform(-0.33, -0.3),
        brow_arch=rng.uniform(0.02, 0.055),
        brow_tilt=rng.uniform(-0.015, 0.01),
        brow_thick=rng.uniform(0.06, 0.09),
        brow_colour=brow.astype(np.float32),
        nose_length=rng.uniform(-0.02, 0.03),
        nose_width=rng.uniform(0.85, 1.25),
        nose_height=rng.uniform(0.85, 1.15),
        mouth_y=rng.uniform(0.53, 0.58),
        mouth_width=rng.uniform(0.25, 0.29),
        lip_upper=rng.uniform(0.04, 0.06),
        lip_lower=rng.uniform(0.055, 0.085),
        mouth_rest=rng.normal(0, 0.006),
        age=rng.uniform(0, 1) ** 1.5,
        lashes=rng.uniform(0.3, 1),
        beard=rng.uniform(0.3, 0.9) if bearded else 0.0,
        moustache=rng.uniform(0.3, 0.9) if bearded else 0.0,
        glasses=glasses,
        glasses_colour=(bright * rng.uniform(0.1, 0.5, 3)).astype(np.float32),
        freckles=rng.uniform(0, 1) ** 4,
        blush=rng.uniform(0, 1),
        texture_seed=int(rng.integers(2**31)),
    )


def sample_scene(rng: np.random.Generator) -> Scene:
    """Draw a pose, a light and a camera."""
    light = np.array(
        [rng.uniform(-0.6, 0.6), rng.uniform(-0.7, 0.0), rng.uniform(0.8, 1)]
    )
    warm = rng.uniform(-0.1, 0.1)
    return Scene(
        yaw=np.deg2rad(rng.uniform(-16, 16)),
        pitch=np.deg2rad(rng.uniform(-8, 8)),
        roll=np.deg2rad(rng.normal(0, 4)),
        scale=rng.uniform(0.91, 1.07),
        shift=(rng.uniform(-0.09, 0.09), rng.uniform(-0.08, 0.08)),
        light=(light / np.linalg.norm(light)).astype(np.float32),
        ambient=rng.uniform(0.4, 0.65),
        tint=np.array([1 + warm, 1, 1 - warm], dtype=np.float32),
        gamma=rng.uniform(0.75, 1.25),
        contrast=rng.uniform(0.85, 1.15),
        grey=rng.random() < 0.08,
        blur=rng.uniform(0, 1) ** 2 * 0.9,
        noise=rng.uniform(0, 1) ** 2 * 0.025,
        gaze=(rng.normal(0, 0.018), rng.normal(0, 0.006)),
        occluder=str(rng.choice(OCCLUDERS, p=(0.76, 0.06, 0.06, 0.06, 0.06))),
        seed=int(rng.integers(2**31)),
    )
