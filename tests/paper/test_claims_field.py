"""Receptive fields: the formula, and the gradient that must agree."""

import pytest
import torch
from mmpretrain.models import ResNet
from torch import nn

from csgresnet_mm.models import GResNet
from csgresnet_mm.paper.claims_field import (
    main_path,
    receptive_field,
)
from tests.paper.gradient_field import measured_receptive_field

TWO_STAGES = dict(
    num_stages=2, strides=(1, 2), dilations=(1, 1), out_indices=(1,)
)


@pytest.mark.parametrize(
    ('backbone', 'expected'),
    [
        (lambda: GResNet(18), 217),
        (lambda: ResNet(18), 435),
        (lambda: GResNet(18, with_max_pool=True), 433),
    ],
)
def test_depth_18_by_the_formula(backbone, expected):
    assert receptive_field(main_path(backbone())) == expected


@pytest.mark.slow
@pytest.mark.parametrize(
    ('backbone', 'expected'),
    [(lambda: GResNet(18), 217), (lambda: ResNet(18), 435)],
)
def test_depth_18_by_the_gradient(backbone, expected):
    assert measured_receptive_field(backbone(), 2 * expected) == expected


@pytest.mark.parametrize(
    'backbone',
    [
        lambda: GResNet(18, **TWO_STAGES),
        lambda: GResNet(18, with_max_pool=True, **TWO_STAGES),
        lambda: ResNet(18, **TWO_STAGES),
        lambda: ResNet(50, **TWO_STAGES),
    ],
)
def test_gradient_and_formula_agree(backbone):
    network = backbone()
    before = {k: v.clone() for k, v in network.state_dict().items()}
    expected = receptive_field(main_path(network))
    assert measured_receptive_field(network, 2 * expected + 32) == expected
    after = network.state_dict()
    assert all(torch.equal(after[k], v) for k, v in before.items())


def test_an_image_too_small_and_a_deep_stem_are_reported():
    network = GResNet(18, **TWO_STAGES)
    with pytest.raises(ValueError, match='image=32: .* reaches the border'):
        measured_receptive_field(network, 32)
    with pytest.raises(ValueError, match='deep_stem=True'):
        main_path(ResNet(18, deep_stem=True))
    assert isinstance(network.maxpool, nn.Identity)
