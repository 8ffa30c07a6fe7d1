"""Gabor convolutions in MMPretrain's other networks, and inside GResNet."""

import pytest
import torch
from mmpretrain.registry import MODELS

from csgresnet_mm.layers import DeployedGConv, GConv

from .builders import backbone, evaluated, images

GCONV = {'type': 'GConv'}


def test_D1_vgg_with_its_classifier() -> None:
    net = MODELS.build(
        {'type': 'VGG', 'depth': 11, 'num_classes': 7, 'conv_cfg': GCONV}
    )
    evaluated(net)
    with torch.no_grad():
        (scores,) = net(torch.rand(1, 3, 224, 224))
    assert scores.shape == (1, 7)


@pytest.mark.compiler
@pytest.mark.parametrize('deploy', [False, True])
def test_D1_gresnet_stays_channels_last_inside(deploy: bool) -> None:
    net = evaluated(backbone(execution='native', deploy=deploy))
    formats = []
    for module in net.modules():
        if isinstance(module, (GConv, DeployedGConv)):
            module.register_forward_hook(
                lambda module, args, y: formats.append(
                    y.is_contiguous(memory_format=torch.channels_last)
                )
            )
    with torch.no_grad():
        net(images(1, 64))
    assert formats == [True] * 20


def test_D4_repvgg_trains_and_refuses_to_be_deployed() -> None:
    net = MODELS.build({'type': 'RepVGG', 'arch': 'A0', 'conv_cfg': GCONV})
    net(torch.rand(2, 3, 32, 32))[0].sum().backward()
    evaluated(net)
    with pytest.raises(TypeError, match='RepVGG with GConv cannot be depl'):
        net.switch_to_deploy()
    assert net(torch.rand(1, 3, 32, 32))[0].isfinite().all()


def test_D4_repvgg_without_gconv_is_deployed() -> None:
    net = evaluated(MODELS.build({'type': 'RepVGG', 'arch': 'A0'}))
    x = torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        expected = net(x)[0]
        net.switch_to_deploy()
        torch.testing.assert_close(net(x)[0], expected, rtol=1e-3, atol=1e-4)
