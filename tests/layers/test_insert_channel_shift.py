"""A channel shift before any module of any network, on torch alone."""

import copy
import pickle
import re

import pytest
import torch
from torch import Tensor, nn
from torch.export import Dim
from torchvision.models import resnet18

from csgresnet_mm.layers import ChannelShift, insert_channel_shift

from ..oracle import gabor_reference as oracle
from .reference import random_tensor

SIZE = 64


def network() -> nn.Module:
    torch.manual_seed(0)
    return resnet18(num_classes=7).double().eval()


def shifted_by_hand(net: nn.Module, x: Tensor, position: str) -> Tensor:
    """torchvision's ResNet with a shift of layer3.1's input, written out."""
    x = net.maxpool(net.relu(net.bn1(net.conv1(x))))
    x = net.layer3[0](net.layer2(net.layer1(x)))
    moved = oracle.channel_shift(x.detach().numpy(), 8, position)
    x = net.layer4(net.layer3[1](torch.from_numpy(moved)))
    return net.fc(net.avgpool(x).flatten(1))


@pytest.mark.parametrize('position', ['start', 'end'])
def test_shifts_the_input_of_a_block(position: str) -> None:
    net = network()
    x = random_tensor(2, 3, SIZE, SIZE)
    expected, plain = shifted_by_hand(net, x, position), net(x)
    assert insert_channel_shift(net, 'layer3.1', divisor=8, position=position)
    torch.testing.assert_close(net(x), expected)
    assert not torch.allclose(net(x), plain)


def test_gives_the_same_network_back() -> None:
    net = network()
    assert insert_channel_shift(net, 'layer3.1') is net


def test_keys_do_not_change() -> None:
    plain, shifted = network(), network()
    insert_channel_shift(shifted, 'layer3.1', divisor=8)
    insert_channel_shift(shifted, 'layer1')
    insert_channel_shift(shifted, 'fc', position='end')
    assert list(shifted.state_dict()) == list(plain.state_dict())
    shifted.load_state_dict(plain.state_dict())
    plain.load_state_dict(shifted.state_dict())
    parameters = dict(plain.named_parameters()).keys()
    assert dict(shifted.named_parameters()).keys() == parameters


def test_a_stochastic_shift_adds_its_seed() -> None:
    plain = network()
    shifted = insert_channel_shift(
        network(), 'layer3.1', position='stochastic', seed=9
    )
    added = shifted.state_dict().keys() - plain.state_dict().keys()
    assert added == {'layer3.1.channel_shift.seed'}
    assert shifted.state_dict()['layer3.1.channel_shift.seed'] == 9
    _, unexpected = plain.load_state_dict(shifted.state_dict(), strict=False)
    assert unexpected == ['layer3.1.channel_shift.seed']


def test_a_sequential_means_its_first_module() -> None:
    x = random_tensor(1, 3, SIZE, SIZE)
    by_stage = insert_channel_shift(network(), 'layer3', divisor=8)
    by_block = insert_channel_shift(network(), 'layer3.0', divisor=8)
    torch.testing.assert_close(by_stage(x), by_block(x))
    assert not torch.allclose(by_stage(x), network()(x))
    nested = nn.Sequential(nn.Sequential(nn.Sequential(nn.ReLU())))
    insert_channel_shift(nested, '0', divisor=2)
    ones = torch.ones(1, 2, 1, 2)
    assert nested(ones).flatten().tolist() == [0, 1, 1, 0]


def test_a_leaf_module() -> None:
    net = nn.Sequential(nn.Conv2d(2, 2, 1), nn.ReLU())
    insert_channel_shift(net, '0', divisor=2, directions=('left', 'right'))
    x = random_tensor(1, 2, 2, 2).float()
    moved = ChannelShift(2, directions=('left', 'right'))(x)
    torch.testing.assert_close(
        net(x), net[0]._conv_forward(moved, net[0].weight, net[0].bias).relu()
    )


def test_the_whole_network() -> None:
    net = insert_channel_shift(nn.ReLU(), '', divisor=2)
    assert net(torch.ones(1, 2, 1, 2)).flatten().tolist() == [0, 1, 1, 0]


class Scaled(nn.Module):
    """A module with a second input and a keyword."""

    def forward(self, x: Tensor, factor: int, offset: int = 0) -> Tensor:
        return x * factor + offset


def test_other_inputs_pass_through() -> None:
    net = insert_channel_shift(Scaled(), '', divisor=2)
    x = random_tensor(1, 2, 2, 2)
    expected = ChannelShift(2)(x) * 3 + 5
    assert torch.equal(net(x, 3, offset=5), expected)


def test_a_call_by_keywords_alone_raises() -> None:
    net = insert_channel_shift(Scaled(), '', divisor=2)
    with pytest.raises(TypeError, match='Scaled was called without a posit'):
        net(x=torch.ones(1, 2, 2, 2), factor=1)


def test_unknown_name() -> None:
    net = nn.Sequential(nn.Conv2d(4, 4, 1), nn.ReLU())
    message = "the model has no module 'layer9'; its modules are ['0', '1']"
    with pytest.raises(ValueError, match=re.escape(message)):
        insert_channel_shift(net, 'layer9')


@pytest.mark.parametrize(
    'container', [nn.ModuleList([nn.ReLU()]), nn.ModuleDict({'a': nn.ReLU()})]
)
def test_a_container_without_input(container: nn.Module) -> None:
    net = nn.Module()
    net.parts = container
    name = type(container).__name__
    with pytest.raises(TypeError, match=f"'parts' is a {name} without an"):
        insert_channel_shift(net, 'parts')


