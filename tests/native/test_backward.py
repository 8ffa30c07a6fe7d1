"""The native backward pass against float64 autograd of the dense form."""

import itertools

import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from csgresnet_mm.native import backward, backward_covers, is_symmetric

pytestmark = pytest.mark.compiler

LAYERS = [  # C, O, k, stride, size: the layers of GResNet-18, made smaller
    (3, 16, 5, 2, 30),
    (64, 16, 3, 1, 28),
    (64, 32, 3, 2, 28),
    (64, 32, 1, 2, 28),
    (128, 32, 3, 1, 14),
    (256, 64, 3, 1, 7),
    (512, 128, 3, 1, 7),
    (256, 128, 1, 2, 14),
]


def symmetric_bank(orientations: int, k: int) -> Tensor:
    """Random, with zeros in it: bank[u, q] == bank[u, -q]."""
    bank = torch.rand(orientations, k, k)
    bank = (bank + bank.flip(1, 2)) / 2
    return torch.where(bank < 0.25, 0, bank) if k > 1 else bank


def dense(
    grad: Tensor,
    x: Tensor,
    weight: Tensor,
    bank: Tensor,
    stride: int,
    padding: int,
    dtype: torch.dtype = torch.float64,
) -> tuple[Tensor, Tensor]:
    """K[o*M + u] = weight[o] * bank[u], then an ordinary convolution."""
    x = x.to(dtype).requires_grad_()
    weight = weight.to(dtype).requires_grad_()
    kernel = torch.einsum('ocyx,uyx->oucyx', weight, bank.to(dtype))
    y = F.conv2d(x, kernel.flatten(0, 1), None, stride, padding)
    return torch.autograd.grad(y, (x, weight), grad.to(dtype))


