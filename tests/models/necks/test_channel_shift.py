"""The channel shift as a neck."""

import pytest
import torch
from mmpretrain.registry import MODELS

from csgresnet_mm import layers
from csgresnet_mm.models import ChannelShift

OPTIONS = {'divisor': 8, 'position': 'end', 'num_orientations': 4}


def build() -> ChannelShift:
    return MODELS.build({'type': 'ChannelShift', **OPTIONS})


def test_builds_with_the_arguments_of_the_layer() -> None:
    neck = build()
    assert type(neck) is ChannelShift
    assert isinstance(neck, layers.ChannelShift)
    assert (neck.divisor, neck.position) == (8, 'end')
    assert neck.num_orientations == 4


def test_a_tensor() -> None:
    x = torch.rand(2, 8, 7, 7)
    assert torch.equal(build()(x), layers.ChannelShift(**OPTIONS)(x))


def test_a_tuple() -> None:
    features = (torch.rand(2, 8, 14, 14), torch.rand(2, 16, 7, 7))
    outputs = build()(features)
    assert isinstance(outputs, tuple)
    shift = layers.ChannelShift(**OPTIONS)
    for output, x in zip(outputs, features, strict=True):
        assert torch.equal(output, shift(x))


@pytest.mark.parametrize('features', [[torch.rand(1, 8, 7, 7)], None, {}])
def test_other_input_raises(features: object) -> None:
    name = type(features).__name__
    with pytest.raises(TypeError, match=f'tuple of tensors, found {name}'):
        build()(features)


def test_the_stochastic_seed_is_its_only_state() -> None:
    assert not build().state_dict()
    neck = MODELS.build(
        {'type': 'ChannelShift', 'position': 'stochastic', 'seed': 2}
    )
    assert neck.state_dict() == {'seed': torch.tensor(2)}


def test_behind_any_backbone() -> None:
    model = MODELS.build(
        {
            'type': 'ImageClassifier',
            'backbone': {'type': 'MobileNetV2', 'widen_factor': 0.25},
            'neck': [
                {'type': 'ChannelShift', 'divisor': 4},
                {'type': 'GlobalAveragePooling'},
            ],
            'head': {
                'type': 'LinearClsHead',
                'num_classes': 7,
                'in_channels': 1280,
            },
        }
    ).eval()
    x = torch.rand(2, 3, 64, 64)
    features = model.backbone(x)[0]
    moved = layers.ChannelShift(4)(features)
    expected = model.head.fc(moved.mean((2, 3)))
    torch.testing.assert_close(model(x, mode='tensor'), expected)
