"""The ChannelShift module, its seed, and its compiled and exported forms."""

import copy
import pickle
import re
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.export import Dim

from csgresnet_mm.layers import ChannelShift

from ..oracle import gabor_reference as oracle
from .reference import random_tensor


@pytest.mark.parametrize(
    ('arguments', 'options'),
    [
        ((), {}),
        ((8, 'middle'), {'directions': ('left', 'right')}),
        ((4, 'end'), {'num_orientations': 4}),
        ((5, 2), {'num_orientations': 2}),
    ],
)
def test_matches_oracle(arguments: tuple, options: dict[str, Any]) -> None:
    shift = ChannelShift(*arguments, **options)
    x = random_tensor(2, 8, 5, 7)
    divisor, position = (*arguments, 16, 'start')[:2] if arguments else (16, 0)
    expected = oracle.channel_shift(x.numpy(), divisor, position, **options)
    assert torch.equal(shift(x), torch.from_numpy(expected))


def test_options_are_keyword_only() -> None:
    with pytest.raises(TypeError, match='positional'):
        ChannelShift(16, 'start', ('left', 'right'))


def test_defaults_are_the_paper() -> None:
    shift = ChannelShift()
    assert (shift.divisor, shift.position) == (16, 'start')
    assert shift.directions == ('right', 'left')
    assert shift.num_orientations == 1


def test_only_the_stochastic_shift_has_state() -> None:
    for position in ('start', 'middle', 'end', 3):
        shift = ChannelShift(8, position, seed=5)
        assert not shift.state_dict()
        assert not list(shift.parameters())
    shift = ChannelShift(8, 'stochastic', seed=5)
    assert shift.state_dict() == {'seed': torch.tensor(5)}
    assert not list(shift.parameters())


def test_a_reloaded_model_shifts_the_same_positions() -> None:
    trained = ChannelShift(8, 'stochastic', seed=5)
    fresh = ChannelShift(8, 'stochastic', seed=6)
    sizes = [random_tensor(1, 4, 7, 7), random_tensor(2, 4, 14, 9)]
    assert not any(torch.equal(trained(x), fresh(x)) for x in sizes)
    fresh.load_state_dict(trained.state_dict())
    assert all(torch.equal(trained(x), fresh(x)) for x in sizes)
    with pytest.raises(RuntimeError, match='Missing key.*seed'):
        fresh.load_state_dict({})


def test_the_seed_survives_dtype_moves() -> None:
    shift = ChannelShift(8, 'stochastic', seed=2**31 + 7)
    x = random_tensor(1, 4, 9, 9)
    expected = shift(x)
    shift = shift.half().double().to('meta').to_empty(device='cpu')
    shift.load_state_dict({'seed': torch.tensor(2**31 + 7)})
    assert shift.seed.dtype == torch.int64
    assert torch.equal(shift(x), expected)


@pytest.mark.parametrize('position', ['middle', 'stochastic'])
def test_copies_shift_the_same(position: str) -> None:
    shift = ChannelShift(8, position, seed=3)
    x = random_tensor(1, 4, 7, 7)
    for twin in (copy.deepcopy(shift), pickle.loads(pickle.dumps(shift))):
        assert torch.equal(twin(x), shift(x))


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'divisor': 1}, 'divisor=1 must be at least 2'),
        ({'position': 'first'}, "position='first' must be one of"),
        ({'position': -2}, 'position=-2 must not be negative'),
        ({'directions': ('right',)}, "directions=('right',) must be two of"),
        ({'num_orientations': 0}, 'num_orientations=0 must be at least 1'),
    ],
)
def test_constructor_errors(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        ChannelShift(**options)


def test_input_errors() -> None:
    with pytest.raises(ValueError, match='9 positions are fewer than div'):
        ChannelShift()(torch.zeros(1, 4, 3, 3))
    with pytest.raises(ValueError, match='channels=6 is not divisible by'):
        ChannelShift(num_orientations=4)(torch.zeros(1, 6, 4, 4))


def test_repr_names_the_options() -> None:
    text = repr(ChannelShift(8, 'end', num_orientations=4))
    for part in ('divisor=8', "position='end'", 'num_orientations=4'):
        assert part in text


class Doubled(nn.Module):
    """A shift with mathematics around it, so that there is a graph."""

    def __init__(self, shift: ChannelShift) -> None:
        super().__init__()
        self.shift = shift

    def forward(self, x: Tensor) -> Tensor:
        return 2 * self.shift(x) + 1


@pytest.mark.parametrize('m', [1, 4])
@pytest.mark.parametrize('position', ['start', 'end', 'stochastic'])
def test_compiles_without_graph_breaks(position: str, m: int) -> None:
    torch.compiler.reset()
    net = Doubled(ChannelShift(8, position, num_orientations=m, seed=4))
    compiled = torch.compile(net, fullgraph=True, backend='aot_eager')
    for size in ((6, 5), (7, 9), (8, 11)):
        x = random_tensor(2, 8, *size).requires_grad_()
        found = compiled(x)
        assert torch.equal(found, net(x))
        (gradient,) = torch.autograd.grad(found.square().sum(), x)
        (expected,) = torch.autograd.grad(net(x).square().sum(), x)
        assert torch.equal(gradient, expected)


@pytest.mark.parametrize('m', [1, 4])
@pytest.mark.parametrize('position', ['start', 'end', 'stochastic'])
def test_exports_with_dynamic_batch_and_size(position: str, m: int) -> None:
    net = Doubled(ChannelShift(8, position, num_orientations=m, seed=4))
    program = torch.export.export(
        net,
        (random_tensor(2, 8, 6, 5),),
        dynamic_shapes=(
            {
                0: Dim('batch'),
                2: Dim('height', min=3, max=64),
                3: Dim('width', min=3, max=64),
            },
        ),
    )
    for shape in ((1, 8, 6, 5), (3, 8, 3, 3), (2, 8, 14, 9)):
        x = random_tensor(*shape)
        assert torch.equal(program.module()(x), net(x))
