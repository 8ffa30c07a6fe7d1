"""Which kernel a plan takes; CUDA tensors are fakes, no GPU is needed."""

import subprocess
import sys
from collections.abc import Iterator
from functools import partial

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from csgresnet_mm.functional import gabor_conv2d, measured, plans

BASE = {
    'x': (2, 64, 14, 14),
    'planes': 16,
    'm': 4,
    'k': 3,
    'stride': (1, 1),
    'padding': (1, 1),
    'dtype': torch.float16,
    'weight_dtype': torch.float16,
    'dilation': (1, 1),
    'padding_mode': 'zeros',
    'symmetric': True,
    'execution': 'triton',
}


@pytest.fixture(autouse=True)
def with_triton(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(plans, 'triton_available', lambda: True)
    with FakeTensorMode():
        yield


def plan(device: str = 'cuda', **changes: object) -> plans.Plan | None:
    case = BASE | changes
    channels, k = case['x'][1], case['k']
    x = torch.empty(case['x'], device=device, dtype=case['dtype'])
    weight = torch.empty(
        (case['planes'], channels, k, k),
        device=device,
        dtype=case['weight_dtype'],
    )
    bank = torch.empty((case['m'], k, k), device=device)
    return plans.plan(
        case['execution'],
        x,
        weight,
        bank,
        case['stride'],
        case['padding'],
        case['dilation'],
        case['padding_mode'],
        case['symmetric'],
    )


@pytest.mark.parametrize('m', [2, 4, 8])
@pytest.mark.parametrize('k', [1, 3])
@pytest.mark.parametrize('stride', [1, 2])
@pytest.mark.parametrize(
    'dtype', [torch.float32, torch.float16, torch.bfloat16]
)
def test_triton_takes(m, k, stride, dtype) -> None:
    found = plan(
        m=m,
        k=k,
        stride=(stride, stride),
        padding=(k // 2, k // 2),
        dtype=dtype,
        weight_dtype=dtype,
    )
    assert found == plans.Plan(stride, k // 2, dtype)


@pytest.mark.parametrize(
    'changes',
    [
        {'k': 5},
        {'m': 3},
        {'stride': (1, 2)},
        {'stride': (3, 3)},
        {'padding': (3, 3)},
        {'padding': (1, 0)},
        {'dilation': (2, 2)},
        {'padding_mode': 'reflect'},
        {'symmetric': False},
        {'dtype': torch.float64, 'weight_dtype': torch.float64},
        {'weight_dtype': torch.float32},
        {'x': (0, 64, 14, 14)},
        {'x': (1, 64, 1, 1), 'padding': (0, 0)},
        {'execution': 'native'},
        {'execution': 'dense'},
        {'device': 'cpu'},
    ],
    ids=str,
)
def test_triton_does_not_take(changes) -> None:
    assert plan() is not None
    assert plan(**changes) is None


def test_without_triton_there_is_no_plan(monkeypatch) -> None:
    monkeypatch.setattr(plans, 'triton_available', lambda: False)
    assert plan() is None


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_autocast_decides_the_dtype(dtype) -> None:
    before = torch.get_autocast_dtype('cuda')
    torch.set_autocast_enabled('cuda', True)  # autocast() asks for a GPU
    torch.set_autocast_dtype('cuda', dtype)
    try:
        found = plan(dtype=torch.float32, weight_dtype=torch.float32)
    finally:
        torch.set_autocast_enabled('cuda', False)
        torch.set_autocast_dtype('cuda', before)
    assert found == plans.Plan(1, 1, dtype)


def test_auto_goes_by_the_measured_table(monkeypatch) -> None:
    shape = ('float16', 3, 1, 4, 64, 16)
    table = {'9.0': {(*shape, False): 300, (*shape, True): 500}}
    monkeypatch.setattr(measured, '_table', lambda: table)
    monkeypatch.setattr(measured, '_capability', lambda device: '9.0')
    assert plan(execution='auto') is not None  # 2 * 14 * 14 = 392 positions
    assert plan(execution='auto', x=(1, 64, 14, 14)) is None
    assert plan(execution='auto', planes=32) is None
    assert plan(execution='auto', dtype=torch.float32) is None
    assert plan(execution='auto', stride=(2, 2)) is None
    monkeypatch.setattr(measured, '_capability', lambda device: '8.0')
    assert plan(execution='auto') is None


def test_training_has_rows_of_its_own(monkeypatch) -> None:
    shape = ('float32', 3, 2, 4, 8, 5)
    table = {'9.0': {(*shape, True): 60}}
    monkeypatch.setattr(measured, '_table', lambda: table)
    monkeypatch.setattr(measured, '_capability', lambda device: '9.0')
    x = torch.empty(2, 8, 9, 11, device='cuda')  # 2 * 5 * 6 positions
    weight = torch.empty(5, 8, 3, 3, device='cuda')
    bank = torch.empty(4, 3, 3, device='cuda')
    args = (x, weight, bank, 2, 1, torch.float32)
    assert not measured.is_faster(*args)
    weight.requires_grad_()
    assert measured.is_faster(*args)
    with torch.no_grad():
        assert not measured.is_faster(*args)


def test_the_fakes_run_through_the_operator() -> None:
    x = torch.empty(2, 64, 14, 14, device='cuda')
    weight = torch.empty(16, 64, 3, 3, device='cuda')
    bank = torch.empty(4, 3, 3, device='cuda')
    call = partial(
        gabor_conv2d, x, weight, bank, None, 2, 1, execution='triton'
    )
    assert call(symmetric=True).is_contiguous()
    y = call(symmetric=True, keep_layout=False)
    assert y.shape == (2, 64, 7, 7)
    assert y.is_contiguous(memory_format=torch.channels_last)
    grads = torch.ops.csgresnet_mm.gabor_conv2d_backward(
        y, x, weight, bank, 2, 1, True, True
    )
    assert [g.shape for g in grads] == [x.shape, weight.shape]


NEVER_IMPORTED = """
import sys
sys.modules['triton'] = None
import torch
from csgresnet_mm.layers import GConv
for execution in ('auto', 'triton', 'native'):
    conv = GConv(8, 16, 3)
    conv.execution = execution
    conv(torch.rand(1, 8, 5, 5)).sum().backward()
    conv.switch_to_deploy()(torch.rand(1, 8, 5, 5))
print(any('triton_kernels' in name for name in sys.modules))
"""


def test_triton_is_not_imported_without_a_gpu() -> None:
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', NEVER_IMPORTED],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split()[-1] == 'False'
