"""The kernel's NEON form: cross-compiled, run under user-mode emulation."""

import platform
import shutil
import subprocess
from pathlib import Path

import pytest

from csgresnet_mm.native import build

pytestmark = pytest.mark.aarch64

COMPILER, EMULATOR = 'aarch64-linux-gnu-g++', 'qemu-aarch64-static'
HARNESS = Path(__file__).with_name('exactness.cpp')


@pytest.mark.parametrize('cpu', ['generic', 'neoverse-v1'])
def test_agrees_with_loops_in_double(cpu, monkeypatch, tmp_path) -> None:
    for program in (COMPILER, EMULATOR):
        assert shutil.which(program), (
            f'{program} not found; on Debian: apt-get install '
            'g++-aarch64-linux-gnu qemu-user-static'
        )
    monkeypatch.setattr(platform, 'machine', lambda: 'aarch64')
    monkeypatch.setenv('CSGRESNET_NATIVE_MARCH', cpu)
    flags = [flag for flag in build._flags() if flag != '-shared']
    assert f'-mcpu={cpu}' in flags
    sources = [path for path in build._sources() if path.suffix == '.cpp']
    program = tmp_path / 'exactness'
    subprocess.run(
        [COMPILER, *flags, '-static', '-fopenmp']
        + [*sources, HARNESS, '-o', program],
        check=True,
    )
    done = subprocess.run(
        [EMULATOR, '-cpu', 'max', program], capture_output=True, text=True
    )
    assert done.stdout.splitlines() == ['420 compared, 0 wrong, 2 threads']
    assert done.returncode == 0
