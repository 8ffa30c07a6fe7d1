"""How exact the Triton kernels are on a card, at the network's own sizes."""

import pytest
import torch

from csgresnet_mm.programs.benchmark.run import float32_precision
from tests.cuda import checks

pytestmark = pytest.mark.cuda

LAYERS = pytest.mark.parametrize('layer', checks.LAYERS, ids=str)


@LAYERS
def test_float32_is_as_exact_as_the_native_kernel(layer):
    with float32_precision('fp32'):
        errors = checks.rounding('cuda', layer, torch.float32, 'triton')
    for ours, _ in errors:
        assert ours <= 1e-6, errors


@LAYERS
@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_coarse_floats_are_within_twice_torchs_error(layer, dtype):
    errors = checks.rounding('cuda', layer, dtype, 'triton')
    for ours, dense in errors:
        assert ours <= 2 * dense, errors


@LAYERS
def test_tf32_goes_by_torchs_switch(layer):
    with float32_precision('tf32'):
        errors = checks.rounding('cuda', layer, torch.float32, 'triton')
    for ours, dense in errors:
        assert ours <= 2 * max(dense, 2**-11), errors
    if torch.cuda.get_device_capability() >= (8, 0):
        assert errors[0][0] > 1e-6, 'TF32 was not taken'
