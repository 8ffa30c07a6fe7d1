"""The native forward pass against the dense form in float64."""

import os
import platform
import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from csgresnet_mm.native import covers, forward, library, pack_weight

pytestmark = pytest.mark.compiler

ON_X86 = platform.machine() == 'x86_64'


def symmetric_bank(m: int, k: int, generator: torch.Generator) -> Tensor:
    """Numbers in [0, 1], equal at opposite taps, a fifth of them zero."""
    bank = torch.rand(m, k, k, generator=generator)
    bank[torch.rand(m, k, k, generator=generator) < 0.2] = 0
    return torch.minimum(bank, bank.flip(1, 2)).contiguous()


def dense(
    x: Tensor,
    weight: Tensor,
    bank: Tensor,
    *,
    scale: Tensor | None = None,
    bias: Tensor | None = None,
    residual: Tensor | None = None,
    relu: bool = False,
    **conv: int,
) -> Tensor:
    """K[o*M+u] = weight[o] * bank[u], an ordinary convolution, epilogue."""
    kernels = [w * b for w in weight.double() for b in bank.double()]
    y = F.conv2d(x.double(), torch.stack(kernels), **conv)
    for tensor, combine in ((scale, torch.mul), (bias, torch.add)):
        if tensor is not None:
            y = combine(y, tensor.double().view(-1, 1, 1))
    if residual is not None:
        y = y + residual
    return y.relu() if relu else y


def error(a: Tensor, b: Tensor) -> float:
    return ((a - b).abs().max() / b.abs().max().clamp(min=1e-3)).item()


def native(x: Tensor, weight: Tensor, bank: Tensor, **options) -> Tensor:
    packed = pack_weight(weight, bank.shape[0], x.dtype)
    channels = weight.shape[0] * bank.shape[0]
    return forward(x, packed, bank, channels, **options)


@pytest.fixture(autouse=True)
def threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_library_is_built() -> None:
    assert library() is not None


