"""What a run leaves behind for the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from mmengine.dist import all_reduce, is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS

from csgresnet_mm.apis.run_folder import CURVE, WEIGHTS
from csgresnet_mm.atomic_write import atomic_write
from csgresnet_mm.engine.unwrap import unwrap
from csgresnet_mm.evaluation import BEST, HONEST, choose_epoch
from csgresnet_mm.paper.files import write_json

TOP1 = 'accuracy/top1'


@HOOKS.register_module()
class RecordRunHook(Hook):
    """Writes curve.json, best.npz and weights.pth of a run.

    Whether test or val is evaluated after each epoch is read from the data
    set. Of a run on test the weights are those of the last epoch, and
    best.npz is a copy of last.npz at the best one. Of a run on val they are
    those of the best epoch on val.

    Args:
        folder: The run's.
    """

    priority = 'LOWEST'

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.curve: list[dict[str, Any]] = []
        self.chosen = 0
        self._losses: list[torch.Tensor] = []

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict[str, Any] | None = None,
    ) -> None:
        """Keep the loss of a batch."""
        self._losses.append((outputs or {})['loss'].detach())

    def after_val_epoch(
        self, runner: Runner, metrics: dict[str, float] | None = None
    ) -> None:
        """Add an epoch to the curve; keep the best one's results."""
        loss = torch.stack(self._losses).double().mean().cpu()
        all_reduce(loss, 'mean')
        self._losses.clear()
        split = 'val' if _split(runner) == 'val' else 'test'
        self.curve.append(
            {
                'epoch': len(self.curve) + 1,
                'loss': float(loss),
                'top1': float((metrics or {})[TOP1]),
                'split': split,
            }
        )
        wanted = HONEST if split == 'val' else BEST
        self.chosen = choose_epoch(self.curve, wanted)
        if not is_main_process():
            return
        if self.chosen == len(self.curve):
            if split == 'val':
                self._save_weights(runner)
            else:
                self._keep_best()
        write_json(self.folder / CURVE, self.curve)

    def after_train(self, runner: Runner) -> None:
        """Save the last epoch's weights, unless val has chosen others."""
        if is_main_process() and self.curve[-1]['split'] == 'test':
            self._save_weights(runner)

    def _keep_best(self) -> None:
        with atomic_write(self.folder / 'best.npz', 0o644) as file:
            file.write((self.folder / 'last.npz').read_bytes())

    def _save_weights(self, runner: Runner) -> None:
        state = {
            key: value.detach().cpu()
            for key, value in unwrap(runner.model).state_dict().items()
        }
        meta = {'dataset_meta': dict(runner.train_dataloader.dataset.metainfo)}
        with atomic_write(self.folder / WEIGHTS, 0o644) as file:
            torch.save({'state_dict': state, 'meta': meta}, file)


def _split(runner: Runner) -> str:
    return str(getattr(runner.val_dataloader.dataset, 'split', ''))
