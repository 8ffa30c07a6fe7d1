"""The process that measures: its allocator, instruction set and machine."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import torch

from csgresnet_mm import process
from csgresnet_mm.functional import plans

ALLOCATOR = {name: str(size) for name, (_, size) in process.ALLOCATOR.items()}
"""What programs here set by ``mallopt``, as variables, which compilers and
other processes of a measurement inherit."""

AVX2 = {
    'CSGRESNET_NATIVE_MARCH': 'x86-64-v3',
    'ONEDNN_MAX_CPU_ISA': 'AVX2',
    'ATEN_CPU_CAPABILITY': 'avx2',
}
"""No instruction beyond AVX2 in our kernel, oneDNN, torch and Inductor."""

BF16_FLAGS = {'avx512_bf16', 'amx_bf16', 'avx_ne_convert', 'bf16'}


def wanted_environment(
    current: Mapping[str, str], *, stock_malloc: bool, avx2: bool
) -> dict[str, str]:
    """The environment that the measuring process must have.

    Args:
        current: The environment of this process; a way to wait that it has
            stays, else it is that of all programs here.
        stock_malloc: Whether to leave glibc's allocator at its defaults.
        avx2: Whether to use nothing beyond AVX2; else what ``current`` says.

    Returns:
        A whole environment.
    """
    wanted = {k: v for k, v in current.items() if k not in ALLOCATOR}
    if not any(name in current for name in process.WAIT):
        wanted[process.WAIT[0]] = str(process.SPINS)
    if not stock_malloc:
        wanted |= ALLOCATOR
    return wanted | AVX2 if avx2 else wanted


def restart_with(wanted: dict[str, str]) -> None:
    """Replace this process by the same command in another environment.

    Args:
        wanted: A whole environment; nothing happens where it is that of this
            process already.
    """
    if wanted != dict(os.environ):
        sys.stdout.flush()
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], wanted)


def _cpu_info(*keys: str) -> str:
    """A line of /proc/cpuinfo, empty where there is none."""
    path = Path('/proc/cpuinfo')
    for line in path.read_text().splitlines() if path.exists() else ():
        key, _, value = line.partition(':')
        if key.strip() in keys:
            return value.strip()
    return ''


def own_execution(device: str) -> str:
    """The execution that a user of this device gets.

    Args:
        device: ``'cpu'`` or ``'cuda'``.
    """
    on_cpu = device == 'cpu' and plans.native_available()
    return 'native' if on_cpu else 'dense'


def has_bf16() -> bool:
    """Whether this CPU has bfloat16 instructions and may use them."""
    if os.environ.get('ATEN_CPU_CAPABILITY') in ('avx2', 'default'):
        return False
    return bool(BF16_FLAGS & set(_cpu_info('flags', 'Features').split()))


def describe(device: str) -> dict[str, str]:
    """State what a reader must know to compare two runs.

    Args:
        device: ``'cpu'`` or ``'cuda'``.

    Returns:
        Name -> value, in the order to print.
    """
    names = (*ALLOCATOR, *AVX2, *process.WAIT, 'OMP_NUM_THREADS')
    found = [f'{n}={os.environ[n]}' for n in names if n in os.environ]
    kept = all(name in os.environ for name in ALLOCATOR)
    facts = {
        'Command': ' '.join(sys.orig_argv[1:]),
        'torch': torch.__version__,
        'CPU': _cpu_info('model name') or platform.processor(),
        'CPU capability in torch': torch.backends.cpu.get_cpu_capability(),
        'Threads': str(torch.get_num_threads()),
        'Allocator': 'glibc, keeps freed blocks' if kept else 'stock',
        'Environment': ', '.join(found) or 'nothing set',
        'Native kernel': 'built' if plans.native_available() else 'none',
        'Device': device,
    }
    if hasattr(os, 'getloadavg'):
        facts['Load at the start'] = f'{os.getloadavg()[0]:.1f}'
    if device == 'cuda':
        facts['GPU'] = torch.cuda.get_device_name()
        facts['Float32 in cuDNN'] = str(
            torch.backends.cudnn.conv.fp32_precision
        )
    return facts


def describe_card() -> dict[str, str]:
    """State the card and what drives it.

    Returns:
        Name -> value: card, compute capability, driver, CUDA, cuDNN, Triton.
    """
    (major, minor) = torch.cuda.get_device_capability()
    return {
        'Card': torch.cuda.get_device_name(),
        'Compute capability': f'{major}.{minor}',
        'Driver': _driver(),
        'CUDA': str(torch.version.cuda),
        'cuDNN': str(torch.backends.cudnn.version()),
        'Triton': version('triton') if plans.triton_available() else 'none',
    }


def _driver() -> str:
    """The driver's version, as nvidia-smi says it."""
    if shutil.which('nvidia-smi') is None:
        return 'unknown'
    asked = ['--query-gpu=driver_version', '--format=csv,noheader']
    done = subprocess.run(
        ['nvidia-smi', *asked], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()[0].strip()
