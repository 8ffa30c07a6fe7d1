"""conv_cfg=dict(type='GConv') inside MMPretrain's own backbones."""

from typing import Any

import pytest
import torch
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample
from torch import nn

import csgresnet_mm  # noqa: F401
from csgresnet_mm.layers import GConv

GABOR = {'type': 'GConv'}


def classifier(channels: int, **backbone: Any) -> Any:
    return MODELS.build(
        {
            'type': 'ImageClassifier',
            'backbone': {'conv_cfg': GABOR, **backbone},
            'neck': {'type': 'GlobalAveragePooling'},
            'head': {
                'type': 'LinearClsHead',
                'num_classes': 7,
                'in_channels': channels,
                'loss': {'type': 'CrossEntropyLoss'},
            },
        }
    )


@pytest.mark.parametrize(
    'backbone',
    [
        {'type': 'ResNet', 'depth': 18, 'zero_init_residual': False},
        {'type': 'VGG', 'depth': 11},
    ],
)
def test_trains_one_step(backbone: dict[str, Any]) -> None:
    torch.manual_seed(0)
    model = classifier(512, **backbone)
    model.init_weights()
    model.train()
    assert not any(isinstance(m, nn.Conv2d) for m in model.modules())
    layers = [m for m in model.modules() if isinstance(m, GConv)]
    assert [layer.expand for layer in layers].count(True) == 1
    assert layers[0].weight.shape[:2] == (16, 12)
    before = {n: p.detach().clone() for n, p in model.named_parameters()}
    samples = [DataSample().set_gt_label(n % 7) for n in range(4)]
    losses = model(torch.rand(4, 3, 64, 64), samples, mode='loss')
    loss = losses['loss']
    assert loss.isfinite()
    loss.backward()
    torch.optim.SGD(model.parameters(), lr=0.1).step()
    for name, parameter in model.named_parameters():
        assert parameter.isfinite().all(), name
        assert not torch.equal(parameter, before[name]), name


def test_arguments_reach_every_layer() -> None:
    conv_cfg = {'type': 'GConv', 'num_orientations': 2, 'scale': 1}
    net = MODELS.build({'type': 'ResNet', 'depth': 18, 'conv_cfg': conv_cfg})
    layers = [m for m in net.modules() if isinstance(m, GConv)]
    assert len(layers) == 20
    assert all(m.num_orientations == 2 and m.scale == 1 for m in layers)


@pytest.mark.parametrize(
    ('backbone', 'message'),
    [
        ({'type': 'ResNeXt', 'depth': 50}, 'groups=32.*expected groups=1'),
        (
            {'type': 'RegNet', 'arch': 'regnetx_400mf'},
            r'groups=\d+.*expected groups=1',
        ),
        ({'type': 'MobileNetV2'}, r'groups=\d+.*expected groups=1'),
    ],
)
def test_grouped_networks_raise(
    backbone: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        MODELS.build({**backbone, 'conv_cfg': GABOR})
