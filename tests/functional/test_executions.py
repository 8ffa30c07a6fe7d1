"""All executions of a Gabor convolution compute one function."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from csgresnet_mm import native
from csgresnet_mm.functional import (
    PADDING_MODES,
    filter_bank,
    gabor_conv2d,
    gabor_filter_bank,
    is_symmetric,
    plans,
)

# The C++ kernel must be there: where it is not, these tests would compare
# dense with itself.
LAYERS = [  # channels, planes, kernel, stride
    (3, 4, 5, 2),
    (8, 5, 3, 1),
    (8, 5, 3, 2),
    (8, 5, 1, 1),
    (8, 5, 1, 2),
]


def example(channels, planes, k, m=4, size=(9, 11), dtype=torch.float32):
    g = torch.Generator().manual_seed(0)
    x = torch.randn(2, channels, *size, generator=g).to(dtype)
    weight = torch.randn(planes, channels, k, k, generator=g).to(dtype)
    bank = gabor_filter_bank((k, k), m).to(dtype)
    return x, weight, bank


def error(a, b):
    return ((a.double() - b).abs().max() / b.abs().max()).item()


@pytest.mark.compiler
def test_the_native_kernel_is_built_here():
    assert plans.native_available()


@st.composite
def cases(draw):
    height, width = draw(st.sampled_from([(1, 1), (3, 3), (5, 5), (3, 5)]))
    pair = st.tuples(st.integers(1, 2), st.integers(1, 2))
    dilation = draw(st.sampled_from([(1, 1), (1, 1), (2, 1), (2, 2)]))
    return {
        'm': draw(st.sampled_from([1, 2, 3, 4, 8])),
        'channels': draw(st.integers(1, 9)),
        'planes': draw(st.integers(1, 6)),
        'kernel': (height, width),
        'stride': draw(pair),
        'padding': draw(st.tuples(st.integers(0, 2), st.integers(0, 2))),
        'dilation': dilation,
        'mode': draw(st.sampled_from(PADDING_MODES)),
        'bias': draw(st.booleans()),
        'bank': draw(st.sampled_from(['gabor', 'any'])),
        'dtype': draw(st.sampled_from([torch.float32, torch.float64])),
        'seed': draw(st.integers(0, 99)),
    }


@settings(derandomize=True, deadline=None, max_examples=150)
@given(cases())
def test_executions_agree(case):
    g = torch.Generator().manual_seed(case['seed'])
    m, kernel, dtype = case['m'], case['kernel'], case['dtype']
    x = torch.randn(2, case['channels'], 11, 12, generator=g).to(dtype)
    weight = torch.randn(
        case['planes'], case['channels'], *kernel, generator=g
    ).to(dtype)
    bank = gabor_filter_bank(kernel, m).to(dtype)
    if case['bank'] == 'any':
        bank = torch.rand(m, *kernel, generator=g).to(dtype)
    bias = None
    if case['bias']:
        bias = torch.randn(case['planes'], generator=g).to(dtype)
    places = (case['stride'], case['padding'], case['dilation'], case['mode'])
    expected = gabor_conv2d(
        x.double(),
        weight.double(),
        bank.double(),
        None if bias is None else bias.double(),
        *places,
        execution='dense',
    )
    bound = 1e-12 if dtype == torch.float64 else 1e-6
    for execution in ('dense', 'factorised', 'native', 'auto'):
        y = gabor_conv2d(x, weight, bank, bias, *places, execution=execution)
        assert y.dtype == dtype
        assert error(y, expected) <= bound, execution


@pytest.mark.parametrize('layer', LAYERS)
@pytest.mark.parametrize('execution', ['factorised', 'native'])
def test_gradients_and_their_gradients(layer, execution):
    channels, planes, k, stride = layer
    x, weight, bank = example(channels, planes, k)
    found, expected = [], []
    for dtype, how, into in (
        (torch.float32, execution, found),
        (torch.float64, 'dense', expected),
    ):
        leaves = [t.to(dtype).requires_grad_() for t in (x, weight)]
        y = gabor_conv2d(
            *leaves, bank.to(dtype), None, stride, k // 2, execution=how
        )
        first = torch.autograd.grad(y.sin().sum(), leaves, retain_graph=True)
        grads = torch.autograd.grad(y.sin().sum(), leaves, create_graph=True)
        second = torch.autograd.grad(
            sum(grad.square().sum() for grad in grads), leaves
        )
        into.extend([*first, *second])
    for a, b in zip(found[:2], expected[:2], strict=True):
        assert error(a, b) < 1e-5
    for a, b in zip(found[2:], expected[2:], strict=True):
        assert error(a, b) < 1e-4


@pytest.mark.compiler
@pytest.mark.parametrize('layer', LAYERS)
@pytest.mark.parametrize('needs', [(True, True), (True, False), (False, True)])
@pytest.mark.filterwarnings('ignore:The .grad attribute')  # opcheck's own
def test_operator_is_registered_right(layer, needs):
    channels, planes, k, stride = layer
    x, weight, bank = example(channels, planes, k)
    x.requires_grad_(needs[0])
    weight.requires_grad_(needs[1])
    torch.library.opcheck(
        torch.ops.csgresnet_mm.gabor_conv2d,
        (x, weight, bank, stride, k // 2),
    )


@pytest.mark.compiler
@pytest.mark.parametrize('residual', [True, False])
def test_fused_operator_is_registered_right(residual):
    x, weight, bank = example(8, 5, 3)
    plan = plans.plan('native', x, weight, bank, (1, 1), (1, 1))
    packed = plan.pack(weight, bank)
    assert packed.numel()
    torch.library.opcheck(
        torch.ops.csgresnet_mm.gabor_conv2d_fused,
        (
            x,
            weight,
            packed,
            bank,
            torch.rand(20),
            torch.rand(20),
            torch.rand(2, 20, 9, 11) if residual else None,
            1,
            1,
            True,
        ),
    )


@pytest.mark.compiler
@pytest.mark.parametrize('layer', LAYERS)
def test_flops_are_those_of_the_hand_derivation(layer):
    channels, planes, k, stride = layer
    x, weight, bank = example(channels, planes, k)
    weight.requires_grad_()
    positions = 2 * -(-9 // stride) * -(-11 // stride)
    products = k * k * channels * planes
    mixture = k * k * planes * 4 if k > 1 else 0
    shared = products + mixture if channels >= 4 else 4 * products
    for execution, by_hand in (
        ('dense', 4 * products),
        ('factorised', shared),
        ('native', shared),
    ):
        with FlopCounterMode(display=False) as counter:
            gabor_conv2d(
                x, weight, bank, None, stride, k // 2, execution=execution
            )
        assert counter.get_total_flops() == 2 * by_hand * positions
    with FlopCounterMode(display=False) as counter:
        y = gabor_conv2d(
            x, weight, bank, None, stride, k // 2, execution='native'
        )
        y.sum().backward()
    assert counter.get_total_flops() == 2 * 2 * shared * positions


@pytest.mark.compiler
@pytest.mark.parametrize('amp', [False, True])
@pytest.mark.parametrize(
    ('channels', 'planes', 'k', 'in_float32', 'in_bfloat16'),
    [
        (3, 16, 5, True, True),
        (16, 8, 1, False, False),
        (64, 32, 1, True, True),
        (128, 32, 1, True, True),
        (8, 4, 3, True, False),
        (32, 8, 3, True, True),
    ],
)
def test_auto_trains_natively_where_that_is_faster(
    channels, planes, k, in_float32, in_bfloat16, amp
):
    x, weight, bank = example(channels, planes, k)
    dtype = torch.bfloat16 if amp else torch.float32
    covered = native.covers(channels, 4, k, stride=1, padding=0, dtype=dtype)
    faster = in_bfloat16 if amp else in_float32
    ours = torch.ops.csgresnet_mm.gabor_conv2d
    for training in (False, True):
        with (
            FlopCounterMode(display=False) as counter,
            torch.autocast('cpu', torch.bfloat16, enabled=amp),
        ):
            gabor_conv2d(x, weight.requires_grad_(training), bank)
        counts = counter.get_flop_counts()['Global']
        assert (ours in counts) == (covered and (faster or not training))


def test_an_asymmetric_bank_gets_no_plan_of_the_native_kernel():
    x, weight, bank = example(8, 5, 3)
    args = (x, weight, torch.rand(bank.shape), (1, 1), (1, 1))
    assert plans.plan('native', *args) is None
    with FlopCounterMode(display=False) as counter:
        gabor_conv2d(*args[:3], None, 1, 1, execution='native')
    assert counter.get_total_flops() == 2 * 9 * 8 * 20 * 2 * 99


@pytest.mark.compiler
def test_the_operator_refuses_an_asymmetric_bank():
    x, weight, bank = example(8, 5, 3)
    bank = torch.rand(bank.shape)
    operators = torch.ops.csgresnet_mm
    with pytest.raises(ValueError, match='is not point-symmetric'):
        operators.gabor_conv2d(x, weight, bank, 1, 1)
    nothing = (None, None, None)
    with pytest.raises(ValueError, match='is not point-symmetric'):
        operators.gabor_conv2d_fused(
            x, weight, None, bank, *nothing, 1, 1, False
        )


@pytest.mark.compiler
def test_a_compiled_call_sees_whether_the_bank_is_symmetric():
    x, weight, bank = example(8, 5, 3)

    def convolve(bank):
        return gabor_conv2d(x, weight, bank, None, 1, 1, execution='native')

    for seen in (bank, torch.rand(bank.shape)):
        torch.compiler.reset()
        compiled = torch.compile(convolve, fullgraph=True, backend='eager')
        torch.testing.assert_close(compiled(seen), convolve(seen))


@pytest.mark.parametrize('kind', ['gabor', 'ones', 'random'])
@pytest.mark.parametrize('size', [(1, 1), (3, 3), (5, 5)])
def test_symmetry_is_known_by_the_kind_of_the_bank(kind, size):
    bank = filter_bank(kind, size, 4)
    assert is_symmetric(kind, size) == torch.equal(bank, bank.flip(1, 2))


def test_a_learned_bank_gets_its_gradient():
    x, weight, bank = example(8, 5, 3)
    bank.requires_grad_()
    y = gabor_conv2d(x, weight, bank, None, 1, 1, execution='native')
    (grad,) = torch.autograd.grad(y.sum(), bank)
    assert grad.abs().sum() > 0


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
@pytest.mark.parametrize('execution', ['factorised', 'native'])
def test_nan_and_inf_spread_as_in_dense(value, execution):
    x, weight, bank = example(8, 5, 3)
    x[0, 3, 4, 5] = value
    dense = gabor_conv2d(x, weight, bank, None, 1, 1, execution='dense')
    y = gabor_conv2d(x, weight, bank, None, 1, 1, execution=execution)
    assert not torch.isfinite(dense).all()
    assert torch.equal(torch.isfinite(y), torch.isfinite(dense))


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
@pytest.mark.parametrize('where', ['x', 'weight', 'direction'])
@pytest.mark.parametrize('stride', [1, 2])
def test_gradients_spread_nan_and_inf_as_in_dense(value, where, stride):
    x, weight, bank = example(8, 5, 3)
    found = []
    for execution in ('dense', 'native'):
        leaves = [x.clone(), weight.clone()]
        if where == 'x':
            leaves[0][0, 3, 0, 5] = value
        if where == 'weight':
            leaves[1][2, 3, 0, 0] = value
        leaves = [leaf.requires_grad_() for leaf in leaves]
        y = gabor_conv2d(*leaves, bank, None, stride, 1, execution=execution)
        direction = torch.ones_like(y)
        if where == 'direction':
            direction[0, 3, 0, 4] = value
        found.append(torch.autograd.grad(y, leaves, direction))
    for dense, other in zip(*found, strict=True):
        assert torch.equal(torch.isfinite(other), torch.isfinite(dense))
    assert not all(torch.isfinite(dense).all() for dense in found[0])


def test_without_the_kernel_everything_runs_dense(monkeypatch):
    monkeypatch.setattr(native, 'library', lambda: None)
    x, weight, bank = example(8, 5, 3)
    with FlopCounterMode(display=False) as counter:
        y = gabor_conv2d(x, weight, bank, None, 1, 1, execution='native')
    assert counter.get_total_flops() == 2 * 9 * 8 * 20 * 2 * 99
    dense = gabor_conv2d(x, weight, bank, None, 1, 1, execution='dense')
    assert torch.equal(y, dense)


@pytest.mark.compiler
def test_bfloat16_to_its_own_rounding():
    x, weight, bank = example(64, 16, 3, dtype=torch.bfloat16)
    exact = gabor_conv2d(
        x.double(),
        weight.double(),
        bank.double(),
        None,
        1,
        1,
        execution='dense',
    )
    y = gabor_conv2d(x, weight, bank, None, 1, 1, execution='native')
    assert y.dtype == torch.bfloat16
    assert error(y, exact) < 2**-8


def test_autocast_lowers_the_native_form():
    x, weight, bank = example(64, 16, 3)
    with torch.autocast('cpu', torch.bfloat16):
        y = gabor_conv2d(x, weight, bank, None, 1, 1, execution='native')
    assert y.dtype == torch.bfloat16
    exact = gabor_conv2d(
        x.double(),
        weight.double(),
        bank.double(),
        None,
        1,
        1,
        execution='dense',
    )
    assert error(y, exact) < 2**-6


@pytest.mark.compiler
def test_a_stem_under_autocast_learns_as_in_float64():
    x, weight, bank = example(3, 16, 5)
    exact_weight = weight.double().requires_grad_()
    sizes = (None, 2, 2)
    y = gabor_conv2d(
        x.double(), exact_weight, bank.double(), *sizes, execution='dense'
    )
    direction = torch.randn(
        y.shape, generator=torch.Generator().manual_seed(1)
    )
    (exact,) = torch.autograd.grad(y, exact_weight, direction.double())
    threads, found = torch.get_num_threads(), []
    try:
        for count in (1, 2, 3):
            for layout in (torch.contiguous_format, torch.channels_last):
                torch.set_num_threads(count)
                images = x.contiguous(memory_format=layout)
                weight = weight.detach().requires_grad_()
                with torch.autocast('cpu', torch.bfloat16):
                    y = gabor_conv2d(images, weight, bank, *sizes)
                y.backward(direction.to(y.dtype))
                found.append((y, weight.grad))
    finally:
        torch.set_num_threads(threads)
    for y, grad in found:
        assert grad.dtype == torch.float32
        assert error(grad, exact) < 2**-7
        assert torch.equal(y, found[0][0])
        assert torch.equal(grad, found[0][1])


def test_unknown_execution():
    x, weight, bank = example(8, 5, 3)
    with pytest.raises(ValueError, match="execution='fast' must be one of"):
        gabor_conv2d(x, weight, bank, execution='fast')


@pytest.mark.parametrize('execution', ['dense', 'factorised', 'native'])
@pytest.mark.parametrize('channels', [4, 64])
def test_another_number_of_channels_is_refused(execution, channels):
    _, weight, bank = example(8, 5, 3)
    x = torch.rand(1, channels, 9, 9)
    with pytest.raises(
        ValueError, match=rf'x of shape \(1, {channels}, 9, 9\) does not fit'
    ):
        gabor_conv2d(x, weight, bank, execution=execution)


@pytest.mark.parametrize('execution', ['dense', 'factorised', 'native'])
def test_one_image_without_a_batch(execution):
    x, weight, bank = example(8, 5, 3)
    y = gabor_conv2d(x, weight, bank, execution=execution)
    one = gabor_conv2d(x[1], weight, bank, execution=execution)
    torch.testing.assert_close(one, y[1])
