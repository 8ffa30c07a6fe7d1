"""The channel shift inside GResNet and CSResNet."""

import re
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from csgresnet_mm.layers import ChannelShift

from ...oracle import gabor_reference as oracle
from ..builders import backbone, images, randomise

KINDS = ['GResNet', 'CSResNet']


def shifts(net: Any) -> dict[tuple[int, int], ChannelShift]:
    """Every shift of a network by stage and block."""
    return {
        (stage, number): block.shift
        for stage in range(1, 5)
        for number, block in enumerate(getattr(net, f'layer{stage}'))
        if block.shift is not None
    }


def moved(x: Tensor, **options: Any) -> Tensor:
    return torch.from_numpy(oracle.channel_shift(x.numpy(), **options))


def basic_block(block: Any, x: Tensor) -> Tensor:
    """A basic block written out, both paths from the same input."""
    out = block.norm2(block.conv2(block.norm1(block.conv1(x)).relu()))
    identity = x if block.downsample is None else block.downsample(x)
    return (out + identity).relu()


def bottleneck(block: Any, x: Tensor) -> Tensor:
    out = block.norm1(block.conv1(x)).relu()
    out = block.norm3(block.conv3(block.norm2(block.conv2(out)).relu()))
    identity = x if block.downsample is None else block.downsample(x)
    return (out + identity).relu()


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize(
    ('depth', 'stage', 'placement', 'number', 'channels'),
    [
        (18, 3, 'last_block', 1, 64),
        (18, 3, 'stage_input', 0, 32),
        (34, 1, 'last_block', 2, 16),
        (34, 1, 'stage_input', 0, 16),
        (50, 4, 'last_block', 2, 512),
        (50, 2, 'stage_input', 0, 64),
    ],
)
def test_both_paths_see_the_shifted_input(
    kind: str,
    depth: int,
    stage: int,
    placement: str,
    number: int,
    channels: int,
) -> None:
    options = {'divisor': 8, 'position': 'middle'}
    net = backbone(
        depth,
        kind,
        channel_shift={'stage': stage, 'placement': placement, **options},
    )
    net = randomise(net).double().eval()
    assert list(shifts(net)) == [(stage, number)]
    block = getattr(net, f'layer{stage}')[number]
    generator = torch.Generator().manual_seed(2)
    x = torch.randn(
        2, channels, 6, 7, generator=generator, dtype=torch.float64
    )
    m = 4 if kind == 'GResNet' else 1
    written_out = basic_block if depth < 50 else bottleneck
    expected = written_out(block, moved(x, num_orientations=m, **options))
    torch.testing.assert_close(block(x), expected)
    assert not torch.allclose(block(x), written_out(block, x))


@pytest.mark.parametrize('kind', KINDS)
def test_defaults(kind: str) -> None:
    net = backbone(34, kind, channel_shift={})
    ((place, shift),) = shifts(net).items()
    assert place == (3, 5)
    assert (shift.divisor, shift.position) == (16, 'start')
    assert shift.directions == ('right', 'left')
    assert shift.num_orientations == (4 if kind == 'GResNet' else 1)


def test_num_orientations_is_that_of_the_network() -> None:
    net = backbone(num_orientations=2, channel_shift={'stage': 2})
    assert shifts(net)[2, 1].num_orientations == 2
    net = backbone(channel_shift={'stage': 2, 'num_orientations': 1})
    assert shifts(net)[2, 1].num_orientations == 1
    assert net.conv1.num_orientations == 4


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('sequence', [list, tuple])
def test_a_list_puts_several(kind: str, sequence: type) -> None:
    given = sequence(
        [
            {'stage': 1, 'divisor': 8, 'position': 'end'},
            {'stage': 3, 'directions': ('left', 'right')},
            {'stage': 3, 'placement': 'stage_input', 'position': 2},
        ]
    )
    found = shifts(backbone(kind=kind, channel_shift=given))
    assert list(found) == [(1, 1), (3, 0), (3, 1)]
    assert (found[1, 1].divisor, found[1, 1].position) == (8, 'end')
    assert found[3, 0].position == 2
    assert found[3, 1].directions == ('left', 'right')


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('given', [None, [], ()])
def test_none(kind: str, given: Any) -> None:
    assert shifts(backbone(kind=kind, channel_shift=given)) == {}


