"""Gabor convolutions and channel shifts in timm's own networks."""

import pytest
import torch
from torch import nn

from csgresnet_mm.layers import GConv, convert_to_gconv, insert_channel_shift
from tests.timm.networks import create, images

pytestmark = pytest.mark.timm


@pytest.mark.parametrize(
    ('name', 'kinds'),
    [
        ('resnet18', {'1x1 kernel'}),
        ('mobilenetv3_small_050', {'1x1 kernel', 'groups'}),
        ('convnext_atto', {'1x1 kernel', 'groups'}),
        ('regnetx_002', {'1x1 kernel', 'groups'}),
        ('tf_mobilenetv3_small_100', {'1x1 kernel', 'groups', 'a Conv2dSame'}),
        ('vgg11_bn', {'1x1 kernel'}),
    ],
)
def test_spatial_convolutions(name, kinds):
    net = create(name, num_classes=7)
    keys = list(net.state_dict())
    expected = {
        n
        for n, m in net.named_modules()
        if type(m) is nn.Conv2d and m.kernel_size != (1, 1) and m.groups == 1
    }
    report = convert_to_gconv(net, input_size=(3, 64, 64))
    assert {layer.names[0] for layer in report.converted} == expected
    assert list(net.state_dict()) == keys
    found = {layer.reason.split('=')[0] for layer in report.left}
    found = {
        reason.removesuffix(' with a forward of its own') for reason in found
    }
    assert found == kinds
    net(images(2)).square().sum().backward()
    gradients = [m.weight.grad for m in net.modules() if isinstance(m, GConv)]
    assert len(gradients) == len(expected)
    assert bool(expected) == any(bool(g.any()) for g in gradients)


def test_features_of_a_converted_network():
    net = create('resnet18', features_only=True, out_indices=(1, 4))
    convert_to_gconv(net, 'all')
    insert_channel_shift(net, ['layer1', 'layer3.1'], num_orientations=4)
    assert not any(type(m) is nn.Conv2d for m in net.modules())
    assert [f.shape[1] for f in net.eval()(images())] == [64, 512]


def test_our_own_networks_have_nothing_left_to_convert():
    report = convert_to_gconv(create('csgresnet18'), 'all')
    assert not report.converted
    assert {layer.reason for layer in report.left} == {
        'a Gabor convolution already'
    }


def test_a_converted_resnet_is_a_gresnet():
    """The same function: timm's ResNet-18 less its max pool, converted."""
    ours = create('gresnet18', num_classes=0, global_pool='').eval()
    net = create('resnet18', num_classes=0, global_pool='').eval()
    net.conv1 = nn.Conv2d(3, 64, 5, 2, 2, bias=False)
    net.maxpool = nn.Identity()
    convert_to_gconv(net, 'all')
    state = ours.state_dict()
    assert state.pop('orientations').shape == (4,)
    net.load_state_dict(state)
    x = images()
    assert torch.equal(net(x), ours(x))
