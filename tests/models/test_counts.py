"""Parameters and multiply-adds against the hand derivation."""

from typing import Any

import pytest
import torch
from mmengine.analysis import get_model_complexity_info

from csgresnet_mm.layers import set_execution

from ..oracle.counts import Network
from .builders import classifier

CASES = {
    'gresnet18': ({'type': 'GResNet', 'depth': 18}, 128, 2_804_679),
    'csgresnet18': (
        {'type': 'GResNet', 'depth': 18, 'channel_shift': {'stage': 3}},
        128,
        2_804_679,
    ),
    'resnet18': ({'type': 'ResNet', 'depth': 18}, 512, 11_180_103),
    'gresnet34': ({'type': 'GResNet', 'depth': 34}, 128, 5_337_287),
    'resnet34': ({'type': 'ResNet', 'depth': 34}, 512, 21_288_263),
}


def build(name: str) -> Any:
    backbone, head_channels, _ = CASES[name]
    return classifier(512, head_channels, **backbone)


def derivation(name: str) -> Network:
    backbone = CASES[name][0]
    gabor = backbone['type'] == 'GResNet'
    return Network(backbone['depth'], 5 if gabor else 7, max_pool=not gabor)


@pytest.mark.parametrize('name', CASES)
def test_parameters(name: str) -> None:
    count = sum(p.numel() for p in build(name).parameters())
    assert count == CASES[name][2]
    m = 4 if 'gresnet' in name else 1
    assert derivation(name).parameters(m) == count


@pytest.mark.parametrize(
    ('name', 'giga'),
    [
        ('gresnet18', 1.714),
        ('csgresnet18', 1.714),
        ('resnet18', 0.486),
        ('gresnet34', None),
        ('resnet34', None),
    ],
)
def test_multiply_adds(name: str, giga: float | None) -> None:
    model = build(name).eval()
    set_execution(model, 'dense')
    model.forward = model.extract_feat
    with torch.no_grad():
        info = get_model_complexity_info(
            model, (3, 112, 112), show_table=False, show_arch=False
        )
    network = derivation(name)
    expected = network.dense() + network.norm_flops() + network.pool_flops()
    assert info['flops'] == expected
    assert giga is None or round(info['flops'] / 1e9, 3) == giga


def test_multiply_adds_with_max_pool() -> None:
    model = classifier(
        512, 128, type='GResNet', depth=18, with_max_pool=True
    ).eval()
    set_execution(model, 'dense')
    model.forward = model.extract_feat
    info = get_model_complexity_info(
        model, (3, 112, 112), show_table=False, show_arch=False
    )
    network = Network(18, 5, max_pool=True)
    expected = network.dense() + network.norm_flops() + network.pool_flops()
    assert info['flops'] == expected
