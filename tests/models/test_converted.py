"""Backbones of MMPretrain with Gabor convolutions, from a config."""

from typing import Any

import pytest
import torch
from mmengine.logging import MMLogger
from mmengine.registry import MODELS as ROOT
from mmengine.registry import Registry
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample
from torch import nn

from csgresnet_mm.layers import ChannelShift, GConv, convert_to_gconv

from .builders import images

RESNET = {'type': 'ResNet', 'depth': 18, 'zero_init_residual': False}
BACKBONES = {
    'ResNet': (RESNET, 17),
    'VGG': ({'type': 'VGG', 'depth': 11}, 8),
    'MobileNetV2': ({'type': 'MobileNetV2'}, 1),
    'RegNet': ({'type': 'RegNet', 'arch': 'regnetx_400mf'}, 1),
    'ConvNeXt': ({'type': 'ConvNeXt', 'arch': 'atto'}, 4),
    'DenseNet': ({'type': 'DenseNet', 'arch': '121'}, 59),
}


def convert(backbone: dict[str, Any], **kwargs: Any) -> Any:
    torch.manual_seed(0)
    return MODELS.build({'type': 'Converted', 'backbone': backbone, **kwargs})


def gconvs(net: nn.Module) -> list[GConv]:
    return [m for m in net.modules() if isinstance(m, GConv)]


@pytest.mark.parametrize('name', BACKBONES)
def test_it_is_the_backbone_itself(name: str) -> None:
    config, count = BACKBONES[name]
    plain = MODELS.build(config)
    net = convert(config)
    assert type(net) is type(plain)
    assert list(net.state_dict()) == list(plain.state_dict())
    assert len(gconvs(net)) == count
    net.init_weights()
    for model in (net, plain):
        model.eval()  # MMPretrain's gives nothing back
    found, expected = net(images(1, 64)), plain(images(1, 64))
    assert [f.shape for f in found] == [f.shape for f in expected]
    assert all(f.isfinite().all() for f in found)


def test_init_weights_leaves_what_gconv_drew() -> None:
    net = convert(RESNET)
    net.init_weights()
    weight = net.layer4[1].conv1.weight
    expected = (2 / (9 * 512)) ** 0.5  # MMEngine's would be twice as large
    assert weight.std().item() == pytest.approx(expected, rel=0.02)


def test_places_of_shifts() -> None:
    places = {'layer1.0': {}, 'layer3.1': {'divisor': 8}}
    net = convert(RESNET, where=None, channel_shift=places)
    assert not gconvs(net)
    shifts = {
        name: module.divisor
        for name, module in net.named_modules()
        if isinstance(module, ChannelShift)
    }
    assert shifts == {
        'layer1.0.channel_shift': 16,
        'layer3.1.channel_shift': 8,
    }
    plain = MODELS.build(RESNET)
    plain.load_state_dict(net.state_dict())
    for model in (net, plain):
        model.eval()
    found, expected = net(images(1, 64))[0], plain(images(1, 64))[0]
    assert not torch.allclose(found, expected)


def test_arguments_reach_the_conversion() -> None:
    net = convert(
        RESNET,
        where={'stem': False, 'names': ['layer4.*']},
        num_orientations=8,
        execution='factorised',
    )
    layers = gconvs(net)
    assert len(layers) == 4
    assert {layer.num_orientations for layer in layers} == {8}
    with pytest.raises(ValueError, match="converts nothing, found {'scale'"):
        convert(RESNET, where=None, scale=2)
    with pytest.raises(ValueError, match="'layer9.*' fits none"):
        convert(RESNET, where={'names': ['layer9.*']})


def test_the_report_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    logger = MMLogger.get_current_instance()
    monkeypatch.setattr(
        logger, 'log', lambda level, message: lines.append(message)
    )
    convert(RESNET)
    (text,) = [line for line in lines if 'Gabor' in line]
    assert text.startswith('ResNet: 17 of 20 convolutions are Gabor')
    assert 'layer2.0.downsample.0 (1x1, 64 to 128): left: 1x1' in text


def test_frozen_stages_stay_frozen() -> None:
    net = convert({**RESNET, 'frozen_stages': 1})
    net.train()
    assert not net.layer1[0].conv1.weight.requires_grad
    assert net.layer2[0].conv1.weight.requires_grad


@pytest.mark.parametrize('kind', ['Converted', 'mmpretrain.Converted'])
def test_builds_from_every_scope(kind: str) -> None:
    config = {'type': kind, 'backbone': {**RESNET, 'type': 'CSResNet'}}
    foreign = Registry('model', parent=ROOT, scope='foreign')
    try:
        for registry in (MODELS, ROOT, foreign):
            assert len(gconvs(registry.build(config))) == 17
    finally:
        del ROOT.children['foreign']


def test_a_whole_classifier_converts_and_trains() -> None:
    torch.manual_seed(0)
    model = MODELS.build(
        {
            'type': 'ImageClassifier',
            'backbone': {'type': 'Converted', 'backbone': RESNET},
            'neck': {'type': 'GlobalAveragePooling'},
            'head': {
                'type': 'LinearClsHead',
                'num_classes': 7,
                'in_channels': 512,
            },
        }
    )
    report = convert_to_gconv(model, 'all', input_size=(3, 64, 64))
    assert [layer.names[0] for layer in report.converted] == [
        f'backbone.layer{stage}.0.downsample.0' for stage in (2, 3, 4)
    ]
    assert report.cost.factorised < report.cost.dense
    model.init_weights()
    samples = [DataSample().set_gt_label(n) for n in range(2)]
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    losses = []
    for _ in range(5):
        loss = model.train()(images(2, 64), samples, mode='loss')['loss']
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
