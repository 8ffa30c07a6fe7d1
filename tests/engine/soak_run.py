"""Train the demo for long and watch the memory of all its processes.

    python tests/engine/soak_run.py FOLDER --iterations 2000

prints a line a sample and the spread after the warm-up, two of eight epochs;
exit 1 if it is above 5 %.

A page counts in each process that has it. Forked workers share theirs with the
run until one of the two writes, some time after the first validation: counted
in parts (PSS) that is a step of up to a copy of the run's heap, about 100 MiB,
once for each time that workers are forked. It is no growth: no process holds
more than before.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

CONFIG = Path(__file__).parents[2] / 'configs/csgresnet18_demo.py'
BATCH = 8
SAMPLES = 80
"""In a run."""

COUNTED = ('Anonymous', 'Pss_Shmem', 'Swap')
WARM_UP = SAMPLES // 4
MOST_SPREAD = 0.05


def own_memory(pid: int) -> int:
    """KiB of a process, its shared memory in parts."""
    text = Path(f'/proc/{pid}/smaps_rollup').read_text()
    rows = dict(re.findall(r'^(\w+): +(\d+) kB$', text, re.MULTILINE))
    return sum(int(rows[key]) for key in COUNTED)


class MemoryHook(Hook):
    """Memory of the run and its workers, in MiB.

    Without the pages of files: the libraries' are shared with whatever else
    runs on the machine, so the part of this run comes and goes.
    """

    def __init__(self, every: int) -> None:
        self.every = every
        self.sizes: list[float] = []
        self.processes: list[int] = []

    def after_train_iter(self, runner: Runner, *_: Any, **__: Any) -> None:
        if (runner.iter + 1) % self.every:
            return
        own = psutil.Process(os.getpid())
        all_of_them = [own, *own.children(recursive=True)]
        total = sum(own_memory(process.pid) for process in all_of_them)
        self.sizes.append(round(total / 1024, 1))
        self.processes.append(len(all_of_them))
        print(
            f'iteration {runner.iter + 1}: {self.sizes[-1]} MiB in '
            f'{self.processes[-1]} processes',
            flush=True,
        )


def spread(sizes: list[float]) -> float:
    """Largest deviation from the first after the warm-up, as a part.

    Medians of ten samples: what a process has freed at the moment of one,
    between two steps, is chance.
    """
    warm = sizes[WARM_UP:]
    medians = [median(warm[i : i + 10]) for i in range(0, len(warm), 10)]
    return max(abs(size / medians[0] - 1) for size in medians)


def config(folder: Path, iterations: int, width: int, workers: int) -> Config:
    """The demo with batches of 8 and eight epochs."""
    epochs = 8
    per_epoch, rest = divmod(iterations, epochs)
    if rest or iterations % SAMPLES:
        raise ValueError(
            f'iterations={iterations} is no multiple of {SAMPLES}'
        )
    made = Config.fromfile(CONFIG)
    loader = dict(
        batch_size=BATCH,
        num_workers=workers,
        persistent_workers=workers > 0,
        dataset=dict(
            data_root=str(folder / 'data'),
            num_train=per_epoch * BATCH,
            num_test=10 * BATCH,
        ),
    )
    made.merge_from_dict(
        {
            'model.backbone.base_channels': width,
            'model.backbone.stem_channels': width,
            'model.head.in_channels': 2 * width,
            'train_dataloader': loader,
            'val_dataloader': loader,
            'train_cfg.max_epochs': epochs,
            'work_dir': str(folder / 'work'),
        }
    )
    return made


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('folder', type=Path)
    parser.add_argument('--iterations', type=int, default=2000)
    parser.add_argument('--width', type=int, default=64, help='of layer 1')
    parser.add_argument('--workers', type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    made = config(
        arguments.folder,
        arguments.iterations,
        arguments.width,
        arguments.workers,
    )
    hook = MemoryHook(arguments.iterations // SAMPLES)
    runner = Runner.from_cfg(made)
    runner.register_hook(hook)
    runner.train()
    found = spread(hook.sizes)
    facts = dict(
        iterations=runner.iter,
        samples=len(hook.sizes),
        processes=sorted(set(hook.processes)),
        spread=round(found, 4),
        first=median(hook.sizes[WARM_UP : WARM_UP + 10]),
        last=median(hook.sizes[-10:]),
    )
    print(json.dumps(facts))
    return int(found > MOST_SPREAD)


if __name__ == '__main__':
    sys.exit(main())
