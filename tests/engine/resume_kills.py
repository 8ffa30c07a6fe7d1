"""Kill trainings, resume them, and compare with an undisturbed one.

    python tests/engine/resume_kills.py FOLDER --seeds 0 1 --workers 0 2

kills 15 runs with SIGKILL for each seed and number of workers, fills the disk
of one more and sends SIGTERM to another; a line a run, and exit 1 if one of
them differs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from resume_compare import differences  # noqa: E402
from resume_run import EVENTS, Fault, config, train  # noqa: E402

from csgresnet_mm.engine.checksums import find_damage  # noqa: E402
from csgresnet_mm.engine.safe_loading import load_from_local  # noqa: E402

WRITES = [
    Fault('half', 0),
    Fault('renamed', 1),
    Fault('whole', 2),
    Fault('half', 4),
    Fault('removed', 0),
    Fault('whole', 5),
]
"""Of the eight or more writes of a run: every part of one."""


def faults(seed: int, workers: int, kills: int) -> list[Fault]:
    """Kills in time, spread over the run, and in writes; 3 to 2."""
    draw = np.random.default_rng([seed, workers])
    writes = WRITES[: round(kills * 0.4)]
    times = [
        Fault('time', int(event), float(draw.uniform(0, 0.03)))
        for event in np.linspace(0, EVENTS - 1, kills - len(writes)).round()
    ]
    return times + writes


def in_child(work: Callable[[], None], log: Path) -> int:
    """Run in a forked process; its exit status, negative for a signal."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        with open(log, 'ab') as stream:
            os.dup2(stream.fileno(), 1)
            os.dup2(stream.fileno(), 2)
        status = 70
        try:
            work()
            status = 0
        finally:  # the child must not go on
            if sys.exc_info()[0] is not None:
                traceback.print_exc()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


class Bench:
    """Runs of one seed and number of workers, in a folder."""

    def __init__(self, folder: Path, seed: int, workers: int) -> None:
        self.folder = folder / f'seed{seed}_workers{workers}'
        self.options = dict(seed=seed, workers=workers)
        self.data = folder / 'data'
        self.reference = self.folder / 'reference'
        status = self.run(self.reference)
        if status:
            raise RuntimeError(f'the undisturbed run ended with {status}')

    def run(
        self, work_dir: Path, fault: Fault | None = None, resume: bool = False
    ) -> int:
        """Train in a process of its own."""
        work_dir.mkdir(parents=True, exist_ok=True)
        made = config(work_dir, self.data, resume=resume, **self.options)
        return in_child(
            lambda: train(made, fault), work_dir / f'output_{resume}.txt'
        )

    def disturb(self, fault: Fault, status: int) -> list[str]:
        """End a run, resume it; what is wrong, in words."""
        work_dir = self.folder / f'{fault.kind}_{fault.at}'
        ended = self.run(work_dir, fault)
        if ended != status:
            return [f'ended with {ended}, {status} is expected']
        for path in work_dir.glob('*.pth'):
            damage = find_damage(path)
            if damage is not None:
                return [f'{path} is damaged: {damage}']
            load_from_local(str(path), 'cpu')
        ended = self.run(work_dir, resume=True)
        if ended:
            return [f'resumed and ended with {ended}, see {work_dir}']
        found = differences(self.reference, work_dir)
        found += [f'left over: {path}' for path in work_dir.glob('.*.tmp')]
        if not found:
            shutil.rmtree(work_dir)
        return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('folder', type=Path)
    parser.add_argument('--seeds', type=int, nargs='+', default=[0])
    parser.add_argument('--workers', type=int, nargs='+', default=[0])
    parser.add_argument('--kills', type=int, default=15)
    arguments = parser.parse_args()
    counts: dict[str, list[bool]] = {}
    for seed in arguments.seeds:
        for workers in arguments.workers:
            bench = Bench(arguments.folder, seed, workers)
            plan = [
                ('SIGKILL', fault, -9)
                for fault in faults(seed, workers, arguments.kills)
            ]
            plan.append(('full disk', Fault('full', 1), 70))
            plan.append(('SIGTERM', Fault('term', EVENTS // 2), 143))
            for kind, fault, status in plan:
                found = bench.disturb(fault, status)
                counts.setdefault(kind, []).append(not found)
                state = 'identical' if not found else f'DIFFERS: {found[:5]}'
                print(
                    f'seed {seed}, {workers} workers, {fault}: {state}',
                    flush=True,
                )
    for kind, results in counts.items():
        print(f'{kind}: {sum(results)} of {len(results)} identical')
    return int(not all(map(all, counts.values())))


if __name__ == '__main__':
    sys.exit(main())
