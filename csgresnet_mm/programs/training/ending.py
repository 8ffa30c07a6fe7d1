"""What is printed when a training has ended."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
from mmengine.hooks import CheckpointHook
from mmengine.runner import Runner, find_latest_checkpoint

from csgresnet_mm.engine.hooks.class_permutation_hook import (
    ClassPermutationHook,
)

RULE = '-' * 60


def describe_end(runner: Runner, *, finished: bool) -> str:
    """The block at the end: checkpoint, figures, and the next commands.

    Args:
        runner: Its training has ended.
        finished: Whether there was nothing left to train.
    """
    folder = Path(runner.work_dir)
    lines = [RULE]
    last = find_latest_checkpoint(str(folder))
    if finished:
        lines.append(
            f'Nothing to train: {runner.cfg.get("load_from") or last} is at '
            f'the end, {_length(runner)}. To go on give a greater '
            '--cfg-options train_cfg.max_'
            f'{"epochs" if _by_epoch(runner) else "iters"}=...'
        )
    if last is not None:
        lines.append(f'Checkpoint: {last}')
    best = _best(runner)
    if best:
        lines.append(f'Best on val: {best}')
    if not finished:
        lines += _figures(runner)
    if last is not None:
        lines += ['Next:', *_commands(runner, folder, best or last)]
    return '\n'.join([*lines, RULE])


def _by_epoch(runner: Runner) -> bool:
    return bool(runner.cfg.get('train_cfg', {}).get('by_epoch', True))


def _length(runner: Runner) -> str:
    if _by_epoch(runner):
        return f'epoch {runner.epoch} of {runner.max_epochs}'
    return f'iteration {runner.iter} of {runner.max_iters}'


def _best(runner: Runner) -> str:
    for hook in runner.hooks:
        if isinstance(hook, CheckpointHook) and hook.save_best:
            return str(runner.message_hub.get_info('best_ckpt', '') or '')
    return ''


def _figures(runner: Runner) -> list[str]:
    """Accuracy and recall of each class, of the last validation."""
    hooks = [h for h in runner.hooks if isinstance(h, ClassPermutationHook)]
    if not hooks or not hooks[0].confusion.any():
        return []
    confusion, classes = hooks[0].confusion, hooks[0].classes
    total, right = int(confusion.sum()), int(np.trace(confusion))
    usual = runner.cfg.get('usual_accuracy')
    usual_range = f'; usual: {usual[0]} to {usual[1]} %' if usual else ''
    lines = [
        f'Accuracy of the last validation: {100 * right / total:.2f} % of '
        f'{total} images{usual_range}',
        'Recall by class:',
    ]
    width = max(map(len, classes))
    for label, name in enumerate(classes):
        images = int(confusion[label].sum())
        recall = (
            f'{100 * confusion[label, label] / images:6.2f} %'
            if images
            else '     - %'
        )
        lines.append(f'  {name:{width}} {recall} of {images}')
    return lines


def _commands(runner: Runner, folder: Path, checkpoint: str) -> list[str]:
    """The next three, ready to be copied."""
    name = Path(runner.cfg.filename or f'{runner.timestamp}.py').name
    kept = folder / name
    commands = (
        (
            'python tools/test.py', kept, checkpoint,
            '--save-predictions', folder / 'predictions.npz',
        ),
        ('python tools/model_card.py', folder),
        (
            'python tools/predict.py', 'photo.jpg',
            '--config', kept, '--weights', checkpoint,
        ),
    )  # fmt: skip
    return [
        '  ' + ' '.join([tool, *(shlex.quote(str(word)) for word in words)])
        for tool, *words in commands
    ]
