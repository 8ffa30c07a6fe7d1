"""insert_channel_shift on MMPretrain's networks."""

from typing import Any

import pytest
import torch

from csgresnet_mm.models import insert_channel_shift

from .builders import backbone, evaluated, images, randomise

OPTIONS: dict[str, Any] = {'divisor': 8, 'position': 'middle'}


def test_resnet_equals_csresnet() -> None:
    plain = evaluated(randomise(backbone(kind='ResNet')))
    expected = backbone(
        kind='CSResNet', channel_shift={'stage': 3, **OPTIONS}
    ).eval()
    expected.load_state_dict(plain.state_dict())
    x = images(2, 96)
    unshifted = plain(x)[0]
    keys = list(plain.state_dict())
    insert_channel_shift(plain, 'layer3.1', **OPTIONS)
    assert list(plain.state_dict()) == keys
    assert torch.equal(plain(x)[0], expected(x)[0])
    assert not torch.allclose(plain(x)[0], unshifted)


def test_gresnet_equals_its_own_shift() -> None:
    net = randomise(backbone()).eval()
    expected = backbone(channel_shift={'stage': 3, **OPTIONS}).eval()
    expected.load_state_dict(net.state_dict())
    insert_channel_shift(net, 'layer3.1', num_orientations=4, **OPTIONS)
    x = images(2, 64)
    assert torch.equal(net(x)[0], expected(x)[0])


def test_a_stage_means_its_first_block() -> None:
    net = evaluated(randomise(backbone(kind='ResNet')))
    expected = backbone(
        kind='CSResNet',
        channel_shift={'stage': 2, 'placement': 'stage_input', **OPTIONS},
    ).eval()
    expected.load_state_dict(net.state_dict())
    insert_channel_shift(net, 'layer2', **OPTIONS)
    x = images(2, 96)
    assert torch.equal(net(x)[0], expected(x)[0])


def test_trains_with_checkpointing() -> None:
    net = randomise(backbone(kind='ResNet', with_cp=True))
    net.train()
    insert_channel_shift(net, 'layer3.1', **OPTIONS)
    x = images(2, 96).requires_grad_()
    net(x)[0].square().mean().backward()
    assert net.conv1.weight.grad.abs().sum() > 0


def test_unknown_name_lists_the_modules() -> None:
    message = r"no module 'layer5'.*'conv1', 'bn1'.*'layer4\.1\.conv2'"
    with pytest.raises(ValueError, match=message):
        insert_channel_shift(backbone(kind='ResNet'), 'layer5')