def test_the_arguments_are_left_alone() -> None:
    given = {'stage': 3, 'divisor': 8}
    backbone(channel_shift=given)
    assert given == {'stage': 3, 'divisor': 8}


@pytest.mark.parametrize('kind', KINDS)
def test_plain_and_shifted_weights_load_into_each_other(kind: str) -> None:
    plain = randomise(backbone(kind=kind)).eval()
    shifted = backbone(
        kind=kind, channel_shift=[{'stage': 1}, {'stage': 3}]
    ).eval()
    assert list(shifted.state_dict()) == list(plain.state_dict())
    shifted.load_state_dict(plain.state_dict())
    x = images(2, 64)
    assert not torch.allclose(shifted(x)[0], plain(x)[0])
    again = backbone(kind=kind).eval()
    again.load_state_dict(shifted.state_dict())
    assert torch.equal(again(x)[0], plain(x)[0])


@pytest.mark.parametrize('kind', KINDS)
def test_only_the_stochastic_shift_adds_a_key(kind: str) -> None:
    options = {'stage': 3, 'position': 'stochastic', 'seed': 3}
    plain = backbone(kind=kind)
    net = randomise(backbone(kind=kind, channel_shift=options)).eval()
    added = net.state_dict().keys() - plain.state_dict().keys()
    assert added == {'layer3.1.shift.seed'}
    fresh = backbone(kind=kind, channel_shift={**options, 'seed': 4}).eval()
    x = images(2, 64)
    fresh.load_state_dict(net.state_dict())
    assert torch.equal(fresh(x)[0], net(x)[0])


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize(
    ('given', 'message'),
    [
        ({'stage': 0}, 'channel_shift: stage=0 must be between 1 and'),
        ({'stage': 5}, 'stage=5 must be between 1 and num_stages=4'),
        (
            {'placement': 'first_block'},
            "placement='first_block' must be one of ('last_block', "
            "'stage_input')",
        ),
        (
            [{'stage': 3}, {'stage': 3, 'divisor': 8}],
            "stage=3, placement='last_block' is given twice",
        ),
        ({'divisor': 1}, 'divisor=1 must be at least 2'),
        ({'position': 'centre'}, "position='centre' must be one of"),
    ],
)
def test_errors(kind: str, given: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        backbone(kind=kind, channel_shift=given)


@pytest.mark.parametrize('kind', KINDS)
def test_an_unknown_argument_is_named(kind: str) -> None:
    with pytest.raises(TypeError, match='sigma'):
        backbone(kind=kind, channel_shift={'sigma': 16})


def test_a_stage_that_is_not_built() -> None:
    with pytest.raises(ValueError, match='must be between 1 and num_stages=2'):
        backbone(
            num_stages=2,
            strides=(1, 2),
            dilations=(1, 1),
            out_indices=(1,),
            channel_shift={'stage': 3},
        )


def test_too_small_an_input_names_the_numbers() -> None:
    net = backbone(channel_shift={'stage': 4}).eval()
    # Layer 4 of a 16 pixel image sees one position of four orientations.
    with pytest.raises(ValueError, match='4 positions are fewer than divis'):
        net(images(1, 16))


def test_the_frozen_convolution_the_paper_counts() -> None:
    # Its parameters are three taps for each of M*H*W positions: 2,352 before
    # the last block of layer 3 at 112 pixels.
    net = backbone(channel_shift={'stage': 3}).eval()
    seen = []
    net.layer3[1].shift.register_forward_pre_hook(
        lambda module, args: seen.append(args[0].shape)
    )
    net(images(1, 112))
    ((_, channels, height, width),) = seen
    assert 3 * 4 * height * width == 2_352
    assert channels == 64
    assert np.prod((height, width)) == 196
