"""Weights between timm and MMPretrain: names, both ways, and outputs."""

import pytest
import torch
from torch import nn

from tests.timm.networks import NAMES, create, images, randomise

pytestmark = pytest.mark.timm


def mmpretrain_model(name, **backbone):
    from mmpretrain.registry import MODELS

    width = 32 if name.endswith('half') else 64
    if name.startswith('cs'):
        shift = dict(stage=3, divisor=16, position='start')
        backbone = dict(channel_shift=shift, **backbone)
    model = MODELS.build(
        dict(
            type='ImageClassifier',
            backbone=dict(
                type='GResNet',
                depth=34 if '34' in name else 18,
                base_channels=width,
                stem_channels=width,
                **backbone,
            ),
            neck=[
                dict(type='GlobalAveragePooling'),
                dict(type='OrientationMaxPooling'),
            ],
            head=dict(
                type='LinearClsHead', num_classes=7, in_channels=2 * width
            ),
        )
    )
    torch.manual_seed(3)
    nn.init.normal_(model.head.fc.weight, std=0.2)
    nn.init.normal_(model.head.fc.bias)
    return randomise(model).double().eval()


def difference(theirs, ours):
    x = images(size=112).double()
    with torch.no_grad():
        expected = theirs(x, mode='tensor')
        assert expected.std(0).max() > 1e-2  # the two images differ
        return (ours(x) - expected).abs().max().item()


@pytest.mark.parametrize('name', NAMES)
def test_weights_of_mmpretrain_give_its_outputs(name):
    from csgresnet_mm.timm import from_mmpretrain

    theirs, ours = (
        mmpretrain_model(name),
        create(name, num_classes=7).double().eval(),
    )
    assert difference(theirs, ours) > 1e-2
    ours.load_state_dict(from_mmpretrain(theirs.state_dict()))
    assert difference(theirs, ours) <= 1e-10


@pytest.mark.parametrize('name', NAMES)
def test_weights_of_timm_give_its_outputs(name):
    from csgresnet_mm.timm import to_mmpretrain

    theirs, ours = (
        mmpretrain_model(name),
        create(name, num_classes=7).double().eval(),
    )
    randomise(ours)
    nn.init.normal_(ours.fc.weight)
    theirs.load_state_dict(to_mmpretrain(ours.state_dict()))
    assert difference(theirs, ours) <= 1e-10


def test_every_feature_is_the_same():
    from csgresnet_mm.timm import from_mmpretrain

    name = 'csgresnet18'
    theirs = mmpretrain_model(name, out_indices=(0, 1, 2, 3))
    ours = create(name, num_classes=7).double().eval()
    ours.load_state_dict(from_mmpretrain(theirs.state_dict()))
    x = images().double()
    stages = ours.forward_intermediates(x)[1][1:]
    for found, expected in zip(stages, theirs.backbone(x), strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)


def test_there_and_back_is_nothing():
    from csgresnet_mm.timm import from_mmpretrain, to_mmpretrain

    shift = dict(position='stochastic', seed=4)
    state = create('gresnet18', channel_shift=shift).state_dict()
    assert 'layer3.1.shift.seed' in state
    there = to_mmpretrain(state)
    assert there['backbone.layer3.1.shift.seed'] == 4
    back = from_mmpretrain(there)
    assert list(back) == list(state)
    assert all(back[key] is state[key] for key in state)


def test_forms_for_inference_share_their_names():
    from csgresnet_mm.timm import from_mmpretrain

    theirs, ours = mmpretrain_model('gresnet18'), create('gresnet18').double()
    theirs.backbone.switch_to_deploy()
    ours.eval().switch_to_deploy()
    ours.load_state_dict(from_mmpretrain(theirs.state_dict()))
    assert difference(theirs, ours) <= 1e-10


def test_other_keys_raise():
    from csgresnet_mm.timm import from_mmpretrain, to_mmpretrain

    with pytest.raises(ValueError, match=r"\['neck.fc.weight'\] begin with"):
        from_mmpretrain({'backbone.conv1.weight': 0, 'neck.fc.weight': 0})
    with pytest.raises(ValueError, match="MMPretrain's names already"):
        to_mmpretrain({'backbone.conv1.weight': 0})


def test_other_angles_raise():
    state = create('gresnet18').state_dict()
    release = [0.0, 0.7854, 1.5708, 2.3562]
    other = create('gresnet18', orientations=release)
    with pytest.raises(ValueError, match='made with the angles'):
        other.load_state_dict(state)
    half = create('gresnet18').bfloat16().state_dict()
    create('gresnet18').load_state_dict(half)
