"""MMEngine's and MMCV's initialisers leave GConv's own standing."""

import math
from typing import Any

import pytest
import torch
from mmcv.cnn import ConvModule, build_conv_layer
from mmengine.model import BaseModule, Sequential
from mmpretrain.registry import MODELS
from torch import nn

import csgresnet_mm  # noqa: F401
from csgresnet_mm.layers import GConv

KAIMING = [
    {'type': 'Kaiming', 'layer': ['Conv2d']},
    {'type': 'Constant', 'val': 1, 'layer': ['_BatchNorm', 'GroupNorm']},
]


def assert_initialised(layer: GConv) -> None:
    """Check for normal, std = sqrt(2 / (k*k*O*M)), within 6 sigma."""
    height, width = layer.kernel_size
    std = math.sqrt(2 / (height * width * layer.out_channels))
    weight = layer.weight.detach()
    spread = 6 * std / math.sqrt(2 * weight.numel())
    assert weight.std().item() == pytest.approx(std, abs=spread)
    if layer.bias is not None:
        assert (layer.bias == 0).all()


def layers_of(model: nn.Module) -> list[GConv]:
    layers = [m for m in model.modules() if isinstance(m, GConv)]
    assert layers
    return layers


@pytest.mark.parametrize('in_channels', [3, 64])
@pytest.mark.parametrize('kernel_size', [1, 3])
def test_conv_module(in_channels: int, kernel_size: int) -> None:
    torch.manual_seed(0)
    module = ConvModule(
        in_channels,
        128,
        kernel_size,
        conv_cfg={'type': 'GConv'},
        norm_cfg={'type': 'BN'},
    )
    assert_initialised(module.conv)
    module.init_weights()
    assert_initialised(module.conv)
    assert module.conv.bias is None
    assert module.norm.weight.shape == (128,)


def test_build_conv_layer() -> None:
    layer = build_conv_layer(
        {'type': 'GConv', 'num_orientations': 2},
        8,
        16,
        kernel_size=3,
        stride=2,
        padding=1,
        bias=False,
    )
    assert type(layer) is GConv
    assert layer.weight.shape == (8, 8, 3, 3)
    assert layer(torch.rand(1, 8, 9, 9)).shape == (1, 16, 5, 5)


@pytest.mark.parametrize(
    'config',
    [
        {'type': 'GResNet', 'depth': 18},
        {'type': 'GResNet', 'depth': 18, 'deep_stem': True},
        {'type': 'GResNet', 'depth': 18, 'init_cfg': KAIMING},
        {'type': 'ResNet', 'depth': 18, 'conv_cfg': {'type': 'GConv'}},
        {'type': 'VGG', 'depth': 11, 'conv_cfg': {'type': 'GConv'}},
    ],
)
def test_backbones(config: dict[str, Any]) -> None:
    torch.manual_seed(0)
    net = MODELS.build(config)
    for layer in layers_of(net):
        assert_initialised(layer)
    net.init_weights()
    for layer in layers_of(net):
        assert_initialised(layer)


def test_kaiming_of_a_base_module() -> None:
    class Wrapper(BaseModule):
        def __init__(self) -> None:
            super().__init__(init_cfg={'type': 'Kaiming', 'layer': 'Conv2d'})
            self.body = Sequential(GConv(64, 64, 3), nn.Conv2d(64, 64, 3))

    torch.manual_seed(0)
    model = Wrapper()
    model.init_weights()
    assert_initialised(model.body[0])
