"""GConv under autocast, torch.compile and torch.export."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.export import Dim

from csgresnet_mm.layers import GConv

from .reference import oracle_output, random_tensor


@pytest.mark.parametrize('in_channels', [3, 8])
@pytest.mark.parametrize(
    ('dtype', 'tolerance'), [(torch.bfloat16, 3e-2), (torch.float16, 4e-3)]
)
def test_autocast(
    dtype: torch.dtype, tolerance: float, in_channels: int
) -> None:
    layer = GConv(in_channels, 16, 3, padding=1)
    nn.init.normal_(layer.bias)
    x = random_tensor(2, in_channels, 8, 8).float()
    with torch.autocast('cpu', dtype):
        found = layer(x)
    assert found.dtype == dtype
    expected = oracle_output(layer, x)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(
        found.detach().double().numpy(),
        expected,
        rtol=0,
        atol=tolerance * scale,
    )
    found.float().sum().backward()
    assert layer.weight.grad.dtype == torch.float32
    assert layer.weight.grad.abs().sum() > 0


def test_meta_device() -> None:
    with torch.device('meta'):
        layer = GConv(4, 8, 3, padding=1)
        assert layer(torch.empty(2, 4, 5, 6)).shape == (2, 8, 5, 6)


def compiles(backend: str, in_channels: int) -> None:
    torch.compiler.reset()
    layer = GConv(in_channels, 8, 3, stride=2, padding=1).double()
    compiled = torch.compile(layer, fullgraph=True, backend=backend)
    optimiser = torch.optim.SGD(layer.parameters(), lr=0.1)
    for seed in range(3):
        x = random_tensor(2, in_channels, 7, 9, seed=seed)
        found = compiled(x)
        np.testing.assert_allclose(
            found.detach().numpy(),
            oracle_output(layer, x),
            rtol=0,
            atol=1e-12,
        )
        optimiser.zero_grad()
        found.square().mean().backward()
        optimiser.step()


@pytest.mark.parametrize('in_channels', [3, 8])
def test_compiles_without_graph_breaks(in_channels: int) -> None:
    compiles('aot_eager', in_channels)


@pytest.mark.slow
@pytest.mark.parametrize('in_channels', [3, 8])
def test_compiles_with_inductor(in_channels: int) -> None:
    compiles('inductor', in_channels)


@pytest.mark.parametrize('mode', ['zeros', 'reflect'])
@pytest.mark.parametrize('in_channels', [3, 8])
def test_exports_with_dynamic_batch_and_size(
    in_channels: int, mode: str
) -> None:
    layer = GConv(
        in_channels, 8, 3, stride=2, padding=1, padding_mode=mode
    ).double()
    program = torch.export.export(
        layer,
        (random_tensor(2, in_channels, 8, 12),),
        dynamic_shapes=(
            {
                0: Dim('batch'),
                2: Dim('height', min=4, max=64),
                3: Dim('width', min=4, max=64),
            },
        ),
    )
    for shape in ((1, 8, 12), (5, 9, 7), (3, 33, 20)):
        x = random_tensor(shape[0], in_channels, *shape[1:])
        torch.testing.assert_close(program.module()(x), layer(x))
