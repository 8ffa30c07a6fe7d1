"""Leaving in order when a cluster takes the machine back."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from types import FrameType
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import EpochBasedTrainLoop, Runner
from mmpretrain.registry import HOOKS

from csgresnet_mm.mmengine_private import checkpoint_of

from .exact_resume_hook import find_checkpoint_hook

STATUS = 128 + signal.SIGTERM
"""143, as of any process that the signal ended."""


@HOOKS.register_module()
class PreemptionHook(Hook):
    """On SIGTERM, training logs what is lost and exits with 143.

    The last checkpoint stays, and the run can be resumed from it: the work
    since, at most an epoch where each is saved, is done again. Windows sends
    no such signal: a run that is ended there logs nothing, and resumes alike.

    The process leaves at once, without unwinding: everything that it writes
    is whole at any time (see the 'atomic' backend), code that catches every
    exception cannot hold it, and a loader whose workers the same signal ended
    cannot make an error of it.
    """

    priority = 'LOWEST'

    def __init__(self) -> None:
        self._before: Any = None
        self._kept: str | None = None
        self._kept_iter = 0

    def before_train(self, runner: Runner) -> None:
        """Listen, in the main thread: elsewhere python cannot."""
        if runner.iter:
            self._kept = checkpoint_of(runner)
            self._kept_iter = runner.iter
        if threading.current_thread() is not threading.main_thread():
            return

        def leave(number: int, frame: FrameType | None) -> None:
            runner.logger.warning(self._describe(runner))
            sys.stdout.flush()
            # Loader workers outlive a process that ends so: one whose queue
            # is full waits for the others, which hold its other end.
            for child in multiprocessing.active_children():
                child.kill()
            os._exit(STATUS)

        try:
            # None: a handler that python does not know
            before = signal.signal(signal.SIGTERM, leave)
        except (ValueError, OSError) as error:
            runner.logger.info(
                f'SIGTERM is not heard here ({error}): a run that it ends '
                'does not log what is lost. --resume continues all the same'
            )
            return
        self._before = signal.SIG_DFL if before is None else before

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Any = None,
    ) -> None:
        """Note the checkpoint, where iterations are counted."""
        self._note(runner, runner.iter + 1)  # the loop counts it after this

    def after_train_epoch(self, runner: Runner) -> None:
        """Note the checkpoint."""
        self._note(runner, runner.iter)

    def after_train(self, runner: Runner) -> None:
        """Listen no longer."""
        if self._before is not None:
            signal.signal(signal.SIGTERM, self._before)
            self._before = None

    def _note(self, runner: Runner, done: int) -> None:
        hook = find_checkpoint_hook(runner)
        if hook is not None and hook.last_ckpt not in (None, self._kept):
            self._kept, self._kept_iter = hook.last_ckpt, done

    def _describe(self, runner: Runner) -> str:
        lost = runner.iter - self._kept_iter
        kept = (
            'no checkpoint was saved yet'
            if self._kept is None
            else f'{self._kept} is kept'
        )
        # a loop that counts iterations knows of no epochs
        epochs = (
            f'{runner.epoch} epochs and '
            if isinstance(runner.train_loop, EpochBasedTrainLoop)
            else ''
        )
        return (
            f'SIGTERM after {epochs}{runner.iter} iterations: {kept}; lost '
            f'are {lost} iterations, and a validation in progress. '
            f'--resume continues. Exit {STATUS}'
        )
