"""The environment that the measuring process runs in."""

import subprocess
import sys

import pytest

from csgresnet_mm.programs.benchmark.environment import (
    ALLOCATOR,
    AVX2,
    has_bf16,
    wanted_environment,
)

WAIT = {'GOMP_SPINCOUNT': '1000'}


def test_allocator_is_set_unless_the_stock_one_is_asked_for() -> None:
    current = {'HOME': '/h', 'MALLOC_TOP_PAD_': '1'}
    wanted = wanted_environment(current, stock_malloc=False, avx2=False)
    assert wanted == {'HOME': '/h', **ALLOCATOR, **WAIT}
    stock = wanted_environment(wanted, stock_malloc=True, avx2=False)
    assert stock == {'HOME': '/h', **WAIT}


def test_avx2_restricts_every_arm() -> None:
    wanted = wanted_environment({}, stock_malloc=True, avx2=True)
    assert wanted == {**AVX2, **WAIT}
    assert set(wanted) >= {'ONEDNN_MAX_CPU_ISA', 'ATEN_CPU_CAPABILITY'}


def test_a_way_to_wait_that_the_user_has_stays() -> None:
    current = {'OMP_WAIT_POLICY': 'active'}
    wanted = wanted_environment(current, stock_malloc=True, avx2=False)
    assert wanted == current


def test_avx2_hides_bf16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('ATEN_CPU_CAPABILITY', 'avx2')
    assert not has_bf16()


def test_the_process_restarts_once_with_the_same_arguments() -> None:
    program = """
import os, sys
from csgresnet_mm.programs.benchmark.environment import (
    restart_with, wanted_environment)
print('started', flush=True)
restart_with(wanted_environment(os.environ, stock_malloc=False, avx2=True))
print(sys.argv[1:], os.environ['MALLOC_TOP_PAD_'])
import torch
print(torch.backends.cpu.get_cpu_capability())
"""
    result = subprocess.run(
        [sys.executable, '-c', program, 'an argument', '--option'],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    # MMEngine's fork prints a line of its own at import
    lines = result.stdout.splitlines()
    assert lines.count('started') == 2
    assert lines[-2:] == ["['an argument', '--option'] 67108864", 'AVX2']
