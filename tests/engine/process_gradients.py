"""Train in one or more processes in float64, and keep every gradient.

    [torchrun ...] tests/engine/process_gradients.py FOLDER PROCESSES

The demo's configuration at 40 pixels and an eighth of the width, its global
batch dealt out to the processes; once with frozen batch norms and once
without. Process 0 writes ``frozen.pth`` and ``free.pth``.
"""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmpretrain.models import ImageClassifier
from mmpretrain.registry import MODELS
from torch import distributed

sys.path.insert(0, str(Path(__file__).parent))
import resume_run  # noqa: E402

EPOCHS = 1


@MODELS.register_module()
class DoubleClassifier(ImageClassifier):
    """An ImageClassifier that computes in float64."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.double()

    def extract_feat(
        self, inputs: torch.Tensor, *args: Any, **kwargs: Any
    ) -> Any:
        return super().extract_feat(inputs.double(), *args, **kwargs)


class KeepGradients(Hook):
    """Draws the running statistics, and keeps what each step is given."""

    def __init__(self) -> None:
        self.steps: list[dict[str, torch.Tensor]] = []

    def before_train(self, runner: Runner) -> None:
        model = runner.model
        model = model.module if is_model_wrapper(model) else model
        draw = torch.Generator().manual_seed(0)
        for name, buffer in model.named_buffers():
            if name.endswith('running_mean'):
                buffer.copy_(torch.randn(buffer.shape, generator=draw))
            elif name.endswith('running_var'):
                buffer.copy_(torch.rand(buffer.shape, generator=draw) + 0.5)

        def keep(*_: Any) -> None:
            self.steps.append(
                {
                    name: parameter.grad.clone()
                    for name, parameter in model.named_parameters()
                }
            )

        runner.optim_wrapper.optimizer.register_step_pre_hook(keep)


def train(folder: Path, processes: int, frozen: bool) -> None:
    """Train; process 0 writes gradients, weights and losses."""
    name = 'frozen' if frozen else 'free'
    made = resume_run.config(
        folder / name, folder.parent / 'data', seed=0, workers=0
    )
    made.merge_from_dict(
        {
            'model.type': 'DoubleClassifier',
            'model.backbone.drop_path_rate': 0.0,
            'model.backbone.norm_eval': frozen,
            'model.train_cfg': None,
            'train_cfg.max_epochs': EPOCHS,
            'train_dataloader.batch_size': resume_run.BATCH // processes,
            'default_hooks.checkpoint.save_best': None,
            'experiment_name': f'{folder.name}_{name}',
        }
    )
    for key in ('val_dataloader', 'val_cfg', 'val_evaluator'):
        made.pop(key)
    made.param_scheduler = made.param_scheduler[:-1]  # looks at validations
    if processes > 1:
        made.launcher = 'pytorch'
        made.model_wrapper_cfg = dict(
            type='MMDistributedDataParallel',
            device_ids=None,
            broadcast_buffers=False,
        )
    with patch('mmengine.runner.runner.collect_env', dict):
        runner = Runner.from_cfg(made)
    kept = KeepGradients()
    runner.register_hook(kept)
    runner.train()
    if int(os.environ.get('RANK', 0)) == 0:
        torch.save(kept.steps, folder / f'{name}.pth')


def main() -> None:
    folder, processes = Path(sys.argv[1]), int(sys.argv[2])
    warnings.filterwarnings('ignore', '`broadcast_buffers` is deprecated')
    torch.set_num_threads(1)
    if processes > 1:
        distributed.init_process_group('gloo')
    for frozen in (True, False):
        train(folder, processes, frozen)
    if processes > 1:
        distributed.destroy_process_group()


if __name__ == '__main__':
    main()
