"""Nothing that writes or moves the parameters leaves a stale kernel."""

import copy
import pickle
from collections.abc import Callable

import numpy as np
import pytest
import torch

from csgresnet_mm.layers import GConv

from ..oracle import gabor_reference as oracle
from .reference import assert_computes_its_parameters, random_tensor

FLOAT32 = 2e-6
FLOAT64 = 1e-13


def warmed_up(expand: bool = False) -> GConv:
    """A layer that has run forward and backward once."""
    layer = GConv(3 if expand else 8, 8, 3, padding=1)
    layer(torch.rand(1, layer.in_channels, 5, 5)).sum().backward()
    layer.eval()
    layer(torch.rand(1, layer.in_channels, 5, 5))
    return layer


def exact_bank() -> np.ndarray:
    return oracle.gabor_bank(3, 3, oracle.default_orientations(4))


@pytest.mark.parametrize('expand', [False, True])
@pytest.mark.parametrize('assign', [False, True])
def test_load_state_dict(assign: bool, expand: bool) -> None:
    layer, other = warmed_up(expand), warmed_up(expand)
    layer.load_state_dict(other.state_dict(), assign=assign)
    assert torch.equal(layer.weight, other.weight)
    assert_computes_its_parameters(layer, FLOAT32)


def test_load_state_dict_with_assign_of_another_dtype() -> None:
    layer = warmed_up()
    layer.load_state_dict(warmed_up().double().state_dict(), assign=True)
    assert layer.weight.dtype == layer.bank.dtype == torch.float64
    assert_computes_its_parameters(layer, FLOAT64)


@pytest.mark.parametrize('dtype', [torch.float32, torch.float64])
def test_from_the_meta_device_by_assign(dtype: torch.dtype) -> None:
    with torch.device('meta'):
        layer = GConv(8, 8, 3, padding=1)
    assert layer.weight.is_meta
    state = warmed_up().to(dtype).state_dict()
    layer.load_state_dict(state, assign=True)
    tolerance = FLOAT32 if dtype == torch.float32 else FLOAT64
    assert_computes_its_parameters(layer, tolerance)


def test_from_the_meta_device_by_to_empty() -> None:
    layer = warmed_up().to('meta')
    assert layer.bank.is_meta
    layer.to_empty(device='cpu')
    layer.load_state_dict(warmed_up().state_dict())
    assert_computes_its_parameters(layer, FLOAT32)


def test_optimiser_step() -> None:
    layer = warmed_up()
    before = layer.weight.detach().clone()
    optimiser = torch.optim.SGD(layer.parameters(), lr=1.0, momentum=0.9)
    for _ in range(2):
        optimiser.step()
        assert_computes_its_parameters(layer, FLOAT32)
    assert not torch.equal(layer.weight, before)


@pytest.mark.parametrize(
    'write',
    [
        lambda layer: layer.weight.data.mul_(-2),
        lambda layer: setattr(layer.weight, 'data', layer.weight.data + 1),
        lambda layer: layer.weight.detach().numpy().fill(0.5),
        lambda layer: setattr(
            layer, 'weight', torch.nn.Parameter(layer.weight.detach() * 3)
        ),
    ],
)
def test_any_write(write: Callable[[GConv], object]) -> None:
    layer = warmed_up()
    write(layer)
    assert_computes_its_parameters(layer, FLOAT32)


def test_double_has_the_exact_bank() -> None:
    layer = warmed_up().double()
    np.testing.assert_allclose(
        layer.bank.numpy(), exact_bank(), rtol=0, atol=1e-14
    )
    assert_computes_its_parameters(layer, FLOAT64)


@pytest.mark.parametrize(
    'move',
    [
        lambda layer: layer.half().float(),
        lambda layer: layer.bfloat16().float(),
        lambda layer: layer.to(torch.float16).to(torch.float32),
        lambda layer: layer.half().double().float(),
    ],
)
def test_a_coarse_dtype_leaves_no_coarse_bank(
    move: Callable[[GConv], GConv],
) -> None:
    layer = move(warmed_up())
    expected = torch.from_numpy(exact_bank()).float()
    torch.testing.assert_close(layer.bank, expected, rtol=0, atol=1e-7)
    assert_computes_its_parameters(layer, FLOAT32)


def test_half_then_double_is_exact() -> None:
    layer = warmed_up().half().double()
    np.testing.assert_allclose(
        layer.bank.numpy(), exact_bank(), rtol=0, atol=1e-14
    )


def test_dtype_moves_inside_a_container() -> None:
    net = torch.nn.Sequential(torch.nn.ReLU(), warmed_up()).half().double()
    np.testing.assert_allclose(
        net[1].bank.numpy(), exact_bank(), rtol=0, atol=1e-14
    )


def test_half_runs() -> None:
    layer = warmed_up()
    x = torch.rand(1, 8, 6, 6)
    expected = layer(x)
    found = layer.half()(x.half())
    assert found.dtype == torch.float16
    torch.testing.assert_close(found.float(), expected, rtol=0, atol=1e-2)


@pytest.mark.parametrize(
    'copier',
    [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))],
)
@pytest.mark.parametrize('double', [False, True])
def test_copies_are_whole_and_independent(
    copier: Callable[[GConv], GConv], double: bool
) -> None:
    layer = warmed_up().double() if double else warmed_up()
    twin = copier(layer)
    assert torch.equal(twin.weight, layer.weight)
    assert torch.equal(twin.bank, layer.bank)
    twin.weight.data.mul_(-2)
    tolerance = FLOAT64 if double else FLOAT32
    for each in (layer, twin):
        assert_computes_its_parameters(each, tolerance)
    assert not torch.equal(twin.weight, layer.weight)


def test_channels_last() -> None:
    layer = warmed_up()
    x = random_tensor(2, 8, 5, 7).float()
    expected = layer(x)
    layer = layer.to(memory_format=torch.channels_last)
    assert layer.weight.is_contiguous(memory_format=torch.channels_last)
    found = layer(x.to(memory_format=torch.channels_last))
    torch.testing.assert_close(found, expected)
    assert found.is_contiguous(memory_format=torch.channels_last)
    assert_computes_its_parameters(layer, FLOAT32)


def test_the_bank_is_neither_parameter_nor_state() -> None:
    layer = warmed_up()
    assert dict(layer.named_buffers()).keys() == {'bank'}
    assert not layer.bank.requires_grad
    assert layer.state_dict().keys() == {'weight', 'bias'}


def test_init_weights_makes_the_bank_anew() -> None:
    layer = GConv(8, 8, 3)
    for tensor in (layer.weight.data, layer.bias.data, layer.bank):
        tensor.fill_(float('nan'))
    layer.init_weights()
    assert_computes_its_parameters(layer, FLOAT32)
