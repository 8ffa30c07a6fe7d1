"""A hook that kills one process of several; named in ``custom_imports``."""

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS
from torch import distributed

MARK = 'killed_at'
"""Name of the file, in the work folder, with the clock's time of the kill."""


@HOOKS.register_module()
class ProcessFaultHook(Hook):
    """Kills process ``rank`` with SIGKILL in iteration ``at``.

    ``kind``: 'time', ``delay`` seconds after its start; 'reduce', when it has
    begun to exchange gradients with the others; 'val', at the start of
    iteration ``at`` of the validations, counted over the run.
    """

    priority = 'HIGHEST'

    def __init__(
        self, rank: int, kind: str, at: int, delay: float = 0
    ) -> None:
        self.rank = rank
        self.kind = kind
        self.at = at
        self.delay = delay
        self.validated = 0
        self.mark = Path()

    def before_run(self, runner: Runner) -> None:
        self.mark = Path(runner.work_dir, MARK)

    def before_train_iter(self, runner: Runner, *_: Any, **__: Any) -> None:
        if get_rank() != self.rank or runner.iter != self.at:
            return
        if self.kind == 'time':
            threading.Timer(self.delay, self._die).start()
        elif self.kind == 'reduce':
            runner.model.register_comm_hook(None, self._begin_and_die)

    def before_val_iter(self, *_: Any, **__: Any) -> None:
        if (get_rank(), 'val', self.at) == (
            self.rank,
            self.kind,
            self.validated,
        ):
            self._die()
        self.validated += 1

    def _begin_and_die(
        self, _: None, bucket: distributed.GradBucket
    ) -> torch.futures.Future[torch.Tensor]:
        work = distributed.all_reduce(bucket.buffer(), async_op=True)
        self._die()
        return work.get_future()

    def _die(self) -> None:
        self.mark.write_text(repr(time.time()))
        os.kill(os.getpid(), signal.SIGKILL)
