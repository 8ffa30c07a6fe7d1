"""The synthetic faces: what is drawn.

They are synthetic; nothing here says anything about real faces.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from csgresnet_mm.datasets import DemoFaces
from csgresnet_mm.demo_faces import (
    EXPRESSIONS,
    geometry,
    render_face,
    sample_units,
)
from csgresnet_mm.demo_faces.action_units import INTENSITIES, UNITS
from csgresnet_mm.demo_faces.identity import sample_identity


@pytest.mark.parametrize(
    ('expression', 'always'),
    [
        ('Surprise', {1, 2, 5, 26}),
        ('Fear', {1, 2, 4, 5, 20, 25}),
        ('Disgust', {9}),
        ('Happiness', {6, 12}),
        ('Sadness', {1, 4, 15}),
        ('Anger', {4, 5, 7, 23}),
        ('Neutral', set()),
    ],
)
def test_expressions_follow_facs(expression: str, always: set[int]) -> None:
    allowed = {
        'Surprise': {25},
        'Fear': {26},
        'Disgust': {4, 7, 10, 15, 16, 25},
        'Happiness': {25, 26},
        'Sadness': {17},
        'Anger': {17},
    }
    table = INTENSITIES[expression]
    certain = {unit for unit, (share, _, _) in table.items() if share == 1}
    assert always <= certain
    assert set(table) <= always | allowed.get(expression, set())
    for seed in range(50):
        units = sample_units(expression, np.random.default_rng(seed))
        assert set(units) == set(UNITS)
        assert all(0 <= value <= 1 for value in units.values())
        assert all(units[unit] > 0.15 for unit in always)
        assert all(units[unit] < 0.1 for unit in UNITS if unit not in table)


def test_expression_order_is_that_of_raf_db() -> None:
    # The label file says 1..7 in this order.
    assert EXPRESSIONS == (
        'Surprise',
        'Fear',
        'Disgust',
        'Happiness',
        'Sadness',
        'Anger',
        'Neutral',
    )
    assert DemoFaces.METAINFO['classes'] == EXPRESSIONS


def test_units_move_what_their_names_say() -> None:
    who = replace(sample_identity(np.random.default_rng(0)), mouth_rest=0.0)
    rest = dict.fromkeys(UNITS, 0.0)

    def only(*units: int) -> dict[int, float]:
        return rest | dict.fromkeys(units, 1.0)

    def corner(units: dict[int, float]) -> NDArray[np.float32]:
        return geometry.mouth(who, units).upper_inner[-1]

    def brow_ends(units: dict[int, float]) -> tuple[float, float]:
        line = geometry.brow(who, units, 1)
        return float(line[0, 1]), float(line[-1, 1])

    def opening(units: dict[int, float]) -> float:
        eye = geometry.eye(who, units, 1, (0.0, 0.0))
        return float((eye.lower[:, 1] - eye.upper[:, 1]).max())

    # y runs down. Lip corners: 12 up and out, 15 down, 20 out.
    assert corner(only(12))[1] < corner(rest)[1] < corner(only(15))[1]
    assert corner(only(12))[0] > corner(rest)[0]
    assert corner(only(20))[0] > corner(rest)[0] > corner(only(23))[0]
    # Brows: 1 raises the inner end more, 2 the outer one, 4 lowers.
    inner, outer = brow_ends(rest)
    assert brow_ends(only(1))[0] - inner < brow_ends(only(1))[1] - outer <= 0
    assert brow_ends(only(2))[1] - outer < brow_ends(only(2))[0] - inner < 0
    assert brow_ends(only(4))[0] > inner
    # Lids: 5 opens, 6 and 7 narrow.
    assert opening(only(5)) > opening(rest)
    assert opening(rest) > max(opening(only(6)), opening(only(7)))
    # The mouth opens by 25 and 26, the chin drops by 26; 23 thins the lips.
    closed = geometry.mouth(who, rest)
    assert closed.gap == 0
    assert (
        geometry.mouth(who, only(26)).gap
        > geometry.mouth(who, only(25)).gap
        > 0
    )
    assert (
        geometry.head_outline(who, 1.0)[:, 1].max()
        > geometry.head_outline(who, 0.0)[:, 1].max() + 0.1
    )
    pressed = geometry.mouth(who, only(23))
    assert np.ptp(pressed.upper_lip[:, 1]) < np.ptp(closed.upper_lip[:, 1])


def test_picture_is_deterministic_and_rgb() -> None:
    first, region = render_face('Fear', np.random.default_rng(5))
    again, _ = render_face('Fear', np.random.default_rng(5))
    other, _ = render_face('Fear', np.random.default_rng(6))
    assert first.shape == (100, 100, 3)
    assert first.dtype == np.uint8
    assert region.shape == (100, 100)
    assert region.dtype == bool
    np.testing.assert_array_equal(first, again)
    assert np.abs(first.astype(int) - other).mean() > 5
    large, mask = render_face('Fear', np.random.default_rng(5), size=160)
    assert large.shape == (160, 160, 3)
    assert mask.shape == (160, 160)
    # Skin is redder than blue: over many faces, channel 0 is red.
    faces = [
        render_face('Neutral', np.random.default_rng(seed))
        for seed in range(20)
    ]
    middle = np.mean([face[35:75, 35:65] for face, _ in faces], (0, 1, 2))
    assert middle[0] > middle[1] > middle[2]


def test_nothing_outside_the_face_depends_on_the_expression() -> None:
    for seed in range(12):
        drawn = [
            render_face(name, np.random.default_rng(seed))
            for name in EXPRESSIONS
        ]
        region = drawn[0][1]
        assert 0.2 < region.mean() < 0.85
        for (first, mask), (second, other) in combinations(drawn, 2):
            np.testing.assert_array_equal(mask, other)
            np.testing.assert_array_equal(first[~mask], second[~mask])
            apart = np.abs(first[mask].astype(int) - second[mask])
            assert apart.mean() > 0.5


def test_unknown_expression_is_named() -> None:
    with pytest.raises(ValueError, match="unknown expression 'Bored'; exp"):
        render_face('Bored', np.random.default_rng(0))
