"""What a layer must compute, read from its parameters by the oracle."""

import numpy as np
import torch
from torch import Tensor

from csgresnet_mm.layers import GConv

from ..oracle import gabor_reference as oracle


def random_tensor(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def oracle_output(layer: GConv, x: Tensor) -> np.ndarray:
    """The layer's equation in float64 loops, for zero padding."""
    weight = layer.weight.detach().double().numpy()
    bank = oracle.gabor_bank(
        *weight.shape[2:], layer.orientations, layer.scale
    )
    bias = layer.bias
    return oracle.gabor_conv(
        x.detach().double().numpy(),
        weight,
        bank,
        None if bias is None else bias.detach().double().numpy(),
        stride=layer.stride,
        padding=layer.padding,
        dilation=layer.dilation,
        expand=layer.expand,
    )


def assert_computes_its_parameters(layer: GConv, tolerance: float) -> None:
    """Check that a layer's output is that of its present parameters."""
    x = random_tensor(2, layer.in_channels, 6, 7).to(layer.weight.dtype)
    with torch.no_grad():
        found = layer(x).double().numpy()
    expected = oracle_output(layer, x)
    scale = np.abs(expected).max()
    assert scale > 0
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * scale)
