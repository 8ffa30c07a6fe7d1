"""Crops of the corners, and the ten crops of a test."""

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.dataset import Compose
from mmengine.registry import init_default_scope

from csgresnet_mm.datasets import CornerCrop

IMAGE = np.arange(6 * 8 * 3).reshape(6, 8, 3)


@pytest.mark.parametrize(
    ('corner', 'rows', 'columns'),
    [
        ('top left', slice(0, 4), slice(0, 4)),
        ('top right', slice(0, 4), slice(4, 8)),
        ('bottom left', slice(2, 6), slice(0, 4)),
        ('bottom right', slice(2, 6), slice(4, 8)),
    ],
)
def test_each_corner(corner, rows, columns):
    found = CornerCrop(4, corner)({'img': IMAGE.copy()})
    assert np.array_equal(found['img'], IMAGE[rows, columns])
    assert found['img_shape'] == (4, 4)
    assert found['img'].flags.c_contiguous


def test_the_whole_image_is_a_crop():
    found = CornerCrop(6, 'bottom right')({'img': IMAGE[:, :6]})
    assert np.array_equal(found['img'], IMAGE[:, :6])


def test_too_small_an_image_is_named():
    with pytest.raises(ValueError, match='a.png: a 8x6 image has no crop of'):
        CornerCrop(7, 'top left')({'img': IMAGE, 'img_path': 'a.png'})


def test_bad_arguments():
    with pytest.raises(ValueError, match="corner='left' is unknown"):
        CornerCrop(4, 'left')
    with pytest.raises(ValueError, match='crop_size=0'):
        CornerCrop(0, 'top left')


def test_ten_views_of_the_config_are_different():
    """Five places, each as it is and mirrored."""
    config = Config.fromfile('configs/csgresnet18_fer2013-48px.py')
    init_default_scope('mmpretrain')
    face = np.random.default_rng(0).integers(0, 256, (48, 48, 3), np.uint8)
    pipeline = Compose(config.tta_pipeline[1:])
    views = [
        view.numpy()
        for view in pipeline({'img': face, 'gt_label': 0})['inputs']
    ]
    assert len(views) == 10
    assert {view.shape for view in views} == {(3, 40, 40)}
    assert len({view.tobytes() for view in views}) == 10
    mirrored = {view[:, :, ::-1].tobytes() for view in views}
    assert mirrored == {view.tobytes() for view in views}
    middle = face[4:44, 4:44].transpose(2, 0, 1)
    assert any(np.array_equal(view, middle) for view in views)
