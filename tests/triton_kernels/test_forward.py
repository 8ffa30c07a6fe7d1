"""The forward kernel against the dense form in float64."""

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.triton_kernels.reference import LAYERS, dense, error, example

pytestmark = pytest.mark.triton

ROUNDING = {torch.float32: 1e-6, torch.float16: 2**-9, torch.bfloat16: 2**-6}


def run(device: str, x: Tensor, weight: Tensor, bank: Tensor, **options):
    from csgresnet_mm import triton_kernels

    x, weight, bank = (t.to(device) for t in (x, weight, bank))
    options = {
        key: value.to(device) if isinstance(value, Tensor) else value
        for key, value in options.items()
    }
    packed = triton_kernels.pack_weight(weight, x.dtype)
    return triton_kernels.forward(x, packed, bank, **options).cpu()


@pytest.mark.parametrize('m', [2, 4, 8])
@pytest.mark.parametrize('layer', LAYERS)
def test_layers_of_gresnet18(device, layer, m) -> None:
    channels, planes, k, stride, size = layer
    args = example(1, channels, planes, m, k, (size, size))
    conv = {'stride': stride, 'padding': k // 2}
    y = run(device, *args, **conv)
    assert y.is_contiguous(memory_format=torch.channels_last)
    assert error(y, dense(*args, **conv)) < 1e-6


@st.composite
def cases(draw):
    k = draw(st.sampled_from([1, 3]))
    padding = draw(st.integers(0, k - 1))
    least = max(1, k - 2 * padding)
    return {
        'sizes': (
            draw(st.integers(1, 3)),
            draw(st.integers(1, 24)),
            draw(st.integers(1, 36)),
            draw(st.sampled_from([2, 4, 8])),
            k,
            (
                least + draw(st.integers(0, 5)),
                least + draw(st.integers(0, 7)),
            ),
        ),
        'seed': draw(st.integers(0, 99)),
        'conv': {'stride': draw(st.integers(1, 2)), 'padding': padding},
        'parts': draw(st.sets(st.sampled_from(['scale', 'bias', 'add']))),
        'relu': draw(st.booleans()),
        'channels_last': draw(st.booleans()),
        'dtype': draw(st.sampled_from(list(ROUNDING))),
    }


@settings(
    derandomize=True,
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(cases())
def test_agrees_with_dense(device, case) -> None:
    dtype = case['dtype']
    x, weight, bank = example(*case['sizes'], case['seed'])
    x, weight = x.to(dtype), weight.to(dtype)
    if case['channels_last']:
        x = x.contiguous(memory_format=torch.channels_last)
    expected = dense(x, weight, bank, **case['conv'])
    options = {'relu': case['relu'], **case['conv']}
    if 'scale' in case['parts']:
        options['scale'] = torch.rand(expected.shape[1]) + 0.5
    if 'bias' in case['parts']:
        options['bias'] = torch.randn(expected.shape[1])
    if 'add' in case['parts']:
        options['residual'] = torch.randn(expected.shape).to(dtype)
    y = run(device, x, weight, bank, **options)
    assert y.dtype == dtype
    expected = dense(x, weight, bank, **options)
    assert error(y, expected) < ROUNDING[dtype]


@pytest.mark.parametrize('value', [float('nan'), float('inf'), -float('inf')])
@pytest.mark.parametrize('k', [1, 3])
def test_spreads_nan_and_inf_as_dense(device, value, k) -> None:
    x, weight, bank = example(2, 8, 5, 4, k, (5, 6))
    x[0, 1, 4, 3] = x[1, 0, 0, 5] = value
    for relu in (False, True):
        options = {'padding': k // 2, 'relu': relu}
        y = run(device, x, weight, bank, **options)
        expected = dense(x, weight, bank, **options)
        assert torch.equal(y.isnan(), expected.isnan())
        assert torch.equal(y.isposinf(), expected.isposinf())
        assert torch.equal(y.isneginf(), expected.isneginf())


def test_same_bits_in_every_run(device) -> None:
    args = example(2, 40, 20, 4, 3, (7, 5))
    first = run(device, *args, padding=1)
    for _ in range(3):
        assert torch.equal(run(device, *args, padding=1), first)


def test_weight_in_any_memory_format(device) -> None:
    x, weight, bank = example(1, 6, 4, 2, 3, (5, 5))
    turned = weight.contiguous(memory_format=torch.channels_last)
    found = run(device, x, turned, bank)
    assert torch.equal(found, run(device, x, weight, bank))
