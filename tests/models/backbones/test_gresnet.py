"""GResNet's layers, names, shapes and options."""

from typing import Any

import pytest
import torch
from torch import nn

from csgresnet_mm.layers import GConv
from csgresnet_mm.models import GResNet

from ..builders import backbone, images

DEPTHS = [18, 34, 50, 101, 152]


def convolutions(net: nn.Module) -> dict[str, GConv]:
    return {
        name: module
        for name, module in net.named_modules()
        if isinstance(module, GConv)
    }


@pytest.mark.parametrize('depth', DEPTHS)
def test_keys_and_shapes_are_those_of_resnet(depth: int) -> None:
    net, plain = backbone(depth), backbone(depth, 'ResNet')
    expected = {}
    for key, value in plain.state_dict().items():
        shape = tuple(value.shape)
        if len(shape) == 4:
            shape = (shape[0] // 4, *shape[1:])
        expected[key] = shape
    expected['conv1.weight'] = (4, 12, 5, 5)
    expected['orientations'] = (4,)
    found = {k: tuple(v.shape) for k, v in net.state_dict().items()}
    assert found == expected
    missing, unexpected = net.load_state_dict(
        {key: torch.zeros(expected[key]) for key in plain.state_dict()},
        strict=False,
    )
    assert missing == ['orientations']
    assert unexpected == []


def test_every_convolution_is_gabor() -> None:
    net = backbone(50, num_orientations=2, scale=2, orientations=(0.1, 1))
    assert not any(isinstance(m, nn.Conv2d) for m in net.modules())
    layers = convolutions(net)
    assert len(layers) == 53
    for name, layer in layers.items():
        assert layer.num_orientations == 2, name
        assert layer.scale == 2, name
        assert layer.orientations == (0.1, 1), name
        assert layer.expand is (name == 'conv1'), name
        assert layer.bias is None, name


def test_the_stem_of_table_1() -> None:
    net = GResNet(18)
    stem = net.conv1
    assert (stem.in_channels, stem.out_channels) == (3, 64)
    assert stem.kernel_size == (5, 5)
    assert (stem.stride, stem.padding) == ((2, 2), (2, 2))
    assert isinstance(net.maxpool, nn.Identity)
    assert net.feat_dim == 512


@pytest.mark.parametrize('size', [3, 7])
def test_stem_kernel_size(size: int) -> None:
    net = backbone(stem_kernel_size=size)
    assert net.conv1.kernel_size == (size, size)
    assert net(images())[0].shape == (2, 128, 2, 2)


@pytest.mark.parametrize(
    ('with_max_pool', 'sides'),
    [(False, (32, 16, 8, 4)), (True, (16, 8, 4, 2))],
)
@pytest.mark.parametrize('depth', [18, 50])
def test_strides(
    depth: int, with_max_pool: bool, sides: tuple[int, ...]
) -> None:
    net = backbone(
        depth, out_indices=(0, 1, 2, 3), with_max_pool=with_max_pool
    ).eval()
    outputs = net(images(1, 64))
    width = 16 if depth == 18 else 64
    expected = [
        (1, width * 2**stage, side, side) for stage, side in enumerate(sides)
    ]
    assert [output.shape for output in outputs] == expected


@pytest.mark.parametrize(
    'out_indices', [(0,), (1,), (2,), (3,), (0, 3), (1, 2), (0, 1, 2, 3)]
)
def test_out_indices(out_indices: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    whole = backbone(out_indices=(0, 1, 2, 3)).eval()
    net = backbone(out_indices=out_indices).eval()
    net.load_state_dict(whole.state_dict())
    found, expected = net(images()), whole(images())
    assert isinstance(found, tuple)
    assert len(found) == len(out_indices)
    for output, index in zip(found, out_indices, strict=True):
        assert torch.equal(output, expected[index])


@pytest.mark.parametrize('depth', [17, 0, 200])
def test_bad_depth(depth: int) -> None:
    with pytest.raises(KeyError, match=f'invalid depth {depth} for resnet'):
        GResNet(depth)


def test_conv_cfg_raises() -> None:
    message = "conv_cfg cannot be given.*Use type='ResNet' with conv_cfg"
    with pytest.raises(ValueError, match=message):
        GResNet(18, conv_cfg=dict(type='Conv2d'))
    assert GResNet(18, conv_cfg=None)


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (
            {'num_orientations': 3},
            'channels=16 is not divisible by num_orientations=3',
        ),
        (
            {'orientations': (0, 1)},
            'holds 2 angles, expected num_orientations=4',
        ),
        ({'bank': 'sobel'}, "bank='sobel' must be one of"),
        ({'scale': 0}, 'scale=0 must be at least 1'),
    ],
)
def test_bad_gabor_arguments(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        backbone(**options)


def test_gabor_arguments_are_keyword_only() -> None:
    with pytest.raises(TypeError, match='positional'):
        GResNet(18, 3, 4)


@pytest.mark.parametrize('m', [2, 8])
def test_num_orientations(m: int) -> None:
    net = backbone(num_orientations=m, base_channels=32, stem_channels=32)
    assert net.conv1.weight.shape == (32 // m, 3 * m, 5, 5)
    assert net.layer2[0].conv1.weight.shape == (64 // m, 32, 3, 3)
    assert net.orientations.shape == (m,)
    assert net(images())[0].shape == (2, 256, 2, 2)


@pytest.mark.parametrize('in_channels', [1, 4, 6])
def test_in_channels_always_expand(in_channels: int) -> None:
    net = backbone(in_channels=in_channels)
    assert net.conv1.expand
    assert net.conv1.weight.shape == (4, 4 * in_channels, 5, 5)
    assert net(images(channels=in_channels))[0].shape == (2, 128, 2, 2)


@pytest.mark.parametrize('in_channels', [1, 3, 4])
def test_deep_stem(in_channels: int) -> None:
    net = backbone(deep_stem=True, in_channels=in_channels)
    first, second, third = (net.stem[n].conv for n in range(3))
    assert [c.expand for c in (first, second, third)] == [True, False, False]
    assert first.weight.shape == (2, 4 * in_channels, 3, 3)
    assert second.weight.shape == (2, 8, 3, 3)
    assert third.weight.shape == (4, 8, 3, 3)
    assert first.stride == (2, 2)
    assert first.bias is None
    plain = backbone(kind='ResNet', deep_stem=True, in_channels=in_channels)
    keys = net.state_dict().keys() - {'orientations'}
    assert keys == plain.state_dict().keys()
    assert net(images(channels=in_channels))[0].shape == (2, 128, 2, 2)


def test_style() -> None:
    strides = {}
    for style in ('pytorch', 'caffe'):
        net = backbone(50, style=style)
        block = net.layer2[0]
        strides[style] = (block.conv1.stride, block.conv2.stride)
        assert net(images())[0].shape == (2, 512, 2, 2)
    assert strides == {
        'pytorch': ((1, 1), (2, 2)),
        'caffe': ((2, 2), (1, 1)),
    }


def test_avg_down() -> None:
    net = backbone(50, avg_down=True)
    pool, conv, _ = net.layer2[0].downsample
    assert isinstance(pool, nn.AvgPool2d)
    assert isinstance(conv, GConv)
    assert conv.stride == (1, 1)
    assert net(images())[0].shape == (2, 512, 2, 2)


def test_dilations_and_strides() -> None:
    net = backbone(
        50, strides=(1, 2, 1, 1), dilations=(1, 1, 2, 4), out_indices=(2, 3)
    )
    assert net.layer4[1].conv2.dilation == (4, 4)
    assert [y.shape[-1] for y in net(images())] == [8, 8]


def test_num_stages() -> None:
    net = backbone(
        num_stages=2, strides=(1, 2), dilations=(1, 1), out_indices=(1,)
    )
    assert not hasattr(net, 'layer3')
    assert net(images())[0].shape == (2, 32, 8, 8)


def test_norm_cfg() -> None:
    net = backbone(norm_cfg={'type': 'GN', 'num_groups': 4})
    assert isinstance(net.layer1[0].norm1, nn.GroupNorm)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in net.modules())
    assert net(images())[0].shape == (2, 128, 2, 2)


@pytest.mark.parametrize('bank', ['ones', 'random'])
def test_other_banks(bank: str) -> None:
    net = backbone(bank=bank)
    assert all(c.bank_kind == bank for c in convolutions(net).values())
    assert net(images())[0].shape == (2, 128, 2, 2)
