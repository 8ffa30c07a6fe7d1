"""Gabor convolutions in place of a network's own, on torch alone."""

import copy
import math
import re
from typing import Any

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from csgresnet_mm.functional import modulate
from csgresnet_mm.layers import (
    ConversionPolicy,
    GConv,
    convert_to_gconv,
    insert_channel_shift,
)

from ..oracle.counts import Network
from .reference import random_tensor


def network(name: str = 'resnet18', **kwargs: Any) -> nn.Module:
    torch.manual_seed(0)
    return getattr(torchvision.models, name)(num_classes=7, **kwargs)


def reasons(report: Any) -> dict[str, str]:
    return {
        name: layer.reason for layer in report.left for name in layer.names
    }


@pytest.mark.parametrize(
    'options',
    [
        {},
        {'bias': False},
        {'stride': 2, 'padding': 1},
        {'stride': (1, 2), 'padding': (2, 0), 'dilation': (1, 2)},
        {'padding': 'same', 'dilation': 2},
        {'padding': 'valid'},
        {'padding': 1, 'padding_mode': 'reflect'},
        {'padding': 'same', 'padding_mode': 'circular'},
        {'padding': 2, 'padding_mode': 'replicate'},
        {'kernel_size': (3, 5), 'padding': 'same'},
        {'kernel_size': 2},
        {'in_channels': 3},
    ],
)
def test_computes_the_convolution_of_the_modulated_kernel(
    options: dict[str, Any],
) -> None:
    arguments = {
        'in_channels': 8,
        'out_channels': 12,
        'kernel_size': 3,
        **options,
    }
    conv = nn.Conv2d(**arguments, dtype=torch.float64)
    net = nn.Sequential(nn.Conv2d(4, 4, 3), copy.deepcopy(conv))
    report = convert_to_gconv(net, {'stem': False})
    assert [layer.names for layer in report.converted] == [('1',)]
    new = net[1]
    assert isinstance(new, GConv)
    assert new.weight.dtype == torch.float64
    assert (new.bias is None) == (conv.bias is None)
    conv.weight.data = modulate(new.input_kernel, new.bank)
    if new.bias is not None:
        assert not new.bias.any()
        nn.init.normal_(new.bias)
        conv.bias.data = new.bias.repeat_interleave(4)
    x = random_tensor(2, arguments['in_channels'], 9, 11)
    torch.testing.assert_close(new(x), conv(x))


def test_weights_are_drawn_as_gconvs_are() -> None:
    net = nn.Sequential(nn.Conv2d(64, 256, 3))
    nn.init.zeros_(net[0].weight)
    convert_to_gconv(net)
    expected = math.sqrt(2 / (9 * 256))
    assert net[0].weight.std().item() == pytest.approx(expected, rel=0.02)


def test_resnet_with_every_convolution_converted() -> None:
    plain = Network(18, 7, True)
    net = network()
    report = convert_to_gconv(net, 'all', input_size=(3, 112, 112))
    assert not report.left
    assert not any(type(m) is nn.Conv2d for m in net.modules())
    before, after = report.parameters
    assert before == plain.parameters()
    # the head sees 512 features still, not 512 / 4
    assert after == plain.parameters(4) + (512 - 128) * 7
    assert after == sum(p.numel() for p in net.parameters())
    assert report.cost.before == plain.dense()
    assert report.cost.dense == plain.dense()
    assert report.cost.factorised == plain.factorised()


@pytest.mark.parametrize(
    ('name', 'count'),
    [
        ('resnet18', 17),
        ('resnet50', 17),
        ('vgg11_bn', 8),
        ('mobilenet_v2', 1),
        ('densenet121', 59),
    ],
)
def test_spatial_convolutions_of_torchvision(name: str, count: int) -> None:
    net = network(name)
    keys = list(net.state_dict())
    shapes = {
        n: m.out_channels
        for n, m in net.named_modules()
        if type(m) is nn.Conv2d and m.kernel_size != (1, 1) and m.groups == 1
    }
    assert len(shapes) == count
    report = convert_to_gconv(net, input_size=(3, 64, 64))
    assert {n for layer in report.converted for n in layer.names} == set(
        shapes
    )
    assert set(reasons(report).values()) <= {'1x1 kernel'} | {
        f'groups={c}' for c in range(2000)
    }
    assert list(net.state_dict()) == keys
    assert report.parameters[1] == sum(p.numel() for p in net.parameters())
    assert report.cost.factorised <= report.cost.dense == report.cost.before
    net(torch.rand(2, 3, 64, 64)).square().sum().backward()
    for parameter in net.parameters():
        assert parameter.grad is not None
        assert parameter.grad.isfinite().all()
    assert net.get_submodule(next(iter(shapes))).weight.grad.abs().max() > 0


