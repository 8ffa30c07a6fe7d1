"""One run of the plan, in a process of its own.

``python -m csgresnet_mm.paper.train_one CONFIG --launcher none``
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from filelock import FileLock
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.dist import is_main_process
from mmengine.runner import Runner

from csgresnet_mm.apis.config_data.orders import references
from csgresnet_mm.apis.config_data.parts import open_parts
from csgresnet_mm.apis.config_data.releases import identify
from csgresnet_mm.apis.run_folder import RUN, WEIGHTS
from csgresnet_mm.datasets.wrapped import leaves
from csgresnet_mm.engine import safe_loading
from csgresnet_mm.engine.hooks.fingerprint_hook import fingerprint
from csgresnet_mm.engine.mmpretrain_tools import DDP_ON_CPU, group_left
from csgresnet_mm.engine.strict_loading import load_strictly
from csgresnet_mm.engine.unwrap import unwrap
from csgresnet_mm.mmengine_private import mark_loaded
from csgresnet_mm.paper.configs import hash_config
from csgresnet_mm.paper.counts import count
from csgresnet_mm.paper.files import lock_of, write_json
from csgresnet_mm.paper.record import RecordRunHook

MEGA = 2**20


def _die_with_parent() -> None:
    """End when the program that started this one is gone.

    It holds the other end of standard input and never writes.
    """

    def wait() -> None:
        os.read(0, 1)  # sys.stdin's own lock would outlive the program
        os._exit(143)

    threading.Thread(target=wait, daemon=True).start()


def sole_writer(folder: Path) -> AbstractContextManager[object]:
    """Hold a run's folder until its process has ended, in the first of them.

    What follows a killed program waits until its orphans write no more.

    Args:
        folder: The run's.
    """
    rank = os.environ.get('RANK') or os.environ.get('SLURM_PROCID') or '0'
    return nullcontext() if int(rank) else FileLock(lock_of(folder))


def prepare(path: Path, launcher: str) -> Config:
    """Read a run's config, with what this machine needs.

    Args:
        path: The run's config.py.
        launcher: ``none``, ``pytorch`` or ``slurm``.
    """
    config = Config.fromfile(path)
    config.launcher = launcher
    if get_device() == 'cpu':
        for split in ('train', 'val', 'test'):
            config[f'{split}_dataloader'].pin_memory = False
        if launcher != 'none':
            dist.init_process_group('gloo')
            config.merge_from_dict(DDP_ON_CPU)
    return config


def train(config: Config) -> None:
    """Train, evaluate as the protocol says, and write run.json.

    Args:
        config: From :func:`prepare`.
    """
    safe_loading.install()
    facts = dict(config.reproduce)
    folder = Path(facts.pop('folder'))
    # of the config as it was planned, not with what this machine needs
    planned = hash_config(Config.fromfile(config.filename))
    runner = Runner.from_cfg(config)
    begin = time.perf_counter()
    runner.train()
    seconds = time.perf_counter() - begin
    hook = next(h for h in runner.hooks if isinstance(h, RecordRunHook))
    if facts['protocol'] == 'honest':
        path = str(folder / WEIGHTS)
        saved = safe_loading.load_from_local(path, 'cpu')
        load_strictly(unwrap(runner.model), saved['state_dict'], path)
        mark_loaded(runner)  # else it would load load_from again
        runner.test()
    if is_main_process():
        facts['run'] = folder.name
        facts |= _facts(runner, config, folder)
        facts |= {
            'epochs': len(hook.curve),
            'best_epoch': hook.chosen,
            'config_sha256': planned,
            'train_seconds': seconds,
            'peak_memory_mb': _peak_memory(),
        }
        write_json(folder / RUN, facts)


def _facts(runner: Runner, config: Config, folder: Path) -> dict[str, Any]:
    """Which data, and what the network costs."""
    loaders = [runner.train_dataloader]
    loaders.append(
        runner.test_dataloader
        if config.reproduce.protocol == 'honest'
        else runner.val_dataloader
    )
    data = [
        fingerprint(leaf)
        for loader in loaders
        for leaf in leaves(loader.dataset)
    ]
    for entry in data:
        entry.pop('root')
    parts = open_parts(config, None)
    kinds = identify(parts, references())
    release = '; '.join(
        f'{verdict.kind.value}: {verdict.text}' for verdict in kinds.values()
    )
    layout = ', '.join(
        dict.fromkeys(
            part.layout.replace(f'{part.root}{os.sep}', '') for part in parts
        )
    )
    shape = _input_shape(runner)
    cost = count(config.model.to_dict(), shape)
    return {
        'release': release,
        'variant': layout,
        'fingerprint': data,
        'parameters': cost.parameters,
        'multiply_adds': cost.multiply_adds,
        'input_shape': list(shape),
        'classes': list(runner.train_dataloader.dataset.metainfo['classes']),
    }


def _input_shape(runner: Runner) -> tuple[int, int, int]:
    shape = runner.train_dataloader.dataset[0]['inputs'].shape
    return (int(shape[0]), int(shape[1]), int(shape[2]))


def _peak_memory() -> float | None:
    """Most memory used so far, in MiB: of the GPU, or of this process.

    None where the system does not say.
    """
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / MEGA
    if sys.platform == 'win32':
        return None
    import resource  # not on Windows

    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / MEGA if sys.platform == 'darwin' else used / 1024


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', type=Path)
    parser.add_argument('--launcher', default='none')
    parser.add_argument('--watch-parent', action='store_true')
    args = parser.parse_args()
    if args.watch_parent:
        _die_with_parent()
    with sole_writer(args.config.parent), group_left():
        train(prepare(args.config, args.launcher))


if __name__ == '__main__':
    main()
