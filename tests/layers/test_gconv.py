"""GConv: its constructor, shapes, values, initialisation and errors."""

import math
import re
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from csgresnet_mm.layers import GConv

from ..oracle import gabor_reference as oracle
from .reference import oracle_output, random_tensor


@pytest.mark.parametrize(
    ('arguments', 'weight_shape', 'expand'),
    [
        ((64, 128, 3), (32, 64, 3, 3), False),
        ((3, 64, 5), (16, 12, 5, 5), True),
        ((1, 64, 5), (16, 4, 5, 5), True),
        ((64, 128, 1), (32, 64, 1, 1), False),
        ((8, 8, (3, 5)), (2, 8, 3, 5), False),
        ((8, 8, [1, 3]), (2, 8, 1, 3), False),
    ],
)
def test_shapes(
    arguments: tuple, weight_shape: tuple[int, ...], expand: bool
) -> None:
    layer = GConv(*arguments)
    assert layer.weight.shape == weight_shape
    assert layer.bias.shape == weight_shape[:1]
    assert layer.expand is expand
    assert layer.bank.shape == (4, *weight_shape[2:])
    assert dict(layer.named_parameters()).keys() == {'weight', 'bias'}
    assert layer.state_dict().keys() == {'weight', 'bias'}


def test_constructor_is_positional_like_conv2d() -> None:
    arguments = (8, 16, (3, 5), (2, 1), (1, 2), (1, 2), 1, False, 'reflect')
    layer, plain = GConv(*arguments), nn.Conv2d(*arguments)
    for name in (
        'in_channels',
        'out_channels',
        'kernel_size',
        'stride',
        'padding',
        'dilation',
        'groups',
        'bias',
        'padding_mode',
        'transposed',
        'output_padding',
    ):
        assert getattr(layer, name) == getattr(plain, name), name
    x = torch.rand(2, 8, 9, 11)
    assert layer(x).shape == plain(x).shape


def test_defaults_are_those_of_conv2d() -> None:
    layer, plain = GConv(8, 16, 3), nn.Conv2d(8, 16, 3)
    for name in ('stride', 'padding', 'dilation', 'groups', 'padding_mode'):
        assert getattr(layer, name) == getattr(plain, name), name
    assert layer.bias is not None
    assert not isinstance(layer, nn.Conv2d)


def test_gabor_arguments_are_keyword_only() -> None:
    with pytest.raises(TypeError, match='positional'):
        GConv(8, 16, 3, 1, 0, 1, 1, True, 'zeros', 4)


