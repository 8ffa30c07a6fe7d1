"""Facial action units (FACS) of the seven expressions.

The table follows the prototypes of Ekman and Friesen's Facial Action
Coding System: surprise 1+2+5+25+26, fear 1+2+4+5+20+25,
disgust 9+10+15/16, happiness 6+12(+25), sadness 1+4+15(+17),
anger 4+5+7+23/24, neutral none. All the faces are synthetic drawings: no
result on them says anything about real faces.
"""

import numpy as np

EXPRESSIONS = (
    'Surprise',
    'Fear',
    'Disgust',
    'Happiness',
    'Sadness',
    'Anger',
    'Neutral',
)
"""RAF-DB's order: position ``i`` carries label ``i + 1``."""

UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 15, 16, 17, 20, 23, 25, 26)
"""1 inner brow raiser, 2 outer brow raiser, 4 brow lowerer, 5 upper lid
raiser, 6 cheek raiser, 7 lid tightener, 9 nose wrinkler, 10 upper lip
raiser, 12 lip corner puller, 15 lip corner depressor, 16 lower lip
depressor, 17 chin raiser, 20 lip stretcher, 23 lip tightener (stands for 24,
lip pressor, too), 25 lips part, 26 jaw drop."""

# expression -> unit -> (probability of taking part, lowest, highest intensity)
INTENSITIES: dict[str, dict[int, tuple[float, float, float]]] = {
    'Surprise': {
        1: (1.0, 0.7, 1.0),
        2: (1.0, 0.7, 1.0),
        5: (1.0, 0.5, 1.0),
        25: (1.0, 0.6, 1.0),
        26: (1.0, 0.55, 1.0),
    },
    'Fear': {
        1: (1.0, 0.75, 1.0),
        2: (1.0, 0.25, 0.5),
        4: (1.0, 0.5, 0.8),
        5: (1.0, 0.75, 1.0),
        20: (1.0, 0.7, 1.0),
        25: (1.0, 0.6, 1.0),
        26: (0.4, 0.1, 0.25),
    },
    'Disgust': {
        4: (0.7, 0.3, 0.5),
        7: (0.8, 0.4, 0.8),
        9: (1.0, 0.75, 1.0),
        10: (1.0, 0.6, 1.0),
        15: (0.5, 0.3, 0.7),
        16: (0.5, 0.4, 0.8),
        25: (0.5, 0.2, 0.5),
    },
    'Happiness': {
        6: (1.0, 0.6, 1.0),
        12: (1.0, 0.7, 1.0),
        25: (0.75, 0.4, 1.0),
        26: (0.2, 0.1, 0.4),
    },
    'Sadness': {
        1: (1.0, 0.8, 1.0),
        4: (1.0, 0.4, 0.7),
        15: (1.0, 0.75, 1.0),
        17: (0.7, 0.4, 0.8),
    },
    'Anger': {
        4: (1.0, 0.85, 1.0),
        5: (1.0, 0.3, 0.7),
        7: (1.0, 0.5, 0.9),
        17: (0.4, 0.2, 0.5),
        23: (1.0, 0.8, 1.0),
    },
    'Neutral': {},
}


def sample_units(
    expression: str, rng: np.random.Generator
) -> dict[int, float]:
    """Draw the intensity of every action unit.

    Args:
        expression: One of :data:`EXPRESSIONS`.
        rng: Used for the strength of the whole expression, each unit's share
            and a faint background activity that any face has.

    Returns:
        Intensity in [0, 1] for each of :data:`UNITS`.

    Raises:
        ValueError: If the expression is unknown.
    """
    if expression not in INTENSITIES:
        raise ValueError(
            f'unknown expression {expression!r}; expected one of {EXPRESSIONS}'
        )
    strength = rng.uniform(0.8, 1.0)
    units = dict.fromkeys(UNITS, 0.0)
    for unit in UNITS:
        units[unit] = rng.uniform(0.0, 0.05)
    for unit, (share, low, high) in INTENSITIES[expression].items():
        if rng.random() < share:
            units[unit] = strength * rng.uniform(low, high)
    return units
