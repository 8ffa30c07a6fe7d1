"""execution='triton' through the operators, the layer and autograd."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from csgresnet_mm.functional import gabor_conv2d, plans
from csgresnet_mm.layers import GConv, set_execution
from tests.triton_kernels.reference import error, example

pytestmark = pytest.mark.triton

LAYERS = [  # C, O, k, stride
    (8, 5, 3, 1),
    (8, 5, 3, 2),
    (8, 5, 1, 2),
]


def on(device, *tensors):
    return [t.to(device) for t in tensors]


@pytest.mark.parametrize('layer', LAYERS)
def test_gradients_and_their_gradients(operator_device, layer) -> None:
    channels, planes, k, stride = layer
    args = example(2, channels, planes, 4, k, (5, 6))
    found, expected = [], []
    for dtype, how, device, into in (
        (torch.float32, 'triton', operator_device, found),
        (torch.float64, 'dense', 'cpu', expected),
    ):
        x, weight, bank = (t.to(device, dtype) for t in args)
        leaves = [t.requires_grad_() for t in (x, weight)]
        y = gabor_conv2d(*leaves, bank, None, stride, k // 2, execution=how)
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


@pytest.mark.parametrize('layer', LAYERS)
def test_operator_is_taken_and_counted(operator_device, layer) -> None:
    channels, planes, k, stride = layer
    args = example(2, channels, planes, 4, k, (5, 6))
    x, weight, bank = on(operator_device, *args)
    positions = 2 * -(-5 // stride) * -(-6 // stride)
    products = k * k * channels * planes
    mixture = k * k * planes * 4 if k > 1 else 0
    with FlopCounterMode(display=False) as counter:
        gabor_conv2d(x, weight, bank, None, stride, k // 2, execution='triton')
    assert counter.get_total_flops() == 2 * (products + mixture) * positions
    ours = torch.ops.csgresnet_mm.gabor_conv2d
    assert ours in counter.get_flop_counts()['Global']


@pytest.mark.parametrize('needs', [(True, True), (False, True)])
@pytest.mark.filterwarnings('ignore:The .grad attribute')  # opcheck's own
def test_operator_is_registered_right(operator_device, needs) -> None:
    x, weight, bank = on(operator_device, *example(1, 8, 5, 4, 3, (4, 5)))
    x.requires_grad_(needs[0])
    weight.requires_grad_(needs[1])
    torch.library.opcheck(
        torch.ops.csgresnet_mm.gabor_conv2d, (x, weight, bank, 1, 1)
    )


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_autocast_decides_the_dtype(operator_device, dtype) -> None:
    x, weight, bank = on(operator_device, *example(2, 8, 5, 4, 3, (5, 6)))
    weight.requires_grad_()
    with torch.autocast(operator_device, dtype):
        y = gabor_conv2d(x, weight, bank, None, 1, 1, execution='triton')
    assert y.dtype == dtype
    exact = gabor_conv2d(
        x.double(), weight.double(), bank.double(), None, 1, 1
    )
    assert error(y, exact) < 4 * torch.finfo(dtype).eps
    y.float().sum().backward()
    assert weight.grad.dtype == torch.float32
    assert weight.grad.isfinite().all()


@pytest.mark.parametrize('stride', [1, 2])
def test_deployed_layer(operator_device, stride) -> None:
    torch.manual_seed(0)
    conv = GConv(8, 16, 3, stride, 1, bias=False).to(operator_device)
    norm = nn.BatchNorm2d(16).to(operator_device).eval()
    with torch.no_grad():
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 2)
        norm.weight.normal_()
        norm.bias.normal_()
    conv.execution = 'triton'
    deployed = conv.switch_to_deploy(norm, relu=True)
    x = torch.randn(2, 8, 5, 6, device=operator_device)
    residual = torch.randn_like(conv(x))
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        y = deployed(x, residual)
    ours = torch.ops.csgresnet_mm.gabor_conv2d_fused
    assert ours in counter.get_flop_counts()['Global']
    set_execution(conv, 'dense')
    expected = (norm(conv(x)) + residual).relu()
    assert error(y, expected) < 2e-6


def test_a_deployed_layer_packs_anew_for_another_dtype(
    operator_device,
) -> None:
    conv = GConv(8, 16, 3, 1, 1).to(operator_device)
    conv.execution = 'triton'
    deployed = conv.switch_to_deploy()
    x = torch.randn(1, 8, 4, 5, device=operator_device)
    with torch.no_grad():
        expected = deployed(x)
        half = deployed.half()(x.half())
    assert deployed.packed.dtype == torch.float16
    assert error(half, expected) < 2**-8


def test_an_asymmetric_bank_gets_no_plan(operator_device) -> None:
    x, weight, bank = on(operator_device, *example(1, 8, 5, 4, 3, (4, 5)))
    wanted = ('triton', x, weight)
    assert plans.plan(*wanted, bank, (1, 1), (1, 1)) is not None
    bank = torch.rand_like(bank)
    assert plans.plan(*wanted, bank, (1, 1), (1, 1)) is None


def test_compiles_without_graph_breaks(operator_device) -> None:
    torch.compiler.reset()
    conv = GConv(8, 16, 3, 1, 1).to(operator_device)
    conv.execution = 'triton'
    compiled = torch.compile(conv, fullgraph=True, backend='aot_eager')
    x = torch.randn(2, 8, 4, 5, device=operator_device)
    y = compiled(x)
    y.square().sum().backward()
    found = conv.weight.grad.clone()
    conv.zero_grad()
    z = conv(x)
    z.square().sum().backward()
    torch.testing.assert_close(y, z)
    torch.testing.assert_close(found, conv.weight.grad)