def test_mobilenet_without_groups() -> None:
    net = network('mobilenet_v2')
    before = sum(m.groups > 1 for m in net.modules() if type(m) is nn.Conv2d)
    report = convert_to_gconv(net, {'groups': 'dense'}, input_size=(3, 32, 32))
    merged = [
        layer
        for layer in report.converted
        if layer.notes and layer.notes[0].startswith('groups=')
    ]
    assert len(merged) == before == 17
    assert merged[0].notes == ('groups=32 became 1',)
    assert merged[0].cost.before == 16 * 16 * 9 * 32
    assert merged[0].cost.dense == 16 * 16 * 9 * 32 * 32
    assert net.eval()(torch.rand(1, 3, 32, 32)).isfinite().all()


def test_where_it_stands_is_kept() -> None:
    net = network().to(memory_format=torch.channels_last).double()
    net.layer2.requires_grad_(False).eval()
    assert net.training
    convert_to_gconv(net)
    assert net.conv1.training
    assert net.conv1.weight.requires_grad
    for conv in (net.layer2[0].conv1, net.conv1):
        assert conv.weight.dtype == torch.float64
        assert not conv.weight.is_contiguous()
        assert conv.weight.is_contiguous(memory_format=torch.channels_last)
    frozen = net.layer2[0].conv1
    assert not frozen.training
    assert not frozen.weight.requires_grad
    x = torch.rand(1, 3, 64, 64).double()
    out = net.conv1(x.to(memory_format=torch.channels_last))
    assert out.is_contiguous(memory_format=torch.channels_last)
    plain = network()
    convert_to_gconv(plain)
    assert plain.conv1.weight.is_contiguous()
    meta = network().to('meta')
    convert_to_gconv(meta)
    assert {p.device.type for p in meta.parameters()} == {'meta'}
    assert meta.conv1.bank.device.type == 'meta'


def test_frozen_layers_are_told() -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3)).requires_grad_(False)
    text = str(convert_to_gconv(net))
    assert 'input expanded; bias of 1; frozen, with weights drawn anew' in text
    assert not net[0].bias.requires_grad


@pytest.mark.parametrize(
    ('channels', 'expanded'), [(1, True), (3, True), (4, False), (8, False)]
)
def test_a_stem_that_m_does_not_divide_expands(
    channels: int, expanded: bool
) -> None:
    net = nn.Sequential(nn.Conv2d(channels, 8, 3), nn.Conv2d(8, 8, 3))
    convert_to_gconv(net)
    assert net[0].expand == expanded
    inputs = 4 * channels if expanded else channels
    assert net[0].weight.shape == (2, inputs, 3, 3)
    assert not net[1].expand


def test_an_input_that_m_does_not_divide_expands() -> None:
    net = nn.Sequential(nn.Conv2d(4, 6, 3), nn.Conv2d(6, 8, 3))
    report = convert_to_gconv(net)
    assert reasons(report) == {
        '0': 'out_channels=6 is not divisible by num_orientations=4'
    }
    assert net[1].expand
    assert report.converted[0].notes == ('input expanded', 'bias of 2')
    assert net(torch.rand(1, 4, 7, 7)).shape == (1, 8, 3, 3)


class Scaled(nn.Conv2d):
    def forward(self, x: Tensor) -> Tensor:
        return 2 * super().forward(x)


class Named(nn.Conv2d):
    """A subclass that computes the same."""


def hooked() -> nn.Conv2d:
    conv = nn.Conv2d(8, 8, 3)
    conv.register_forward_hook(lambda *_: None)
    return conv


