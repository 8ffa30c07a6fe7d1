"""Kill one of two training processes, resume, compare with an undisturbed run.

    python tests/engine/process_kills.py FOLDER --workers 0 2

A line a run, and exit 1 if a job hangs, ends without an error, leaves a
process behind or is resumed to other bits. The jobs are started by
tools/dist_train.sh.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parent))
import resume_run  # noqa: E402
from process_faults import MARK  # noqa: E402
from resume_compare import differences  # noqa: E402

SCRIPT = Path(__file__).parents[2] / 'tools/dist_train.sh'
PROCESSES = 2
LIMIT = 60
"""Seconds in which a job must end when one of its processes is gone."""


@dataclasses.dataclass(frozen=True)
class Fault:
    """Arguments of ProcessFaultHook."""

    rank: int
    kind: str
    at: int
    delay: float = 0


FAULTS = [
    Fault(1, 'reduce', 8),
    Fault(0, 'reduce', 13),
    Fault(1, 'time', 6, 0.004),
    Fault(0, 'time', 9, 0.02),
    Fault(1, 'time', 17, 0.03),
    Fault(0, 'val', 3),
    Fault(1, 'val', 2),
]
"""Of 18 iterations of training, 6 an epoch, and 2 of validation an epoch."""


class Job:
    """Trainings of two processes on the same data, in a folder."""

    def __init__(self, folder: Path, workers: int) -> None:
        self.folder = folder / f'workers{workers}'
        self.data = folder / 'data'
        self.workers = workers

    def run(
        self, name: str, fault: Fault | None = None, resume: bool = False
    ) -> tuple[int, str]:
        """Train to the end or the fault; the status and what was printed."""
        work_dir = self.folder / name
        work_dir.mkdir(parents=True, exist_ok=True)
        config = work_dir / f'config_resume_{resume}.py'
        self._write_config(config, work_dir, fault)
        output = work_dir / f'output_resume_{resume}.txt'
        paths = [str(Path(__file__).parent), os.environ.get('PYTHONPATH')]
        with output.open('w') as stream:
            process = subprocess.Popen(
                [
                    *('bash', SCRIPT, config, str(PROCESSES)),
                    *('--work-dir', work_dir),
                    *(['--resume'] if resume else []),
                ],
                cwd=work_dir,  # MMEngine's metrics put their parts here
                env=os.environ
                | dict(
                    PATH=f'{Path(sys.executable).parent}:{os.environ["PATH"]}',
                    PYTHONPATH=os.pathsep.join(filter(None, paths)),
                    OMP_NUM_THREADS='1',
                ),
                stdout=stream,
                stderr=stream,
            )
            status = _wait(process, work_dir / MARK)
        return status, output.read_text()

    def disturb(self, fault: Fault) -> tuple[float, list[str]]:
        """Kill a process; seconds until all are gone, and what is wrong."""
        name = f'{fault.kind}_rank{fault.rank}_{fault.at}'
        status, output = self.run(name, fault)
        mark = self.folder / name / MARK
        if not mark.exists():
            return 0, [f'nothing was killed: {output[-2000:]}']
        seconds = time.time() - float(mark.read_text())
        mark.unlink()
        found = []
        if status <= 0 or 'SIGKILL' not in output:
            found.append(f'ended with {status}: {output[-2000:]}')
        # A loader's workers look every 5 s if their process is there
        while (left := _alive(self.folder)) and seconds < LIMIT:
            time.sleep(0.5)
            seconds += 0.5
        found += [f'left behind: {line}' for line in left]
        return seconds, found

    def compare(self, fault: Fault) -> list[str]:
        """Resume what :meth:`disturb` left; what differs."""
        name = f'{fault.kind}_rank{fault.rank}_{fault.at}'
        status, output = self.run(name, resume=True)
        if status:
            return [f'resumed and ended with {status}: {output[-2000:]}']
        return differences(self.folder / 'reference', self.folder / name)

    def _write_config(
        self, path: Path, work_dir: Path, fault: Fault | None
    ) -> None:
        made = resume_run.config(
            work_dir, self.data, seed=0, workers=self.workers
        )
        made.merge_from_dict(
            {
                'default_hooks.checkpoint.backend_args.backend': 'atomic',
                'train_dataloader.batch_size': resume_run.BATCH // PROCESSES,
                'val_dataloader.batch_size': resume_run.BATCH // PROCESSES,
            }
        )
        made.custom_imports.imports.append('process_faults')
        if fault is not None:
            made.custom_hooks.append(
                dict(type='ProcessFaultHook', **dataclasses.asdict(fault))
            )
        made.dump(str(path))


def _wait(process: subprocess.Popen[bytes], mark: Path) -> int:
    """The status; a job that goes on for too long after a kill is ended."""
    start = time.time()
    while process.poll() is None:
        killed = float(mark.read_text() or start) if mark.exists() else None
        if time.time() > (killed or start + 540) + LIMIT:
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
            process.kill()
            process.wait()
            raise TimeoutError(f'the job hangs, see {mark.parent}')
        time.sleep(0.05)
    return process.returncode


def _alive(folder: Path) -> list[str]:
    lines = (
        ' '.join(process.info['cmdline'] or [])
        for process in psutil.process_iter(['cmdline', 'status'])
        if process.info['status'] != psutil.STATUS_ZOMBIE
    )
    return [line for line in lines if f'{folder}/' in line]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('folder', type=Path)
    parser.add_argument('--workers', type=int, nargs='+', default=[0])
    parser.add_argument('--kills', type=int, default=len(FAULTS))
    arguments = parser.parse_args()
    wrong = []
    for workers in arguments.workers:
        job = Job(arguments.folder.resolve(), workers)
        status, output = job.run('reference')
        if status:
            raise RuntimeError(f'the undisturbed run ended: {output[-2000:]}')
        for fault in FAULTS[: arguments.kills]:
            seconds, found = job.disturb(fault)
            found = found or job.compare(fault)
            wrong += found
            state = f'WRONG: {found[:5]}' if found else 'identical'
            print(
                f'{workers} workers, {fault}: all ended within '
                f'{seconds:.0f} s, {state}',
                flush=True,
            )
    if not wrong:
        shutil.rmtree(arguments.folder)
    return int(bool(wrong))


if __name__ == '__main__':
    sys.exit(main())