@pytest.mark.parametrize(
    ('in_channels', 'expand', 'weight_channels'),
    [
        (8, None, 8),
        (8, False, 8),
        (8, True, 32),
        (3, None, 12),
        (3, True, 12),
        (6, None, 24),
    ],
)
def test_expansion(
    in_channels: int, expand: bool | None, weight_channels: int
) -> None:
    layer = GConv(in_channels, 8, 3, expand=expand).double()
    assert layer.weight.shape == (2, weight_channels, 3, 3)
    x = random_tensor(2, in_channels, 6, 5)
    found = layer(x).detach().numpy()
    np.testing.assert_allclose(
        found, oracle_output(layer, x), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize(
    'options',
    [
        {},
        {'num_orientations': 2},
        {'num_orientations': 8, 'scale': 1},
        {'orientations': (0.1, 0.7, 2, 3), 'bias': False},
        {'stride': 2, 'padding': (0, 2), 'dilation': (2, 1)},
    ],
)
def test_matches_oracle(options: dict[str, Any]) -> None:
    layer = GConv(8, 16, (3, 2), **options).double()
    if layer.bias is not None:
        nn.init.normal_(layer.bias)
    x = random_tensor(2, 8, 7, 6)
    found = layer(x).detach().numpy()
    np.testing.assert_allclose(
        found, oracle_output(layer, x), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize('mode', ['reflect', 'replicate', 'circular'])
def test_padding_mode_reaches_the_convolution(mode: str) -> None:
    layer = GConv(8, 8, 3, padding=(1, 2), padding_mode=mode).double()
    x = random_tensor(1, 8, 6, 5)
    numpy_mode = {'replicate': 'edge', 'circular': 'wrap'}.get(mode, mode)
    expected = oracle.gabor_conv(
        x.numpy(),
        layer.weight.detach().numpy(),
        oracle.gabor_bank(3, 3, layer.orientations),
        layer.bias.detach().numpy(),
        padding=(1, 2),
        mode=numpy_mode,
    )
    found = layer(x).detach().numpy()
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_bias_is_repeated_for_each_orientation() -> None:
    layer = GConv(4, 8, 3)
    nn.init.zeros_(layer.weight)
    layer.bias.data = torch.tensor([1.0, 2.0])
    values = layer(torch.rand(1, 4, 3, 3)).flatten().tolist()
    assert values == [1, 1, 1, 1, 2, 2, 2, 2]


def test_other_banks() -> None:
    x = random_tensor(1, 8, 5, 5)
    ones = GConv(8, 8, 3, bank='ones', bias=False).double()
    plain = torch.conv2d(x, ones.weight).repeat_interleave(4, 1)
    torch.testing.assert_close(ones(x), plain)
    first, second = (GConv(8, 8, 3, bank='random') for _ in range(2))
    assert torch.equal(first.bank, second.bank)
    assert first.bank.unique().numel() == 36


@pytest.mark.parametrize('position', ['constructor', 'init_weights'])
@pytest.mark.parametrize(
    ('arguments', 'options', 'fan_out'),
    [
        ((64, 128, 3), {}, 9 * 128),
        ((3, 256, 5), {}, 25 * 256),
        ((256, 512, 1), {}, 512),
        ((64, 128, 3), {'expand': True}, 9 * 128),
        ((64, 128, (3, 5)), {'num_orientations': 8}, 15 * 128),
    ],
)
def test_initialisation(
    arguments: tuple, options: dict[str, Any], fan_out: int, position: str
) -> None:
    torch.manual_seed(0)
    layer = GConv(*arguments, **options)
    if position == 'init_weights':
        nn.init.constant_(layer.weight, 9)
        nn.init.constant_(layer.bias, 9)
        layer.init_weights()
    weight, std = layer.weight.detach(), math.sqrt(2 / fan_out)
    spread = 5 * std / math.sqrt(2 * weight.numel())
    assert weight.std().item() == pytest.approx(std, abs=spread)
    assert abs(weight.mean()) < 5 * std / math.sqrt(weight.numel())
    assert weight.abs().max() > 3 * std  # normal, not uniform
    assert (layer.bias == 0).all()


@pytest.mark.parametrize(
    ('arguments', 'options', 'message'),
    [
        (
            (8, 10, 3),
            {},
            'out_channels=10 is not divisible by num_orientations=4',
        ),
        (
            (6, 8, 3),
            {'expand': False},
            'in_channels=6 is not divisible by num_orientations=4',
        ),
        ((8, 8, 3), {'groups': 2}, 'groups=2'),
        ((8, 8, 3), {'groups': 8, 'num_orientations': 2}, 'groups=8'),
        ((8, 8, (3, 3, 3)), {}, 'kernel_size=(3, 3, 3)'),
        (
            (8, 8, 0),
            {},
            'kernel_size=0 must be one integer or two, at least 1',
        ),
        ((8, 8, 3), {'stride': (1, 2, 3)}, 'stride=(1, 2, 3)'),
        ((8, 8, 3), {'padding': 'same'}, "padding='same'"),
        ((8, 8, 3), {'dilation': (1.5, 1)}, 'dilation=(1.5, 1)'),
        ((8, 8, 3), {'padding_mode': 'wrap'}, "padding_mode='wrap'"),
        ((8, 8, 3), {'bank': 'sobel'}, "bank='sobel' must be one of"),
        ((8, 8, 3), {'scale': 0}, 'scale=0 must be at least 1'),
        (
            (8, 8, 3),
            {'num_orientations': 0},
            'num_orientations=0 must be at least 1',
        ),
        (
            (8, 8, 3),
            {'orientations': (0, 1)},
            'holds 2 angles, expected num_orientations=4',
        ),
    ],
)
def test_errors(
    arguments: tuple, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        GConv(*arguments, **options)


def test_gradient() -> None:
    layer = GConv(3, 4, 3, stride=2, padding=1).double()
    x = random_tensor(2, 3, 5, 4).requires_grad_()

    def forward(
        x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor
    ) -> torch.Tensor:
        parameters = {'weight': weight, 'bias': bias}
        return torch.func.functional_call(layer, parameters, (x,))

    assert torch.autograd.gradcheck(forward, (x, *layer.parameters()))


def test_repr_names_the_options() -> None:
    text = repr(GConv(3, 8, 5, 2, 2, num_orientations=2, bank='ones'))
    for part in (
        'GConv(3, 8',
        'kernel_size=(5, 5)',
        'stride=(2, 2)',
        'padding=(2, 2)',
        'num_orientations=2',
        'expand=True',
        "bank='ones'",
    ):
        assert part in text
