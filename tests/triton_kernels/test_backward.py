"""The backward kernels against float64 autograd of the dense form."""

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.triton_kernels.reference import LAYERS, dense, error, example

pytestmark = pytest.mark.triton


def run(device: str, *tensors: Tensor, **options):
    from csgresnet_mm import triton_kernels

    found = triton_kernels.backward(
        *(t.to(device) for t in tensors), **options
    )
    return [None if g is None else g.cpu() for g in found]


def problem(sizes, stride, padding, seed=0):
    """The gradient of the output, features, weight and bank."""
    x, weight, bank = example(*sizes, seed)
    y = dense(x, weight, bank, stride=stride, padding=padding)
    return torch.randn(y.shape), x, weight, bank


def gradients(grad, x, weight, bank, stride, padding, dtype=torch.float64):
    x = x.to(dtype).requires_grad_()
    weight = weight.to(dtype).requires_grad_()
    conv = {'stride': stride, 'padding': padding}
    y = dense(x, weight, bank, dtype=dtype, **conv)
    return torch.autograd.grad(y, (x, weight), grad.to(dtype))


@pytest.mark.parametrize('m', [2, 4, 8])
@pytest.mark.parametrize('layer', LAYERS)
def test_layers_of_the_network(device, layer, m) -> None:
    c, o, k, stride, size = layer
    args = problem((2, c, o, m, k, (size, size)), stride, k // 2)
    got = run(device, *args, stride=stride, padding=k // 2)
    expected = gradients(*args, stride, k // 2)
    assert [g.shape for g in got] == [e.shape for e in expected]
    assert got[0].is_contiguous(memory_format=torch.channels_last)
    assert error(got[0], expected[0]) < 1e-6
    assert error(got[1], expected[1]) < 1e-6


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
    ],
)
@given(st.data())
def test_any_shape(device, data: st.DataObject) -> None:
    def draw(low: int, high: int) -> int:
        return data.draw(st.integers(low, high))

    k = data.draw(st.sampled_from([1, 3]))
    stride, padding = draw(1, 2), draw(0, k - 1)
    least = max(1, k - 2 * padding)
    hw = (least + draw(0, 5), least + draw(0, 7))
    m = data.draw(st.sampled_from([2, 4, 8]))
    sizes = (draw(1, 3), draw(1, 20), draw(1, 36), m, k, hw)
    args = problem(sizes, stride, padding, draw(0, 99))
    need = data.draw(
        st.sampled_from([(True, True), (True, False), (False, True)])
    )
    conv = {'stride': stride, 'padding': padding}
    got = run(device, *args, **conv, need_input=need[0], need_weight=need[1])
    expected = gradients(*args, stride, padding)
    # Where terms cancel, fp32 loses digits in every form: allow for them.
    sizes = gradients(*(a.abs() for a in args), stride, padding)
    for g, e, size, needed in zip(got, expected, sizes, need, strict=True):
        if not needed:
            assert g is None
            continue
        limit = 1e-6 * e.abs().max() + 2e-7 * size.max()
        assert (g.double() - e).abs().max() <= limit


@pytest.mark.parametrize(('k', 'stride'), [(1, 2), (3, 1), (3, 2)])
@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_coarse_floats(device, dtype, k, stride) -> None:
    args = problem((3, 20, 18, 4, k, (5, 7)), stride, k // 2, seed=1)
    grad, x, weight, bank = args
    args = grad.to(dtype), x.to(dtype), weight, bank
    got = run(device, *args, stride=stride, padding=k // 2)
    expected = gradients(*args, stride, k // 2)
    assert got[0].dtype == dtype
    assert got[1].dtype == torch.float32
    assert error(got[0], expected[0]) < 4 * torch.finfo(dtype).eps
    assert error(got[1], expected[1]) < 4 * torch.finfo(dtype).eps


def test_a_long_sum_keeps_its_digits(device) -> None:
    """Several parts, all positive: no cancellation hides a lost digit."""
    grad, x, weight, bank = problem((2, 3, 2, 4, 1, (70, 70)), 1, 0, seed=3)
    args = grad.abs(), x.abs(), weight, bank
    _, got = run(device, *args, need_input=False)
    assert error(got, gradients(*args, 1, 0)[1]) < 1e-6


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
@pytest.mark.parametrize('where', [0, 1])
@pytest.mark.parametrize(('stride', 'k'), [(1, 3), (2, 3), (2, 1)])
def test_non_finite_results_where_the_dense_form_has_them(
    device, value, where, stride, k
) -> None:
    args = problem((2, 20, 5, 4, k, (6, 7)), stride, k // 2, seed=4)
    for b, c, y, x in [(0, 3, 0, 0), (1, 7, 2, 2), (0, 9, 1, -1)]:
        args[where][b, c, y, x] = value
    got = run(device, *args, stride=stride, padding=k // 2)
    # In float32: the float64 form multiplies the padding's zeros, too.
    expected = gradients(*args, stride, k // 2, torch.float32)
    for g, e in zip(got, expected, strict=True):
        assert torch.equal(g.isfinite(), e.isfinite())


def test_any_memory_layout(device) -> None:
    args = problem((2, 12, 6, 4, 3, (5, 6)), 1, 1, seed=5)
    expected = run(device, *args, padding=1)
    layout = torch.channels_last
    views = [a.contiguous(memory_format=layout) for a in args[:3]]
    views[0] = views[0].repeat_interleave(2, dim=2)[:, :, ::2]
    got = run(device, *views, args[3], padding=1)
    assert torch.equal(got[0], expected[0])
    assert torch.equal(got[1], expected[1])
