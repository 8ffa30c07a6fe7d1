"""The installed MMPretrain's own tools, and what they need on a CPU."""

import argparse
import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import mmpretrain
import torch.distributed as dist

from csgresnet_mm.engine.cpu_amp import CPUAmpOptimWrapper

DDP_ON_CPU = {
    'model_wrapper_cfg.type': 'MMDistributedDataParallel',
    'model_wrapper_cfg.device_ids': None,
    'model_wrapper_cfg.broadcast_buffers': False,
}
"""MMEngine's own default asks for CUDA device numbers."""


def find_tool(name: str) -> Path:
    """Give the path of a tool of the installed MMPretrain.

    Args:
        name: Path below MMPretrain's ``tools/``, as ``'train.py'``.

    Returns:
        The script's path.

    Raises:
        FileNotFoundError: If this MMPretrain has no such tool.
    """
    package = Path(mmpretrain.__file__).parent
    # .mim in an installed MMPretrain, beside the package in a checkout
    candidates = (
        package / '.mim' / 'tools' / name,
        package.parent / 'tools' / name,
    )
    for path in candidates:
        if path.is_file():
            return path
    raise FileNotFoundError(
        f'MMPretrain has no tool {name}; looked for '
        f'{", ".join(map(str, candidates))}'
    )


def load_tool(name: str) -> ModuleType:
    """Load a tool of the installed MMPretrain without running it.

    Args:
        name: Path below MMPretrain's ``tools/``.

    Returns:
        A module of its own: its ``main`` sees what is changed in it.

    Raises:
        FileNotFoundError: If this MMPretrain has no such tool.
    """
    path = find_tool(name)
    spec = spec_from_file_location(f'mmpretrain_tool_{path.stem}', path)
    if spec is None or spec.loader is None:
        raise ImportError(f'{path} cannot be loaded as Python')
    tool = module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool


def adapt_to_cpu(name: str, arguments: list[str]) -> list[str]:
    """Add what the tools need where there is no accelerator.

    Args:
        name: Of the tool.
        arguments: Of its command line.

    Returns:
        Those, and more.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument('--launcher')
    parser.add_argument('--no-pin-memory', action='store_true')
    parser.add_argument('--amp', action='store_true')
    known, _ = parser.parse_known_args(arguments)
    if not known.no_pin_memory:
        arguments = [*arguments, '--no-pin-memory']
    values = {}
    if known.amp and name == 'train.py':
        arguments.remove('--amp')
        values['optim_wrapper.type'] = CPUAmpOptimWrapper.__name__
        print(
            '--amp: no accelerator, so this trains in bfloat16 on the CPU '
            f'({CPUAmpOptimWrapper.__name__})'
        )
    if known.launcher == 'pytorch':
        dist.init_process_group('gloo')
        values |= DDP_ON_CPU
    return _with_options(arguments, values)


def _with_options(
    arguments: list[str], values: Mapping[str, object]
) -> list[str]:
    """Put values in front of those of ``--cfg-options``, which win."""
    if not values:
        return arguments
    option = '--cfg-options'
    options = [f'{key}={value}' for key, value in values.items()]
    if option not in arguments:
        return [*arguments, option, *options]
    after = arguments.index(option) + 1
    return [*arguments[:after], *options, *arguments[after:]]


@contextmanager
def group_left() -> Iterator[None]:
    """Leave the process group after the block, if there is one by then."""
    try:
        yield
        if dist.is_initialized():
            # A thread of gloo may still be about to drop its last collective,
            # for which it takes Python's lock; where Python is ending by then
            # it aborts the process ("terminate called without an active
            # exception"). Destroying the group joins its threads, unless
            # something holds it still, as the run's wrapped model does: drop
            # that first. None may leave before the others are here.
            gc.collect()
            dist.barrier()
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()
