"""A training of seconds that can be killed at a chosen point.

The demo's configuration at 40 pixels and an eighth of the width, with every
random transform of our configs, drop path, Mixup, EMA, a schedule that looks
at the metric, and the best checkpoint kept.
"""

from __future__ import annotations

import os
import resource
import signal
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from unittest.mock import patch

import torch
from mmengine.config import Config
from mmengine.fileio import register_backend
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS

from csgresnet_mm.engine import AtomicBackend

CONFIG = Path(__file__).parents[2] / 'configs/csgresnet18_demo.py'
EPOCHS = 3
TRAIN, TEST, BATCH = 48, 16, 8
EVENTS = EPOCHS * (TRAIN + TEST) // BATCH
"""Iterations of training and validation in a run."""

PUTS = 3 * EPOCHS
"""At most so many checkpoints are written: twice an epoch, and the best."""

SIZE_LIMIT = 64 * 1024
"""Bytes; a file may be no longer when the disk is full. Checkpoints are."""


@dataclass(frozen=True)
class Fault:
    """Where a run ends.

    ``kind`` is 'time', ``at`` the iteration at whose start a clock of
    ``delay`` seconds starts; or a part of the ``at``-th write of a
    checkpoint: 'half' written, 'whole' but not renamed, 'renamed', or
    'removed', after the removal of an old file. 'full': no file may
    grow in and after epoch ``at``. 'term': SIGTERM at an iteration.
    """

    kind: str
    at: int
    delay: float = 0


class FaultyBackend(AtomicBackend):
    """Kills its process inside a write."""

    fault: Fault | None = None
    puts = 0
    removals = 0

    def put(self, obj: bytes, filepath: str | Path) -> None:
        super().put(obj, filepath)
        FaultyBackend.puts += 1

    def remove(self, filepath: str | Path) -> None:
        super().remove(filepath)
        self._die('removed', FaultyBackend.removals)
        FaultyBackend.removals += 1

    def _write(self, stream: BinaryIO, obj: bytes) -> None:
        super()._write(stream, obj[: len(obj) // 2])
        stream.flush()
        self._die('half', self.puts)
        super()._write(stream, obj[len(obj) // 2 :])

    def _rename(self, temporary: Path, path: Path) -> None:
        self._die('whole', self.puts)
        super()._rename(temporary, path)
        self._die('renamed', self.puts)

    def _die(self, kind: str, number: int) -> None:
        if self.fault == Fault(kind, number):
            os.kill(os.getpid(), signal.SIGKILL)


register_backend('faulty', FaultyBackend)


@HOOKS.register_module()
class FaultHook(Hook):
    """Ends the process at an iteration, or fills the disk."""

    priority = 'HIGHEST'

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.events = 0

    def before_train_epoch(self, runner: Runner) -> None:
        if self.fault == Fault('full', runner.epoch):
            hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
            resource.setrlimit(resource.RLIMIT_FSIZE, (SIZE_LIMIT, hard))

    def before_train_iter(self, *_: Any, **__: Any) -> None:
        self._count()

    def before_val_iter(self, *_: Any, **__: Any) -> None:
        self._count()

    def _count(self) -> None:
        if self.events == self.fault.at:
            if self.fault.kind == 'time':
                arguments = os.getpid(), signal.SIGKILL
                threading.Timer(self.fault.delay, os.kill, arguments).start()
            elif self.fault.kind == 'term':
                os.kill(os.getpid(), signal.SIGTERM)
        self.events += 1


def config(
    work_dir: Path,
    data_root: Path,
    *,
    seed: int,
    workers: int,
    resume: bool = False,
) -> Config:
    """The reduced configuration."""
    made = Config.fromfile(CONFIG)
    pipeline = made.train_pipeline
    for transform in pipeline:
        if transform.type == 'Resize':
            transform.scale = (48, 48)
        if transform.type == 'RandomCrop':
            transform.crop_size = 40
    sizes = dict(num_train=TRAIN, num_test=TEST, data_root=str(data_root))
    loader = dict(
        batch_size=BATCH,
        num_workers=workers,
        persistent_workers=workers > 0,
        dataset=sizes,
    )
    made.merge_from_dict(
        {
            'model.backbone.base_channels': 8,
            'model.backbone.stem_channels': 8,
            'model.backbone.drop_path_rate': 0.2,
            'model.head.in_channels': 16,
            'model.train_cfg': dict(augments=dict(type='Mixup', alpha=0.8)),
            'train_dataloader': loader,
            'val_dataloader': loader,
            'train_cfg.max_epochs': EPOCHS,
            'randomness.seed': seed,
            'default_hooks.logger.interval': 2,
            'default_hooks.checkpoint.backend_args.backend': 'faulty',
            'default_hooks.checkpoint.save_best': 'accuracy/top1',
            'work_dir': str(work_dir),
            'resume': resume,
        }
    )
    made.train_dataloader.dataset.pipeline = pipeline
    made.param_scheduler = [
        *made.param_scheduler,
        dict(
            type='ReduceOnPlateauLR',
            monitor='accuracy/top1',
            rule='greater',
            factor=0.5,
            patience=0,
        ),
    ]
    made.custom_hooks = [*made.custom_hooks, dict(type='EMAHook')]
    for key in ('test_dataloader', 'test_cfg', 'test_evaluator'):
        made.pop(key)
    return made


def train(made: Config, fault: Fault | None = None) -> None:
    """Train in this process, which the fault ends."""
    torch.set_num_threads(1)
    FaultyBackend.fault = fault
    with patch('mmengine.runner.runner.collect_env', dict):
        runner = Runner.from_cfg(made)
    if fault is not None:
        runner.register_hook(FaultHook(fault))
    runner.train()
