"""Running a plan: what is finished stays, what was interrupted begins anew."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock
from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn

from csgresnet_mm.apis.run_folder import CURVE, RUN
from csgresnet_mm.paper.configs import hash_config, make_config
from csgresnet_mm.paper.data import DATA
from csgresnet_mm.paper.files import CONFIG, LOG, lock_of, write_text
from csgresnet_mm.paper.launch import Launch
from csgresnet_mm.paper.plan import Run, Sizes
from csgresnet_mm.safe_json import read_json

_POLL_S = 0.2


@dataclass
class Outcome:
    """What became of a plan.

    Args:
        done: Runs that are finished, now or before.
        failed: Run to its log.
        blocked: Run to the reason why it was not started.
    """

    done: list[Run] = field(default_factory=list)
    failed: dict[Run, Path] = field(default_factory=dict)
    blocked: dict[Run, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every run is finished."""
        return not self.failed and not self.blocked


@dataclass
class _Job:
    run: Run
    process: subprocess.Popen[bytes]
    folder: Path


class Executor:
    """Runs a plan in a folder.

    Args:
        work: The folder; a run's is ``work/runs/RUN_ID``.
        sizes: How much is trained.
        launch: How runs are started.
        console: Where to report.
    """

    def __init__(
        self, work: Path, sizes: Sizes, launch: Launch, console: Console
    ) -> None:
        self.work = work
        self.sizes = sizes
        self.launch = launch
        self.console = console
        self.outcome = Outcome()
        self._jobs: list[_Job] = []

    def execute(self, runs: Sequence[Run]) -> Outcome:
        """Run what is not finished; a failed run stops nothing else.

        Args:
            runs: In an order in which pre-trainings come first.
        """
        waiting = [run for run in runs if not self._is_done(run)]
        finished = len(self.outcome.done)
        columns = (*Progress.get_default_columns(), TimeElapsedColumn())
        with Progress(*columns, console=self.console) as progress:
            task = progress.add_task('trainings', total=len(runs))
            progress.advance(task, finished)
            # what was there before says nothing of the time to come
            progress.reset(task, total=len(waiting), start=True)
            try:
                while waiting or self._jobs:
                    self._start(waiting)
                    time.sleep(_POLL_S)
                    self._collect()
                    ended = len(runs) - len(waiting) - len(self._jobs)
                    progress.update(
                        task,
                        completed=ended - finished + self._part(),
                        description=f'{ended} of {len(runs)} trainings',
                    )
            finally:
                self._end()
        return self.outcome

    def folder(self, run: Run) -> Path:
        """A run's."""
        return self.work / 'runs' / run.id

    def _config(self, run: Run) -> tuple[str, str]:
        config = make_config(
            run, self.folder(run), self.sizes, self.launch.gpus
        )
        return config.pretty_text, hash_config(config)

    def _is_done(self, run: Run) -> bool:
        path = self.folder(run) / RUN
        if not path.is_file():
            return False
        if read_json(path)['config_sha256'] == self._config(run)[1]:
            self.outcome.done.append(run)
            return True
        self.console.print(
            f'{run.id}: its config is another one than that of the finished '
            'run: it is trained again',
            highlight=False,
        )
        return False

    def _start(self, waiting: list[Run]) -> None:
        for run in list(waiting):
            if len(self._jobs) >= self.launch.jobs:
                return
            reason = self._block(run)
            if reason:
                self.outcome.blocked[run] = reason
            elif run.needs is None or run.needs in self.outcome.done:
                self._jobs.append(self._spawn(run))
            else:
                continue
            waiting.remove(run)

    def _block(self, run: Run) -> str:
        """Why a run can never start, or ''."""
        data = DATA[run.data]
        if data.missing:
            return (
                f'{data.title} is not at {data.root}: set {data.variable} '
                'to its folder'
            )
        source = run.needs
        if source in self.outcome.failed:
            return f'its pre-training {source.id} failed'
        if source in self.outcome.blocked:
            return self.outcome.blocked[source]
        return ''

    def _spawn(self, run: Run) -> _Job:
        folder = self.folder(run)
        # An orphan of a killed program holds it until it has ended, and the
        # run's own process takes it as it begins.
        with FileLock(lock_of(folder)):
            if folder.exists():
                shutil.rmtree(folder)
            text, _ = self._config(run)
            write_text(folder / CONFIG, text)
        with open(folder / LOG, 'wb') as log:
            process = subprocess.Popen(
                self.launch.command(folder / CONFIG),
                stdin=subprocess.PIPE,  # closed when this process ends
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.launch.environment(),
                start_new_session=True,
            )
        return _Job(run, process, folder)

    def _collect(self) -> None:
        for job in list(self._jobs):
            code = job.process.poll()
            if code is None:
                continue
            self._jobs.remove(job)
            if job.process.stdin is not None:
                job.process.stdin.close()
            if code == 0 and (job.folder / RUN).is_file():
                self.outcome.done.append(job.run)
                self._say(f'{job.run.id}: done')
            else:
                self.outcome.failed[job.run] = job.folder / LOG
                self._say(
                    f'{job.run.id}: failed with {code}, see {job.folder / LOG}'
                )

    def _say(self, line: str) -> None:
        self.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def _part(self) -> float:
        """How much of the running ones is done, in runs."""
        total = 0.0
        for job in self._jobs:
            path = job.folder / CURVE
            if path.is_file():
                epochs = self.sizes.epochs_of_a_run
                total += min(len(read_json(path)) / epochs, 1)
        return total

    def _end(self) -> None:
        """Nothing outlives this program, whatever ended it."""
        for job in self._jobs:
            if job.process.stdin is not None:
                job.process.stdin.close()  # it ends by itself
        for job in self._jobs:
            try:
                job.process.wait(10)
            except subprocess.TimeoutExpired:
                job.process.kill()
                job.process.wait()