@pytest.mark.parametrize(
    ('channels', 'planes', 'k', 'stride', 'size'),
    [
        (3, 16, 5, 2, 112),
        (64, 16, 3, 1, 56),
        (64, 32, 3, 2, 56),
        (64, 32, 1, 2, 56),
        (256, 64, 3, 1, 14),
        (512, 128, 3, 1, 7),
    ],
)
def test_layers_of_gresnet18(channels, planes, k, stride, size) -> None:
    g = torch.Generator().manual_seed(0)
    x = torch.randn(1, channels, size, size, generator=g)
    weight = torch.randn(planes, channels, k, k, generator=g)
    bank = symmetric_bank(4, k, g)
    conv = {'stride': stride, 'padding': k // 2}
    y = native(x, weight, bank, **conv)
    assert error(y, dense(x, weight, bank, **conv)) < 1e-6


@pytest.mark.parametrize('channels', [256, 258, 512, 700])
@pytest.mark.parametrize('k', [1, 2, 3, 5])
def test_sums_over_many_channels_in_both_dtypes(channels, k) -> None:
    g = torch.Generator().manual_seed(channels)
    bank = symmetric_bank(4, k, g)
    conv = {'stride': 1, 'padding': k // 2}
    for dtype, bound in ((torch.float32, 1e-6), (torch.bfloat16, 1e-2)):
        if not covers(channels, *bank.shape[:2], dtype=dtype, **conv):
            continue
        x = torch.randn(2, channels, 9, 10, generator=g).to(dtype)
        weight = torch.randn(9, channels, k, k, generator=g).to(dtype).float()
        y = native(x, weight, bank, **conv)
        assert error(y, dense(x, weight, bank, **conv)) < bound


@st.composite
def cases(draw):
    k = draw(st.integers(1, 7))
    padding = draw(st.integers(0, k - 1))
    least = max(1, k - 2 * padding)
    return {
        'm': draw(st.sampled_from([2, 4, 8])),
        'planes': draw(st.integers(1, 40)),
        'shape': (
            draw(st.integers(1, 3)),
            draw(st.integers(1, 24)),
            least + draw(st.integers(0, 12)),
            least + draw(st.integers(0, 30)),
        ),
        'k': k,
        'conv': {'stride': draw(st.integers(1, 2)), 'padding': padding},
        'parts': draw(st.sets(st.sampled_from(['scale', 'bias', 'add']))),
        'relu': draw(st.booleans()),
        'channels_last': draw(st.booleans()),
        'dtype': draw(st.sampled_from([torch.float32, torch.bfloat16])),
        'threads': draw(st.integers(1, 3)),
        'seed': draw(st.integers(0, 1000)),
    }


@settings(derandomize=True, deadline=None, max_examples=200)
@given(cases())
def test_agrees_with_dense(case) -> None:
    g = torch.Generator().manual_seed(case['seed'])
    torch.set_num_threads(case['threads'])
    k, conv, dtype = case['k'], case['conv'], case['dtype']
    bank = symmetric_bank(case['m'], k, g)
    x = torch.randn(case['shape'], generator=g)
    channels, planes = x.shape[1], case['planes']
    if not covers(channels, *bank.shape[:2], dtype=dtype, **conv):
        assert dtype == torch.bfloat16
        dtype = torch.float32
    x = x.to(dtype)
    if case['channels_last']:
        x = x.contiguous(memory_format=torch.channels_last)
    weight = torch.randn(planes, channels, k, k, generator=g)
    weight = weight.to(dtype).float()
    expected = dense(x, weight, bank, **conv)
    options = {'relu': case['relu'], **conv}
    if 'scale' in case['parts']:
        options['scale'] = torch.rand(expected.shape[1], generator=g) + 0.5
    if 'bias' in case['parts']:
        options['bias'] = torch.randn(expected.shape[1], generator=g)
    if 'add' in case['parts']:
        residual = torch.randn(expected.shape, generator=g)
        options['residual'] = residual.to(dtype)
    y = native(x, weight, bank, **options)
    assert y.dtype == dtype
    assert y.is_contiguous(memory_format=torch.channels_last)
    limit = 1e-6 if dtype == torch.float32 else 2**-8
    assert error(y, dense(x, weight, bank, **options)) < limit


@pytest.mark.parametrize('value', [float('nan'), float('inf'), -float('inf')])
@pytest.mark.parametrize(('k', 'channels'), [(1, 8), (3, 8), (3, 3), (5, 3)])
def test_spreads_nan_and_inf_as_dense(value, k, channels) -> None:
    g = torch.Generator().manual_seed(k)
    x = torch.randn(2, channels, 9, 11, generator=g)
    x[0, 1, 4, 3] = x[1, 0, 0, 10] = value
    weight = torch.randn(5, channels, k, k, generator=g)
    bank = symmetric_bank(4, k, g)
    for relu in (False, True):
        options = {'padding': k // 2, 'relu': relu}
        y = native(x, weight, bank, **options)
        expected = dense(x, weight, bank, **options)
        assert torch.equal(y.isnan(), expected.isnan())
        assert torch.equal(y.isposinf(), expected.isposinf())
        assert torch.equal(y.isneginf(), expected.isneginf())


@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
def test_same_bits_in_every_run(dtype) -> None:
    g = torch.Generator().manual_seed(0)
    bank = symmetric_bank(4, 3, g)
    if not covers(64, 4, 3, stride=1, padding=1, dtype=dtype):
        assert dtype == torch.bfloat16
        return
    x = torch.randn(2, 64, 23, 23, generator=g).to(dtype)
    weight = torch.randn(20, 64, 3, 3, generator=g)
    torch.set_num_threads(2)
    first = native(x, weight, bank, padding=1)
    for _ in range(20):
        assert torch.equal(native(x, weight, bank, padding=1), first)


def test_weight_in_any_memory_format() -> None:
    g = torch.Generator().manual_seed(0)
    bank = symmetric_bank(2, 3, g)
    x = torch.randn(1, 6, 5, 5, generator=g)
    weight = torch.randn(4, 6, 3, 3, generator=g)
    turned = weight.contiguous(memory_format=torch.channels_last)
    assert torch.equal(native(x, turned, bank), native(x, weight, bank))


def test_empty_batch() -> None:
    y = native(torch.empty(0, 4, 5, 5), torch.ones(3, 4, 3, 3), ones(2, 3))
    assert y.shape == (0, 6, 3, 3)


def ones(m: int, k: int) -> Tensor:
    return torch.ones(m, k, k)


@pytest.mark.parametrize(
    ('sizes', 'changes'),
    [
        ((8, 3, 3), {}),
        ((8, 4, 9), {}),
        ((8, 4, 3), {'stride': 3}),
        ((8, 4, 3), {'padding': 3}),
        ((8, 4, 3), {'padding': -1}),
        ((8, 4, 3), {'dtype': torch.float64}),
        ((8, 4, 3), {'dtype': torch.float16}),
    ],
)
def test_refuses_what_it_cannot_do(sizes: tuple, changes: dict) -> None:
    options = {'stride': 1, 'padding': 1, 'dtype': torch.float32}
    assert covers(8, 4, 3, **options)
    assert not covers(*sizes, **(options | changes))


ONE_RUNTIME = """
from pathlib import Path
from csgresnet_mm.native import library
assert library() is not None
lines = Path('/proc/self/maps').read_text().splitlines()
names = {Path(line.split()[-1]).name for line in lines}
print(sum(n.startswith(('libgomp', 'libomp', 'libiomp')) for n in names))
"""


def test_one_openmp_runtime() -> None:
    # Alone: scikit-learn, which other tests import, brings one of its own
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', ONE_RUNTIME],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split()[-1] == '1'


def run_this_file(**environment: str) -> None:
    """Run the comparisons of this file with another build of the kernel."""
    done = subprocess.run(
        [
            sys.executable,
            '-m',
            'pytest',
            '-q',
            __file__,
            '-k',
            'dense or bits',
        ],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


@pytest.mark.slow
@pytest.mark.parametrize('march', ['x86-64-v3', 'x86-64'])
def test_older_instruction_sets(march: str) -> None:
    if ON_X86:
        run_this_file(CSGRESNET_NATIVE_MARCH=march)


@pytest.mark.slow
def test_sanitizers_are_silent() -> None:
    names = ('libasan.so', 'libubsan.so')
    found = [
        subprocess.check_output(['c++', f'-print-file-name={n}'], text=True)
        for n in names
    ]
    run_this_file(
        CSGRESNET_NATIVE_SANITIZE='1',
        LD_PRELOAD=':'.join(path.strip() for path in found),
        ASAN_OPTIONS='detect_leaks=0',
        UBSAN_OPTIONS='halt_on_error=1',
    )
