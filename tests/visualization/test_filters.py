"""Modulated filters against the written-out product, answers by angle."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from csgresnet_mm.layers import GConv
from csgresnet_mm.visualization import modulated_filters, orientation_responses
from csgresnet_mm.visualization.responses import pattern

# angle pi / 2, scale 3, 3x3: the golden numbers of angle 0, transposed
BANK_90 = [[0, 0.0622477, 0], [0.9089007, 1, 0.9089007], [0, 0.0622477, 0]]


def test_modulated_filters_are_the_products_of_eq_1():
    net = nn.Sequential(GConv(8, 16, 3))
    found = modulated_filters(net, '0', planes=3)
    assert found.learned.shape == (3, 8, 3, 3)
    assert found.modulated.shape == (3, 4, 8, 3, 3)
    weight = net[0].weight.detach().numpy()
    for plane in range(3):
        for channel in range(8):
            np.testing.assert_allclose(
                found.modulated[plane, 1, channel],
                weight[plane, channel] * np.array(BANK_90),
                atol=1e-6,
            )
    assert found.angles == pytest.approx(
        [math.pi * u / 4 for u in (1, 2, 3, 4)]
    )


def test_an_expanding_stem_is_shown_on_the_channels_of_the_image():
    net = nn.Sequential(GConv(3, 8, 5))
    found = modulated_filters(net, '0')
    by_hand = net[0].weight.detach().reshape(2, 3, 4, 5, 5).sum(2)
    np.testing.assert_allclose(found.learned, by_hand.numpy(), atol=1e-6)


@pytest.mark.parametrize(('layer', 'kind'), [('1', 'ReLU'), ('7', 'NoneType')])
def test_another_layer_is_refused(layer, kind):
    net = nn.Sequential(GConv(4, 8, 3), nn.ReLU())
    with pytest.raises(ValueError, match=rf"'{layer}' is {kind}.*\['0'\]"):
        modulated_filters(net, layer)


def test_patterns_change_along_their_angle():
    upright = pattern('grating', 33, 0, 0)
    middle = upright[12:21]
    assert torch.equal(middle, middle[:1].expand_as(middle))
    row = upright[16]
    assert row[16] == 1 and row[20] == pytest.approx(-1)  # wavelength 8
    lying = pattern('grating', 33, 90, 0)
    torch.testing.assert_close(lying, upright.T, atol=1e-5, rtol=0)
    assert (upright[0, 0], upright[-1, 0]) == (0, 0)
    edge = pattern('edge', 33, 0, 0.25)  # moved by 2 pixels to the right
    assert edge[16, 17] == -1 and edge[16, 19] == 1


def bare_bank(kernel: int = 13) -> nn.Sequential:
    """The Gabor bank itself as the network."""
    conv = GConv(3, 4, kernel, padding=kernel // 2, bias=False)
    nn.init.ones_(conv.weight)
    return nn.Sequential(conv)


@pytest.mark.parametrize('stimulus', ['grating', 'edge'])
def test_each_channel_of_the_bank_prefers_its_own_angle(stimulus):
    net = bare_bank().train()
    found = orientation_responses(
        net, size=64, stimulus=stimulus, layers=['0']
    )
    values = found.layers['0']
    assert values.shape == (24, 4)
    best = found.angles[values.argmax(0)]
    assert best.tolist() == [45, 90, 135, 0]  # 180 is 0
    assert found.orientations == pytest.approx((45, 90, 135, 180))
    assert values.mean() == pytest.approx(1)
    assert net.training
    assert not net[0]._forward_hooks


def test_a_layer_without_preference_answers_1():
    conv = GConv(3, 4, 1, bias=False)  # 1x1: all filters are 1
    nn.init.ones_(conv.weight)
    found = orientation_responses(nn.Sequential(conv), size=64, layers=['0'])
    np.testing.assert_allclose(found.layers['0'], 1, atol=0.03)


def test_unknown_layers_and_patterns_are_reported():
    with pytest.raises(ValueError, match=r"no layers \['layer9'\]"):
        orientation_responses(bare_bank(), size=16, layers=['layer9'])
    with pytest.raises(ValueError, match="stimulus='dots'"):
        orientation_responses(
            bare_bank(), size=16, stimulus='dots', layers=['0']
        )
    with pytest.raises(ValueError, match='no Gabor convolution'):
        orientation_responses(nn.ReLU(), size=16)
