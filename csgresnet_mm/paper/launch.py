"""How runs are started, and who may start them."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

LAUNCHERS = ('none', 'pytorch', 'slurm')
WORKER = 'csgresnet_mm.paper.train_one'


class FolderInUseError(RuntimeError):
    """Another program reproduces into the same folder."""


@dataclass(frozen=True)
class Launch:
    """How runs are started.

    Args:
        jobs: Runs at once.
        launcher: ``none``, ``pytorch`` (torchrun) or ``slurm`` (srun).
        gpus: Processes of one run, with a launcher.
        threads: Of each process on the CPU; 0 leaves torch's choice.
    """

    jobs: int = 1
    launcher: str = 'none'
    gpus: int = 1
    threads: int = 0

    def command(self, config: Path) -> list[str]:
        """The command line of a run.

        Args:
            config: The run's config.py.
        """
        module = ['-m', WORKER, str(config), '--launcher', self.launcher]
        module.append('--watch-parent')
        if self.launcher == 'pytorch':
            return [
                sys.executable,
                '-m',
                'torch.distributed.run',
                '--standalone',
                f'--nproc-per-node={self.gpus}',
                *module,
            ]
        if self.launcher == 'slurm':
            return [
                'srun',
                f'--ntasks={self.gpus}',
                f'--ntasks-per-node={self.gpus}',
                f'--gres=gpu:{self.gpus}',
                '--kill-on-bad-exit=1',
                sys.executable,
                *module,
            ]
        return [sys.executable, *module]

    def environment(self) -> dict[str, str]:
        """That of a run."""
        threads = {} if not self.threads else {'OMP_NUM_THREADS': self.threads}
        return {**os.environ, **{k: str(v) for k, v in threads.items()}}


@contextlib.contextmanager
def sole_user(work: Path) -> Iterator[None]:
    """Hold the folder; the system lets it go if the process dies.

    Raises:
        FolderInUseError: Another process holds it.
    """
    work.mkdir(parents=True, exist_ok=True)
    try:
        held = FileLock(work / '.lock').acquire(timeout=0)
    except Timeout as error:
        raise FolderInUseError(
            f'{work}: another reproduce.py works on this folder; wait '
            'for it, or give another --work-dir'
        ) from error
    with held:
        yield