@pytest.mark.parametrize(
    ('first', 'second'),
    [
        ('layer3.1', 'layer3.1'),
        ('layer3', 'layer3.0'),
        ('layer3.0', 'layer3'),
    ],
)
def test_twice(first: str, second: str) -> None:
    net = insert_channel_shift(network(), first)
    with pytest.raises(ValueError, match=f"before '{second}' already"):
        insert_channel_shift(net, second, divisor=8)


def test_bad_arguments_leave_the_network_as_it_is() -> None:
    net = network()
    with pytest.raises(ValueError, match='divisor=1 must be at least 2'):
        insert_channel_shift(net, 'layer3.1', divisor=1)
    x = random_tensor(1, 3, SIZE, SIZE)
    torch.testing.assert_close(net(x), network()(x))
    insert_channel_shift(net, 'layer3.1', divisor=8)


@pytest.mark.parametrize('position', ['start', 'stochastic'])
@pytest.mark.parametrize(
    'copier', [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))]
)
def test_copies_still_shift(position: str, copier: object) -> None:
    net = insert_channel_shift(
        network(), 'layer3.1', divisor=8, position=position
    )
    x = random_tensor(1, 3, SIZE, SIZE)
    expected = net(x)
    assert not torch.allclose(expected, network()(x))
    twin = copier(net)
    torch.testing.assert_close(twin(x), expected)
    for parameter in net.parameters():
        parameter.data.zero_()
    torch.testing.assert_close(twin(x), expected)


def test_compiles_without_graph_breaks() -> None:
    torch.compiler.reset()
    net = insert_channel_shift(network(), 'layer3.1', divisor=8)
    compiled = torch.compile(net, fullgraph=True, backend='aot_eager')
    x = random_tensor(2, 3, SIZE, SIZE)
    torch.testing.assert_close(compiled(x), net(x))
    assert not torch.allclose(compiled(x), network()(x))


def test_exports_with_dynamic_batch_and_size() -> None:
    net = insert_channel_shift(network(), 'layer3.1', divisor=8)
    program = torch.export.export(
        net,
        (random_tensor(2, 3, SIZE, SIZE),),
        dynamic_shapes=(
            {
                0: Dim('batch'),
                2: Dim('height', min=48, max=256),
                3: Dim('width', min=48, max=256),
            },
        ),
    )
    x = random_tensor(3, 3, 97, 113)
    torch.testing.assert_close(program.module()(x), net(x))
    assert not torch.allclose(program.module()(x), network()(x))


def test_several_places() -> None:
    x = random_tensor(1, 3, SIZE, SIZE)
    one_by_one = insert_channel_shift(network(), 'layer1.0', divisor=8)
    insert_channel_shift(one_by_one, 'layer3.1', divisor=8)
    listed = insert_channel_shift(
        network(), ['layer1.0', 'layer3.1'], divisor=8
    )
    assert torch.equal(listed(x), one_by_one(x))
    only_first = insert_channel_shift(network(), 'layer1.0', divisor=8)
    assert not torch.allclose(listed(x), only_first(x))


def test_places_with_arguments_of_their_own() -> None:
    places = {'layer1.0': {'divisor': 4}, 'layer3.1': {'position': 'end'}}
    net = insert_channel_shift(network(), places, divisor=8)
    first, second = net.layer1[0].channel_shift, net.layer3[1].channel_shift
    assert (first.divisor, first.position) == (4, 'start')
    assert (second.divisor, second.position) == (8, 'end')


@pytest.mark.parametrize(
    ('places', 'message'),
    [
        (['layer1.0', 'layer9'], "no module 'layer9'"),
        (['layer1.0', 'layer1'], "before 'layer1' already"),
        (['layer1.0', 'layer1.0'], "before 'layer1.0' already"),
        ({'layer1.0': {}, 'fc': {'divisor': 1}}, 'divisor=1 must be at'),
        ([], r'name=\[\] names no module'),
        ({}, r'name=\{\} names no module'),
    ],
)
def test_one_wrong_place_leaves_the_network_as_it_is(
    places: object, message: str
) -> None:
    net = network()
    with pytest.raises(ValueError, match=message):
        insert_channel_shift(net, places)
    assert not any(isinstance(m, ChannelShift) for m in net.modules())
    x = random_tensor(1, 3, SIZE, SIZE)
    assert torch.equal(net(x), network()(x))


class Joined(nn.Module):
    """A module that takes several feature maps, or gives them."""

    def forward(self, maps: Tensor | list[Tensor]) -> list[Tensor] | Tensor:
        return [maps, maps] if isinstance(maps, Tensor) else sum(maps)


@pytest.mark.parametrize('kind', [list, tuple])
def test_D4_before_a_module_that_takes_a_list(kind: type) -> None:
    net = insert_channel_shift(Joined(), '', divisor=2)
    x = torch.ones(1, 2, 2, 2)
    message = f'Joined takes a {kind.__name__}, its channel shift one feature'
    with pytest.raises(TypeError, match=message):
        net(kind([x, x]))


def test_D4_behind_a_module_that_gives_a_list() -> None:
    net = nn.Sequential(Joined(), ChannelShift(2))
    with pytest.raises(TypeError, match='x is a list, expected a tensor'):
        net(torch.ones(1, 2, 2, 2))


def test_D4_before_a_module_that_gives_a_list() -> None:
    net = insert_channel_shift(Joined(), '', divisor=2)
    x = random_tensor(1, 2, 2, 2)
    assert all(torch.equal(y, ChannelShift(2)(x)) for y in net(x))
