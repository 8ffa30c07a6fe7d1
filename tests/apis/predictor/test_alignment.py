"""Landmarks land on the template; boxes fill their picture."""

import math

import numpy as np
import pytest
from mmpretrain.registry import TRANSFORMS

from csgresnet_mm.apis.predictor.alignment import (
    ARCFACE,
    align,
    box_matrix,
    fit,
    similarity,
    template,
)
from csgresnet_mm.apis.predictor.detector import Detection


def turned(points, angle, scale, shift):
    """Each point alone, by its sine and cosine."""
    c, s = math.cos(angle), math.sin(angle)
    return np.array(
        [
            (
                scale * (c * x - s * y) + shift[0],
                scale * (s * x + c * y) + shift[1],
            )
            for x, y in points
        ]
    )


@pytest.mark.parametrize('angle', [0, 0.3, -1.5, math.pi])
@pytest.mark.parametrize('scale', [0.2, 1, 7])
def test_a_similarity_is_found_again(angle, scale):
    target = turned(ARCFACE, angle, scale, (12, -30))
    matrix = similarity(ARCFACE, target)
    for (x, y), wanted in zip(ARCFACE, target, strict=True):
        assert np.allclose(matrix @ (x, y, 1), wanted)


def test_a_mirrored_face_is_not_mirrored_back():
    matrix = similarity(ARCFACE * (-1, 1), ARCFACE)
    assert np.linalg.det(matrix[:, :2]) > 0


def test_no_other_similarity_fits_better():
    rng = np.random.default_rng(0)
    source = ARCFACE + rng.normal(0, 5, ARCFACE.shape)

    def error(matrix):
        moved = source @ matrix[:, :2].T + matrix[:, 2]
        return ((moved - ARCFACE) ** 2).sum()

    best = similarity(source, ARCFACE)
    (a, b), shift = best[:, 0], best[:, 2]
    for _ in range(200):
        da, db, *move = rng.normal(0, 0.01, 4)
        other = [[a + da, -b - db], [b + db, a + da]]
        assert error(np.column_stack([other, shift + move])) >= error(best)


@pytest.mark.parametrize('points', [np.ones((5, 2)), np.full((5, 2), np.nan)])
def test_landmarks_of_no_face_are_reported(points):
    with pytest.raises(ValueError, match='span no face'):
        similarity(points, ARCFACE)


def test_templates_scale_with_the_picture():
    assert np.allclose(template('arcface', (112, 112)), ARCFACE)
    assert np.allclose(template('arcface', (224, 224)), 2 * ARCFACE)
    wide = template('arcface', (112, 132))
    assert np.allclose(wide, ARCFACE + (10, 0))


def test_rafdb_is_looser_and_centred():
    loose, tight = (
        template(name, (100, 100)) for name in ('rafdb', 'arcface')
    )
    assert np.allclose(loose - 50, 0.85 * (tight - 50))


def dots(points, size, radius):
    """A white disc at each point, on black."""
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    image = np.zeros(size, np.float64)
    for px, py in points:
        image = np.maximum(image, np.hypot(x - px, y - py) < radius)
    return np.repeat((image * 255).astype(np.uint8)[..., None], 3, 2)


def centre(picture, near, radius):
    """Of the brightness around a point."""
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]] + 0.5
    weight = picture[..., 0] * (np.hypot(x - near[0], y - near[1]) < radius)
    return np.array([(weight * x).sum(), (weight * y).sum()]) / weight.sum()


@pytest.mark.parametrize('alignment', ['arcface', 'rafdb'])
@pytest.mark.parametrize('scale', [0.8, 3.0, 9.0])
@pytest.mark.parametrize('angle', [0, 20, 90, 180, -45])
def test_dots_land_on_the_template(alignment, scale, angle):
    points = turned(ARCFACE - 56, math.radians(angle), scale, (640, 600))
    image = dots(points, (1200, 1300), 3 * scale)
    face = Detection((0, 0, 1, 1), points)
    picture = align(image, face, alignment, (112, 112))
    for wanted in template(alignment, (112, 112)):
        found = centre(picture, wanted, 8)
        # a small disc is coarse; half a pixel off would be 0.4 at scale 9
        limit = 0.3 if scale < 1 else 0.15
        assert np.abs(found - wanted).max() < limit


def test_a_box_fills_its_picture_but_for_the_margin():
    image = np.zeros((300, 400, 3), np.uint8)
    image[100:200, 150:250, 1] = 240
    face = Detection((150, 100, 250, 200))
    picture = align(image, face, 'none', (120, 120))
    bright = picture[..., 1] > 120
    assert bright[10:110, 10:110].all() and bright.sum() == 100 * 100
    picture = align(image, face, 'fer2013', (106, 106))
    bright = picture[..., 1] > 120
    assert bright[3:103, 3:103].all() and bright.sum() == 100 * 100


def test_a_narrow_box_keeps_its_shape():
    matrix = box_matrix((10, 10, 30, 110), (60, 60), 0.1)
    assert matrix[0, 0] == matrix[1, 1] == pytest.approx(0.5)
    assert np.allclose(matrix @ (20, 60, 1), (30, 30))


def test_a_large_face_is_shrunk_by_areas():
    """Stripes of a pixel become grey; sampling would give black or white."""
    image = np.zeros((1120, 1120, 3), np.uint8)
    image[:, ::2] = 255
    face = Detection((0, 0, 1120, 1120), ARCFACE * 10)
    picture = align(image, face, 'arcface', (112, 112))[4:-4, 4:-4]
    assert 120 < picture.min() and picture.max() < 135


def test_outside_the_photograph_is_black():
    image = np.full((50, 50, 3), 255, np.uint8)
    picture = align(image, Detection((-40, 0, 10, 50)), 'none', (50, 50))
    assert (picture[:, :25] == 0).all() and (picture[15:40, 42] == 255).all()


def test_a_picture_is_resized_as_the_pipeline_does():
    image = np.arange(6 * 4 * 3, dtype=np.uint8).reshape(6, 4, 3)
    config = {'type': 'Resize', 'scale': (5, 3), 'interpolation': 'bilinear'}
    wanted = TRANSFORMS.build(config)({'img': image})['img']
    assert (fit(image, (3, 5), 'bilinear') == wanted).all()
    with pytest.raises(ValueError, match="'cubic' is unknown"):
        fit(image, (3, 5), 'cubic')


def test_what_cannot_be_aligned_is_reported():
    image = np.zeros((9, 9, 3), np.uint8)
    face = Detection((0, 0, 9, 9))
    with pytest.raises(ValueError, match='needs five landmarks'):
        align(image, face, 'arcface', (8, 8))
    with pytest.raises(ValueError, match="alignment='dlib' is unknown"):
        align(image, face, 'dlib', (8, 8))
    with pytest.raises(ValueError, match='is empty'):
        align(image, Detection((3, 3, 3, 3)), 'none', (8, 8))
