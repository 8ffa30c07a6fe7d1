"""Grad-CAM: where it looks, with each execution, and without grad-cam."""

import copy
import sys

import numpy as np
import pytest
import torch
from mmpretrain.registry import MODELS
from torch import nn

from csgresnet_mm.layers import set_execution
from csgresnet_mm.visualization import ExplainedFace, compute_cams

CLASSES = ('dark', 'bright')


def preprocess(image):
    return torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255


class Brightness(nn.Module):
    """Logit of 'bright' is the mean of the image, that of 'dark' is 0."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 1, 1, bias=False)
        nn.init.ones_(self.conv.weight)

    def forward(self, x):
        bright = self.conv(x).mean((1, 2, 3))
        return torch.stack([torch.zeros_like(bright), bright], 1)


def corner() -> ExplainedFace:
    image = np.zeros((16, 16, 3), np.uint8)
    image[:8, 8:] = 255  # bright above right
    return ExplainedFace(image, 'a.png', 'bright')


def gresnet():
    torch.manual_seed(0)
    model = MODELS.build(
        {
            'type': 'ImageClassifier',
            'backbone': {
                'type': 'GResNet',
                'depth': 18,
                'channel_shift': {'stage': 3, 'divisor': 4},
            },
            'neck': [
                {'type': 'GlobalAveragePooling'},
                {'type': 'OrientationMaxPooling', 'num_orientations': 4},
            ],
            'head': {
                'type': 'LinearClsHead',
                'num_classes': 2,
                'in_channels': 128,
            },
        }
    )
    nn.init.normal_(model.head.fc.weight)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.1, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return model


def test_without_grad_cam_the_pip_lines_are_named(monkeypatch):
    monkeypatch.setitem(sys.modules, 'pytorch_grad_cam', None)
    with pytest.raises(ImportError) as found:
        compute_cams(
            {'a': gresnet()},
            [corner()],
            preprocess=preprocess,
            classes=CLASSES,
        )
    assert "pip install 'csgresnet_mm[vis]'" in str(found.value)
    assert 'pip install --no-deps grad-cam==1.5.7' in str(found.value)


@pytest.mark.vis
def test_the_map_lies_where_the_evidence_is():
    model = Brightness().train()
    grid = compute_cams(
        {'a': model},
        [corner()],
        preprocess=preprocess,
        classes=CLASSES,
        target_layers={'a': model.conv},
    )
    ((cell,),) = grid.cells
    assert cell.map.shape == (16, 16)
    assert cell.map[:8, 8:].min() > 0.99 and cell.map[8:].max() < 0.01
    assert cell.label == 'bright'
    # a quarter is 3, the rest 0: the mean is 0.75
    assert cell.probability == pytest.approx(1 / (1 + np.exp(-0.75)))
    assert model.training and not model.conv._forward_hooks


@pytest.mark.vis
def test_every_execution_and_the_deployed_form_give_the_same_map():
    model = gresnet()
    rng = np.random.default_rng(0)
    face = ExplainedFace(
        rng.integers(0, 256, (64, 64, 3), dtype=np.uint8), 'a.png'
    )
    models = {}
    for execution in ('dense', 'factorised', 'native'):
        models[execution] = copy.deepcopy(model)
        set_execution(models[execution], execution)
    models['deployed'] = copy.deepcopy(models['native']).eval()
    models['deployed'].backbone.switch_to_deploy()
    grid = compute_cams(models, [face], preprocess=preprocess, classes=CLASSES)
    assert grid.networks == ('dense', 'factorised', 'native', 'deployed')
    reference = grid.cells[0][0]
    assert reference.map.max() - reference.map.min() > 0.9
    for cell in grid.cells[0][1:]:
        np.testing.assert_allclose(cell.map, reference.map, atol=1e-3)
        assert cell.label == reference.label


@pytest.mark.vis
def test_another_number_of_classes_is_reported():
    with pytest.raises(ValueError, match='a gives 2 logits.*3 classes'):
        compute_cams(
            {'a': gresnet()},
            [corner()],
            preprocess=preprocess,
            classes=('x', 'y', 'z'),
        )


@pytest.mark.vis
def test_opencv_is_that_of_the_stack():
    from importlib.metadata import PackageNotFoundError, version

    with pytest.raises(PackageNotFoundError):
        version('opencv-python-headless')
    assert version('opencv-python')
