"""CSResNet: MMPretrain's ResNet, key for key, with a shift."""

import pytest
import torch

from csgresnet_mm.models import CSResNet

from ..builders import backbone, evaluated, images, randomise


@pytest.mark.parametrize('depth', [18, 34, 50, 101, 152])
def test_keys_and_shapes_are_those_of_resnet(depth: int) -> None:
    net, plain = backbone(depth, 'CSResNet'), backbone(depth, 'ResNet')
    found = {k: v.shape for k, v in net.state_dict().items()}
    assert found == {k: v.shape for k, v in plain.state_dict().items()}


@pytest.mark.parametrize('depth', [18, 50])
def test_without_a_shift_it_is_resnet(depth: int) -> None:
    plain = evaluated(randomise(backbone(depth, 'ResNet')))
    net = backbone(depth, 'CSResNet').eval()
    net.load_state_dict(plain.state_dict())
    assert torch.equal(net(images())[0], plain(images())[0])


def test_takes_what_resnet_takes() -> None:
    net = backbone(
        50,
        'CSResNet',
        in_channels=1,
        deep_stem=True,
        avg_down=True,
        style='caffe',
        out_indices=(1, 3),
        frozen_stages=1,
        norm_eval=True,
        channel_shift={'stage': 3, 'divisor': 4},
    )
    assert net.train() is net
    outputs = net(images(2, 64, channels=1))
    assert [y.shape for y in outputs] == [(2, 128, 8, 8), (2, 512, 2, 2)]
    assert not net.layer1.training


def test_zero_init_residual_is_resnets_default() -> None:
    net = backbone(kind='CSResNet')
    net.init_weights()
    assert (net.layer1[0].norm2.weight == 0).all()


def test_bad_depth() -> None:
    with pytest.raises(KeyError, match='invalid depth 17 for resnet'):
        CSResNet(17)


def test_channel_shift_is_keyword_only() -> None:
    with pytest.raises(TypeError):
        CSResNet(18, 3, 64, channel_shift=None)