@pytest.mark.parametrize(
    ('conv', 'reason'),
    [
        (nn.Conv2d(8, 8, 3, groups=2), 'groups=2'),
        (nn.Conv2d(8, 8, 1), '1x1 kernel'),
        (nn.Conv2d(8, 10, 3), 'out_channels=10 is not divisible by'),
        (nn.Conv2d(8, 8, 2, padding='same'), "padding='same' of an even"),
        (nn.ConvTranspose2d(8, 8, 3), 'a ConvTranspose2d'),
        (nn.Conv1d(8, 8, 3), 'a Conv1d'),
        (nn.Conv3d(8, 8, 3), 'a Conv3d'),
        (GConv(8, 8, 3), 'a Gabor convolution already'),
        (Scaled(8, 8, 3), 'a Scaled with a forward of its own'),
        (weight_norm(nn.Conv2d(8, 8, 3)), 'parametrised'),
        (nn.LazyConv2d(8, 3), 'not initialised yet'),
        (hooked(), 'has hooks, which would be lost'),
        (
            insert_channel_shift(nn.Sequential(nn.Conv2d(8, 8, 3)), '0')[0],
            'has hooks, which would be lost',
        ),
    ],
)
def test_what_is_left_and_why(conv: nn.Module, reason: str) -> None:
    net = nn.Sequential(nn.Conv2d(8, 8, 3), copy.deepcopy(conv))
    left = net[1]
    report = convert_to_gconv(net)
    assert isinstance(net[0], GConv)
    assert net[1] is left
    (found,) = reasons(report).items()
    assert found[0] == '1'
    assert found[1].startswith(reason)
    assert f'left: {reason}' in str(report)


def test_a_subclass_that_computes_the_same() -> None:
    net = nn.Sequential(Named(8, 8, 3))
    assert len(convert_to_gconv(net).converted) == 1


def test_a_shared_module_is_converted_once() -> None:
    conv = nn.Conv2d(8, 8, 3, padding=1)
    net = nn.ModuleDict(
        {'a': nn.Sequential(conv, nn.ReLU()), 'b': nn.ModuleList([conv])}
    )
    report = convert_to_gconv(net)
    assert net['a'][0] is net['b'][0]
    assert isinstance(net['a'][0], GConv)
    (layer,) = report.layers
    assert layer.names == ('a.0', 'b.0')
    assert report.parameters == (8 * 8 * 9 + 8, 2 * 8 * 9 + 2)


def test_a_shared_module_counts_at_each_call() -> None:
    conv = nn.Conv2d(8, 8, 3, padding=1)
    net = nn.Sequential(conv, nn.ReLU(), conv)
    report = convert_to_gconv(net, input_size=(8, 5, 5))
    assert report.cost.before == 2 * 25 * 9 * 8 * 8
    assert report.layers[0].names == ('0', '2')


def test_shared_weights_are_left() -> None:
    net = nn.Sequential(*(nn.Conv2d(8, 8, 3) for _ in range(3)))
    net[2].weight = net[1].weight
    report = convert_to_gconv(net)
    reason = 'shares its weights with another module'
    assert reasons(report) == {'1': reason, '2': reason}


CHOICES = {
    'spatial': ['a', 'c', 'd'],
    'body': ['c', 'd'],
    'all': ['a', 'b', 'c', 'd'],
}


def choices() -> nn.Module:
    net = nn.Module()
    for name, size in {'a': 5, 'b': 1, 'c': 3, 'd': (7, 3)}.items():
        net.add_module(name, nn.Conv2d(4, 4, size))
    return net


@pytest.mark.parametrize(
    ('where', 'expected'),
    [
        *CHOICES.items(),
        ({}, ['a', 'c', 'd']),
        ({'pointwise': True, 'stem': False}, ['b', 'c', 'd']),
        ({'kernel_sizes': [3]}, ['c']),
        ({'kernel_sizes': [5, [7, 3]]}, ['a', 'd']),
        ({'names': ['[ab]', 'c']}, ['a', 'c']),
        ({'exclude': ['c']}, ['a', 'd']),
        (ConversionPolicy(exclude=('a',), pointwise=True), ['b', 'c', 'd']),
        (lambda name, conv: conv.kernel_size[0] < 5, ['b', 'c']),
        (lambda name, conv: name == 'd', ['d']),
    ],
)
def test_policies(where: Any, expected: list[str]) -> None:
    net = choices()
    report = convert_to_gconv(net, where)
    assert [layer.names[0] for layer in report.converted] == expected
    found = [n for n, m in net.named_modules() if isinstance(m, GConv)]
    assert found == expected
    assert len(report.layers) == 4


