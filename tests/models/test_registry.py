"""The models build from every scope a config may be read in."""

from collections.abc import Iterator

import pytest
import torch
from mmengine.registry import MODELS as ROOT
from mmengine.registry import DefaultScope, Registry
from mmpretrain.registry import MODELS

from csgresnet_mm import models
from csgresnet_mm.layers import GConv

from .builders import NARROW, images

NAMES = ['GResNet', 'CSResNet', 'ChannelShift', 'OrientationMaxPooling']
CONFIG = {'depth': 18, 'channel_shift': {'stage': 3}, **NARROW}


@pytest.fixture
def foreign() -> Iterator[Registry]:
    """A child of the root as mmdet's is, with a scope of its own."""
    registry = Registry('model', parent=ROOT, scope='foreign')
    yield registry
    del ROOT.children['foreign']


def check(net: torch.nn.Module) -> None:
    assert type(net) is models.GResNet
    assert type(net.layer3[0].conv1) is GConv
    assert net.layer3[1].shift is not None
    assert net(images())[0].shape == (2, 128, 2, 2)


@pytest.mark.parametrize('name', NAMES)
def test_registered_in_both_registries(name: str) -> None:
    cls = getattr(models, name)
    assert MODELS.module_dict[name] is cls
    assert ROOT.module_dict[name] is cls


def test_gconv_is_in_the_root() -> None:
    assert ROOT.module_dict['GConv'] is GConv


def test_from_mmpretrain() -> None:
    check(MODELS.build({'type': 'GResNet', **CONFIG}))
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        check(MODELS.build({'type': 'GResNet', **CONFIG}))
        check(ROOT.build({'type': 'GResNet', **CONFIG}))


def test_from_the_root() -> None:
    check(ROOT.build({'type': 'GResNet', **CONFIG}))
    check(ROOT.build({'type': 'mmpretrain.GResNet', **CONFIG}))


def test_from_a_foreign_scope(foreign: Registry) -> None:
    for kind in ('GResNet', 'mmpretrain.GResNet'):
        check(foreign.build({'type': kind, **CONFIG}))
        with DefaultScope.overwrite_default_scope('foreign'):
            check(foreign.build({'type': kind, **CONFIG}))
    with DefaultScope.overwrite_default_scope('foreign'):
        neck = foreign.build({'type': 'OrientationMaxPooling'})
    assert type(neck) is models.OrientationMaxPooling


def test_conv_cfg_in_a_foreign_scope(foreign: Registry) -> None:
    config = {
        'type': 'mmpretrain.ResNet',
        'depth': 18,
        'conv_cfg': {'type': 'GConv'},
        **NARROW,
    }
    with DefaultScope.overwrite_default_scope('foreign'):
        net = foreign.build(config)
    assert type(net.layer1[0].conv1) is GConv


def test_a_list_of_necks_builds() -> None:
    neck = MODELS.build(
        {
            'type': 'ImageClassifier',
            'backbone': {'type': 'GResNet', **CONFIG},
            'neck': [
                {'type': 'ChannelShift', 'divisor': 2, 'num_orientations': 4},
                {'type': 'GlobalAveragePooling'},
                {'type': 'OrientationMaxPooling'},
            ],
        }
    ).neck
    kinds = [type(part) for part in neck]
    assert kinds[0] is models.ChannelShift
    assert kinds[2] is models.OrientationMaxPooling
    (output,) = neck((torch.rand(2, 128, 2, 2),))
    assert output.shape == (2, 32)


@pytest.mark.mmseg
def test_from_mmseg() -> None:
    import mmseg.models
    from mmseg.registry import MODELS as MMSEG

    assert mmseg.models
    with DefaultScope.overwrite_default_scope('mmseg'):
        for kind in ('GResNet', 'mmpretrain.GResNet'):
            check(MMSEG.build({'type': kind, **CONFIG}))
        segmentor = MMSEG.build(
            {
                'type': 'EncoderDecoder',
                'backbone': {'type': 'GResNet', **CONFIG},
                'decode_head': {
                    'type': 'FCNHead',
                    'in_channels': 128,
                    'in_index': 0,
                    'channels': 16,
                    'num_convs': 1,
                    'num_classes': 3,
                    'conv_cfg': {'type': 'GConv'},
                    'loss_decode': {
                        'type': 'CrossEntropyLoss',
                        'avg_non_ignore': True,
                    },
                },
            }
        )
    check(segmentor.backbone)
    assert type(segmentor.decode_head.convs[0].conv) is GConv
    assert segmentor(images()).shape == (2, 3, 2, 2)
