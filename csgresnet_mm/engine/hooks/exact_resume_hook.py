"""Resuming a killed run so that it ends as if it had not been killed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from mmengine.dist import broadcast_object_list, is_main_process
from mmengine.hooks import CheckpointHook, Hook
from mmengine.runner import EpochBasedTrainLoop, Runner
from mmpretrain.registry import HOOKS

from csgresnet_mm.mmengine_private import (
    checkpoint_of,
    resumes,
    save_with_step,
    start_anew,
    start_from,
    update_val_interval,
)

from ..builtin_containers import to_builtin
from ..checksums import find_damage
from ..saved_checkpoints import POINTER, find_newest
from ..saved_paths import localise_paths

VALIDATED = 'last_validated'
"""In the message hub: the last epoch that was validated.

A key that begins with 'val' would be logged among the metrics.
"""


@HOOKS.register_module()
class ExactResumeHook(Hook):
    """Resumes at the newest whole checkpoint, with what it lacks.

    - ``resume=True`` takes the newest checkpoint whose checksums fit; one
      that ``load_from`` names must be whole.
    - A checkpoint is saved again after the validation, with the metrics and
      what they changed (best score, plateau schedules). If the run was killed
      in between, the validation is made up for before the next epoch.
    - What a checkpoint holds beside weights is saved in plain containers,
      which every loader reads; what cannot be so is left out, and logged.
    - The paths in a checkpoint, of files that CheckpointHook would delete,
      are moved to the run's own folder, or dropped.

    It is exact together with ``SeedingHook`` and with
    ``CheckpointHook(backend_args=dict(backend='atomic'))``.

    Raises:
        ValueError: ``max_keep_ckpts=1``, with which CheckpointHook deletes
            the last checkpoint before it writes the next; or every
            checkpoint is damaged.
        FileNotFoundError: ``last_checkpoint`` names a checkpoint, and there
            is none.
    """

    priority = 'LOWEST'

    def __init__(self) -> None:
        self._training = False
        self._dropped: list[str] = []

    def before_run(self, runner: Runner) -> None:
        """Choose the checkpoint."""
        if not resumes(runner):
            return
        given = checkpoint_of(runner)
        if given is None:
            self._choose(runner)
        elif os.path.isfile(given):
            damage = find_damage(given)
            if damage is not None:
                raise ValueError(f'{given} is damaged ({damage})')

    def after_load_checkpoint(
        self, runner: Runner, checkpoint: dict[str, Any]
    ) -> None:
        """Keep a checkpoint's paths in the run's own folder."""
        hook = find_checkpoint_hook(runner)
        if hook is None or 'message_hub' not in checkpoint:
            return
        dropped = localise_paths(
            checkpoint['message_hub'], checkpoint_folder(runner, hook)
        )
        for line in dropped:
            runner.logger.warning(f'dropped from the checkpoint: {line}')

    def before_train(self, runner: Runner) -> None:
        """Make up for a validation that the run was killed in."""
        hook = find_checkpoint_hook(runner)
        if hook is not None and hook.max_keep_ckpts == 1:
            raise ValueError(
                'CheckpointHook(max_keep_ckpts=1) deletes the last '
                'checkpoint before it writes the next; expected 2 or more, '
                'or -1 for all'
            )
        self._training = True
        hub = runner.message_hub
        if runner.epoch == 0:
            hub.update_info(VALIDATED, 0)
        # a run that was started without this hook has no such entry
        validated = hub.runtime_info.get(VALIDATED, runner.epoch)
        if validated != runner.epoch and _validates(runner):
            runner.logger.info(f'validation of epoch {runner.epoch} is due')
            # as training left them
            hub.update_info('epoch', runner.epoch - 1)
            hub.update_info('iter', runner.iter - 1)
            runner.val_loop.run()

    def before_save_checkpoint(
        self, runner: Runner, checkpoint: dict[str, Any]
    ) -> None:
        """Mark what is saved after a validation; all that can be read."""
        dropped: list[str] = []
        for part in ('meta', 'message_hub'):
            checkpoint[part] = to_builtin(checkpoint[part], part, dropped)
        if dropped and dropped != self._dropped:
            runner.logger.warning(
                f'left out of the checkpoints: {", ".join(dropped)}: only '
                'numbers, text, tensors and containers of these are read back'
            )
        self._dropped = dropped
        hub = checkpoint['message_hub']
        # It does so as the last of the hooks that change the run's state
        if hub['runtime_info'].get('loop_stage') == 'val':
            hub['runtime_info'][VALIDATED] = runner.epoch

    def after_val_epoch(
        self, runner: Runner, metrics: dict[str, float] | None = None
    ) -> None:
        """Save the epoch's checkpoint again, if there is one."""
        if not self._training:
            return
        hub = runner.message_hub
        hub.update_info(VALIDATED, runner.epoch)
        hook = find_checkpoint_hook(runner)
        if hook is None or not hook.by_epoch:
            return
        name = hook.filename_tmpl.format(runner.epoch)
        if os.path.basename(hub.runtime_info.get('last_ckpt') or '') == name:
            meta = dict(epoch=runner.epoch, iter=runner.iter)
            save_with_step(hook, runner, runner.epoch, meta)

    def after_train(self, runner: Runner) -> None:
        """Validations from now on belong to no training."""
        self._training = False

    def _choose(self, runner: Runner) -> None:
        hook = find_checkpoint_hook(runner)
        if hook is None:
            return
        folder = checkpoint_folder(runner, hook)
        if '://' in folder:
            return  # not local: MMEngine's own way
        chosen: list[Any] = [None]
        if is_main_process():
            path, damages = find_newest(
                folder,
                hook.filename_tmpl.format('*'),
                Path(runner.work_dir, POINTER),
            )
            for damage in damages:
                runner.logger.warning(f'{damage}, an older one is taken')
            chosen = [None if path is None else str(path)]
        broadcast_object_list(chosen)
        if chosen[0] is None:
            runner.logger.info(f'no checkpoint in {folder}: from the start')
            start_anew(runner)
        else:
            start_from(runner, chosen[0])


def find_checkpoint_hook(runner: Runner) -> CheckpointHook | None:
    """The run's CheckpointHook, if it has one."""
    for hook in runner.hooks:
        if isinstance(hook, CheckpointHook):
            return hook
    return None


def checkpoint_folder(runner: Runner, hook: CheckpointHook) -> str:
    """Where its checkpoints lie, as CheckpointHook forms it in training."""
    work_dir = runner.work_dir
    out_dir = str(hook.out_dir or work_dir)
    if out_dir == work_dir or hasattr(hook, 'file_backend'):
        return out_dir
    return os.path.join(out_dir, os.path.basename(work_dir.rstrip(os.sep)))


def _validates(runner: Runner) -> bool:
    """Whether the loop validates after the epoch that has just ended."""
    loop = runner.train_loop
    if not isinstance(loop, EpochBasedTrainLoop) or runner.val_loop is None:
        return False
    update_val_interval(loop)
    return loop.epoch >= loop.val_begin and (
        loop.epoch % loop.val_interval == 0 or loop.epoch == loop.max_epochs
    )