@pytest.mark.parametrize(
    ('where', 'error', 'message'),
    [
        ('most', ValueError, "where='most' must be one of ('spatial', 'body'"),
        ({'name': ['a']}, ValueError, "where: ['name'] must be among ['poin"),
        ({'names': ['layr.*']}, ValueError, "names: 'layr.*' fits none of"),
        ({'exclude': ['x']}, ValueError, "exclude: 'x' fits none of the conv"),
        ({'names': 'a'}, ValueError, "names='a' must be a list of patterns"),
        ({'groups': 'some'}, ValueError, "groups='some' must be one of"),
        (3, TypeError, 'where=3 must be a preset, a mapping'),
    ],
)
def test_wrong_policies_raise(
    where: Any, error: type[Exception], message: str
) -> None:
    net = choices()
    with pytest.raises(error, match=re.escape(message)):
        convert_to_gconv(net, where)
    assert not any(isinstance(m, GConv) for m in net.modules())


def test_wrong_arguments_leave_the_network_as_it_is() -> None:
    net = choices()
    before = list(net.modules())
    with pytest.raises(ValueError, match='holds 1 angles, expected'):
        convert_to_gconv(net, orientations=[0.0])
    with pytest.raises(ValueError, match='scale=0 must be at least 1'):
        convert_to_gconv(net, scale=0)
    with pytest.raises(ValueError, match='num_orientations=0 must be at'):
        convert_to_gconv(net, num_orientations=0)
    assert list(net.modules()) == before


def test_arguments_reach_the_layers() -> None:
    net = choices()
    convert_to_gconv(
        net,
        num_orientations=2,
        scale=2,
        orientations=[0.1, 0.2],
        bank='random',
        execution='factorised',
    )
    conv = net.c
    assert conv.weight.shape == (2, 4, 3, 3)
    assert (conv.scale, conv.orientations) == (2, (0.1, 0.2))
    assert (conv.bank_kind, conv.execution) == ('random', 'factorised')


def test_a_convolution_itself_raises() -> None:
    with pytest.raises(TypeError, match='the model is a Conv2d itself'):
        convert_to_gconv(nn.Conv2d(4, 4, 3))


def test_counting_changes_nothing_else() -> None:
    net = network()
    net.layer3.eval()
    modes = [m.training for m in net.modules()]
    state = copy.deepcopy(net.bn1.state_dict())
    report = convert_to_gconv(net, 'body', input_size=(3, 40, 40))
    assert [m.training for m in net.modules()] == modes
    for key, value in net.bn1.state_dict().items():
        assert torch.equal(value, state[key])
    assert not net.conv1._forward_hooks
    assert report.input_size == (3, 40, 40)


def test_a_wrong_input_size_leaves_the_network_as_it_is() -> None:
    net = network()
    with pytest.raises(RuntimeError):
        convert_to_gconv(net, input_size=(5, 40, 40))
    assert not any(isinstance(m, GConv) for m in net.modules())
    assert not net.conv1._forward_hooks
    assert net.training


def test_the_report_can_be_read() -> None:
    report = convert_to_gconv(network(), input_size=(3, 112, 112))
    lines = str(report).splitlines()
    # sixteen 3x3 kernels of 10,985,472 weights keep a quarter
    assert 11_180_103 - 10_985_472 * 3 // 4 == 2_940_999
    assert lines[0] == (
        '17 of 20 convolutions are Gabor convolutions now; parameters '
        '11,180,103 -> 2,940,999'
    )
    assert lines[1].startswith('multiply-adds of convolutions at 3x112x112: ')
    assert len(lines) == 2 + 20
    assert lines[2] == (
        '  conv1 (7x7, 3 to 64): 9,408 -> 9,408 parameters; input expanded'
    )
    assert (
        '  layer2.0.downsample.0 (1x1, 64 to 128): left: 1x1 kernel' in lines
    )
    without = convert_to_gconv(network())
    assert without.cost is None
    assert 'multiply-adds' not in str(without)


def test_converted_networks_shift_and_learn() -> None:
    net = network()
    convert_to_gconv(net, 'all')
    insert_channel_shift(net, ['layer1.0', 'layer3.1'], num_orientations=4)
    optimizer = torch.optim.SGD(net.parameters(), 0.05, momentum=0.9)
    x, labels = torch.rand(4, 3, 64, 64), torch.arange(4)
    losses = []
    for _ in range(15):
        loss = nn.functional.cross_entropy(net(x), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert min(losses[-3:]) < 0.2 * losses[0]