def example(
    b: int, c: int, o: int, m: int, k: int, stride: int, padding: int, hw
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    h, w = hw
    oh, ow = ((n + 2 * padding - k) // stride + 1 for n in hw)
    return (
        torch.randn(b, o * m, oh, ow),
        torch.randn(b, c, h, w),
        torch.randn(o, c, k, k),
        symmetric_bank(m, k),
    )


def error(got: Tensor, expected: Tensor) -> float:
    difference = (got.double() - expected).abs().max()
    return float(difference / expected.abs().max().clamp(min=1e-30))


@pytest.mark.parametrize(('c', 'o', 'k', 'stride', 'size'), LAYERS)
def test_layers_of_the_network(
    c: int, o: int, k: int, stride: int, size: int
) -> None:
    torch.manual_seed(0)
    args = example(3, c, o, 4, k, stride, k // 2, (size, size))
    options = {'stride': stride, 'padding': k // 2}
    got = backward(*args, **options)
    expected = dense(*args, **options)
    assert [g.shape for g in got] == [e.shape for e in expected]
    assert got[0].is_contiguous(memory_format=torch.channels_last)
    assert error(got[0], expected[0]) < 1e-6
    assert error(got[1], expected[1]) < 1e-6


@pytest.mark.parametrize(
    ('stride', 'padding'), [(1, 1), (1, 0), (1, 2), (2, 1)]
)
@pytest.mark.parametrize('width', [3, 5, 6, 7, 10, 12, 14, 20, 24])
@pytest.mark.parametrize('channels', [64, 128])
def test_narrow_images(
    channels: int, width: int, stride: int, padding: int
) -> None:
    """Every register tile, and bands of several images, the last one short."""
    torch.manual_seed(0)
    args = example(17, channels, 16, 4, 3, stride, padding, (3, width))
    got = backward(*args, stride=stride, padding=padding)
    expected = dense(*args, stride=stride, padding=padding)
    assert error(got[0], expected[0]) < 1e-6
    assert error(got[1], expected[1]) < 1e-6


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.data())
def test_any_shape(data: st.DataObject) -> None:
    def draw(low: int, high: int) -> int:
        return data.draw(st.integers(low, high))

    k = data.draw(st.sampled_from([1, 3, 5]))
    stride, padding = draw(1, 2), draw(0, k - 1)
    least = max(1, k - 2 * padding)
    hw = (draw(least, 20), draw(least, 40))
    m = data.draw(st.sampled_from([2, 4, 8]))
    torch.manual_seed(draw(0, 99))
    args = example(
        draw(1, 4), draw(1, 40), draw(1, 40), m, k, stride, padding, hw
    )
    need = data.draw(
        st.sampled_from([(True, True), (True, False), (False, True)])
    )
    got = backward(
        *args,
        stride=stride,
        padding=padding,
        need_input=need[0],
        need_weight=need[1],
    )
    expected = dense(*args, stride, padding)
    # Where terms cancel, fp32 loses digits in every form: allow for them.
    sizes = dense(*(a.abs() for a in args), stride=stride, padding=padding)
    for g, e, size, needed in zip(got, expected, sizes, need, strict=True):
        if not needed:
            assert g is None
            continue
        limit = 1e-6 * e.abs().max() + 2e-7 * size.max()
        assert (g.double() - e).abs().max() <= limit


@pytest.mark.parametrize(
    ('channels', 'k', 'stride'),
    [(20, 1, 2), (20, 3, 1), (20, 3, 2), (20, 5, 2), (3, 5, 2), (3, 3, 2)],
)
def test_bfloat16(channels: int, k: int, stride: int) -> None:
    torch.manual_seed(1)
    grad, x, weight, bank = example(
        3, channels, 18, 4, k, stride, k // 2, (9, 17)
    )
    args = grad.bfloat16(), x.bfloat16(), weight, bank
    options = {'stride': stride, 'padding': k // 2}
    assert backward_covers(4, k, **options, dtype=torch.bfloat16)
    got = backward(*args, **options)
    expected = dense(*args, **options)
    assert got[0].dtype == torch.bfloat16
    assert got[1].dtype == torch.float32
    # Where the CPU multiplies bfloat16, maps and weights are rounded to it.
    torchs = dense(*args, **options, dtype=torch.bfloat16)
    for mine, exact, theirs in zip(got, expected, torchs, strict=True):
        assert error(mine, exact) < 2**-8
        assert error(mine, exact) < error(theirs, exact)


@pytest.mark.parametrize('batch', [1, 4, 7])
@pytest.mark.parametrize(
    ('channels', 'width', 'stride'),
    [
        (128, 3, 1),
        (128, 5, 1),
        (128, 6, 1),
        (64, 7, 1),
        (64, 11, 1),
        (32, 14, 1),
        (128, 24, 1),
        (128, 6, 2),
    ],
)
def test_bfloat16_of_narrow_images(
    batch: int, channels: int, width: int, stride: int
) -> None:
    """Every register tile; images are taken in pairs, and the last may have
    none beside it."""
    torch.manual_seed(1)
    grad, x, weight, bank = example(
        batch, channels, 20, 4, 3, stride, 1, (5, width)
    )
    args = grad.bfloat16(), x.bfloat16(), weight, bank
    got = backward(*args, stride=stride, padding=1)
    for mine, exact in zip(got, dense(*args, stride, 1), strict=True):
        assert error(mine, exact) < 2**-7


@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(
    ('channels', 'size'), [(64, (23, 29)), (128, (12, 12)), (128, (3, 3))]
)
def test_same_bits_at_every_thread_count(
    channels: int, size: tuple[int, int], dtype: torch.dtype
) -> None:
    torch.manual_seed(2)
    grad, x, weight, bank = example(9, channels, 24, 4, 3, 1, 1, size)
    args = grad.to(dtype), x.to(dtype), weight, bank
    threads = torch.get_num_threads()
    results = []
    try:
        for count in (1, 2, 3, 2):
            torch.set_num_threads(count)
            results.append(backward(*args, padding=1))
    finally:
        torch.set_num_threads(threads)
    for a, b in itertools.combinations(results, 2):
        assert torch.equal(a[0], b[0])
        assert torch.equal(a[1], b[1])


def test_a_long_sum_keeps_its_digits() -> None:
    """Half a million positions, all positive: no cancellation hides it."""
    torch.manual_seed(3)
    grad, x, weight, bank = example(2, 4, 4, 4, 3, 1, 1, (500, 500))
    args = grad.abs(), x.abs(), weight, bank
    _, got = backward(*args, padding=1, need_input=False)
    assert error(got, dense(*args, 1, 1)[1]) < 1e-6


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
@pytest.mark.parametrize('where', [0, 1])
@pytest.mark.parametrize(('stride', 'k'), [(1, 3), (2, 3), (2, 1), (2, 5)])
def test_non_finite_results_where_the_dense_form_has_them(
    value: float, where: int, stride: int, k: int
) -> None:
    torch.manual_seed(4)
    args = example(2, 20, 5, 4, k, stride, k // 2, (12, 17))
    for b, c, y, x in [(0, 3, 0, 0), (1, 7, 2, 6), (0, 9, 5, -1)]:
        args[where][b, c, y, x] = value
    options = {'stride': stride, 'padding': k // 2}
    # In float32: the float64 form multiplies the padding's zeros, too.
    expected_in_float32 = dense(*args, **options, dtype=torch.float32)
    for got, expected in zip(
        backward(*args, **options), expected_in_float32, strict=True
    ):
        assert torch.equal(got.isfinite(), expected.isfinite())


@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
def test_any_memory_layout(dtype: torch.dtype) -> None:
    torch.manual_seed(5)
    args = list(example(2, 12, 6, 4, 3, 1, 1, (9, 11)))
    args[:2] = (a.to(dtype) for a in args[:2])
    expected = backward(*args, padding=1)
    layout = torch.channels_last
    views = [a.contiguous(memory_format=layout) for a in args[:3]]
    views[0] = views[0].repeat_interleave(2, dim=2)[:, :, ::2]
    got = backward(*views, args[3], padding=1)
    assert torch.equal(got[0], expected[0])
    assert torch.equal(got[1], expected[1])


def test_covers() -> None:
    options = {'stride': 1, 'padding': 1, 'dtype': torch.float32}
    assert backward_covers(4, 3, **options)
    assert not backward_covers(4, 3, **{**options, 'stride': 3})
    assert not backward_covers(4, 3, **{**options, 'padding': 3})
    assert not backward_covers(4, 3, **{**options, 'dtype': torch.float64})
    assert not backward_covers(3, 3, **options)
    assert not backward_covers(4, 7, **options)


def test_is_symmetric() -> None:
    bank = symmetric_bank(4, 3)
    assert is_symmetric(bank)
    bank[3, 0, 2] += 1
    assert not is_symmetric(bank)
