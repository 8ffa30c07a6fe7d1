"""Raises where data and checkpoints number their classes differently."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import CheckpointLoader, Runner
from mmengine.structures import BaseDataElement
from mmpretrain.models import MultiTaskHead
from mmpretrain.registry import HOOKS
from torch import nn

from csgresnet_mm.datasets.wrapped import class_names, leaves
from csgresnet_mm.mmengine_private import checkpoint_of, resumes

from ..class_order import canonical, find_classes, permute_head
from ..pretrained_part import pretrained_entries
from ..run_data import built_dataloaders

_FINE_TUNING = (
    'fine-tuning on other classes. A head of the same shape keeps its '
    'weights, though its rows mean other classes now; to take the backbone '
    "alone, use init_cfg=dict(type='Pretrained', checkpoint=..., "
    "prefix='backbone') instead of load_from"
)
_RESUMED = (
    'the same classes in another order. A run can only be resumed on the '
    'order it started with: set class_order= of the data set'
)
_INITIALISED = (
    'the same classes in another order, so the head starts from wrong rows. '
    'Set class_order= of the data set, take the backbone alone, or give '
    'load_from instead with ClassOrderHook(remap=True)'
)
_PERMUTED = (
    'the same classes in another order, so every result would be wrong. Set '
    'class_order= of the data set, or give ClassOrderHook remap=True, which '
    "moves the head's rows as a checkpoint is loaded"
)


@HOOKS.register_module()
class ClassOrderHook(Hook):
    """Raises where classes are numbered differently.

    Names are compared through the alias table of expressions ('Happy' is
    'happiness'), others as they are.

    - The data sets of a run (train with val) must have the same classes in
      the same order, and the model as many outputs.
    - A checkpoint that is tested, or resumed, must have been trained on the
      same classes in the same order as the data have.
    - ``load_from`` a checkpoint of the same classes in another order raises
      in training too; of other classes it is fine-tuning, and a warning says
      what becomes of the head. So it is with ``init_cfg`` of the model, or
      of a part of it that distinguishes classes.

    In a test each result carries the classes (``classes`` of the sample), so
    that a file of results has their order.

    Args:
        remap: Where a loaded checkpoint has the same classes in another
            order, move the rows of its head to the data's order instead of
            raising. Never when resuming.

    Raises:
        ValueError: Naming both orders, before training or testing.
    """

    priority = 'HIGH'  # EMAHook copies the loaded weights after this

    def __init__(self, remap: bool = False) -> None:
        self.remap = remap
        self._loaded: tuple[str, ...] | None = None

    def before_run(self, runner: Runner) -> None:
        """Compare the data sets with each other and with the model."""
        orders = _orders(runner)
        for (one, first), (other, second) in zip(
            orders, orders[1:], strict=False
        ):
            if canonical(first) != canonical(second):
                raise ValueError(
                    f'{one} and {other} number their classes differently: '
                    f'{one} has {_numbered(first)}; {other} has '
                    f'{_numbered(second)}. Name the class folders alike in '
                    'both, or set class_order= of the data sets'
                )
        if orders:
            _check_outputs(runner.model, *orders[0])
        else:
            runner.logger.warning(
                'the data name no classes, so their order cannot be compared'
            )
        if self._loaded is not None:  # by Runner.load_checkpoint
            self._compare(runner, self._loaded, None)

    def before_train(self, runner: Runner) -> None:
        """Compare the classes of what ``init_cfg`` names with the data's."""
        orders = _orders(runner)
        for name, module, entry in pretrained_entries(runner.model):
            if not orders or not _distinguishes_classes(module):
                continue
            filename = entry['checkpoint']
            found = find_classes(
                CheckpointLoader.load_checkpoint(filename, 'cpu')
            )
            split, classes = orders[0]
            if found is None or canonical(found) == canonical(classes):
                continue
            both = (
                f'checkpoint {filename} (init_cfg of {name or "the model"}) '
                f'was trained on {_numbered(found)}; {split} has '
                f'{_numbered(classes)}'
            )
            if sorted(canonical(found)) == sorted(canonical(classes)):
                raise ValueError(f'{both}: {_INITIALISED}')
            runner.logger.warning(f'{both}: {_FINE_TUNING}')

    def after_load_checkpoint(
        self, runner: Runner, checkpoint: dict[str, Any]
    ) -> None:
        """Compare the checkpoint's classes with the data's."""
        self._loaded = find_classes(checkpoint)
        if self._loaded is not None:
            self._compare(runner, self._loaded, checkpoint)
        elif 'train' not in built_dataloaders(runner):
            runner.logger.warning(
                f'{_source(runner)} names no classes, so their order cannot '
                "be compared with the data's"
            )

    def before_test_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None
    ) -> None:
        """Let each result have the order of the classes."""
        classes = class_names(runner.test_dataloader.dataset)
        samples = (
            data_batch.get('data_samples', ())
            if isinstance(data_batch, dict)
            else ()
        )
        for sample in samples:
            if classes is not None and isinstance(sample, BaseDataElement):
                sample.set_metainfo({'classes': classes})

    def _compare(
        self,
        runner: Runner,
        loaded: tuple[str, ...],
        checkpoint: dict[str, Any] | None,
    ) -> None:
        orders = _orders(runner)
        if not orders or canonical(orders[0][1]) == canonical(loaded):
            return
        split, classes = orders[0]
        both = (
            f'{_source(runner)} was trained on {_numbered(loaded)}; {split} '
            f'has {_numbered(classes)}'
        )
        training = 'train' in built_dataloaders(runner)
        resumed = training and resumes(runner)
        same = sorted(canonical(loaded)) == sorted(canonical(classes))
        if not same and training and not resumed:
            runner.logger.warning(f'{both}: {_FINE_TUNING}')
        elif not same:
            raise ValueError(f'{both}: these are other classes')
        elif resumed:
            raise ValueError(f'{both}: {_RESUMED}')
        elif not self.remap or checkpoint is None:
            raise ValueError(f'{both}: {_PERMUTED}')
        else:
            self._remap(runner, checkpoint, both, classes)

    def _remap(
        self,
        runner: Runner,
        checkpoint: dict[str, Any],
        both: str,
        classes: tuple[str, ...],
    ) -> None:
        old = canonical(self._loaded or ())
        new = canonical(classes)
        if len(set(old)) != len(old):
            raise ValueError(f'{both}: two classes have one name; no remap')
        name = permute_head(runner.model, checkpoint['state_dict'], old, new)
        self._loaded = classes
        moved = sum(a != b for a, b in zip(old, new, strict=True))
        runner.logger.warning(
            f'{both}: the rows of {moved} of {len(new)} classes of {name} '
            "were moved to the data's order (remap=True)"
        )


def _orders(runner: Runner) -> list[tuple[str, tuple[str, ...]]]:
    """(split, classes) of each data set that names its classes."""
    found = []
    for split, loader in built_dataloaders(runner).items():
        for leaf in leaves(loader.dataset):
            classes = class_names(leaf)
            if classes is not None:
                found.append((split, classes))
    return found


def _check_outputs(
    model: nn.Module, split: str, classes: tuple[str, ...]
) -> None:
    others = _other_tasks(model, len(classes))
    for name, module in model.named_modules():
        count = getattr(module, 'num_classes', None)
        if isinstance(count, int) and count > 0 and count != len(classes):
            if name.startswith(others):
                continue
            raise ValueError(
                f'{name}: num_classes={count}, but {split} has '
                f'{len(classes)} classes: {_numbered(classes)}. Set '
                f'num_classes={len(classes)}; of the heads of a MultiTaskHead '
                'one must have as many, the others are free'
            )


def _other_tasks(model: nn.Module, count: int) -> tuple[str, ...]:
    """Names of the heads whose task is another one than the classes."""
    others: list[str] = []
    for name, module in model.named_modules():
        if not isinstance(module, MultiTaskHead):
            continue
        fits = {
            f'{name}.task_heads.{task}': getattr(head, 'num_classes', count)
            == count
            for task, head in module.task_heads.items()
        }
        if any(fits.values()):
            others += [head for head, fit in fits.items() if not fit]
    return tuple(others)


def _distinguishes_classes(module: nn.Module) -> bool:
    counts = [getattr(part, 'num_classes', 0) for part in module.modules()]
    return any(isinstance(count, int) and count > 0 for count in counts)


def _numbered(classes: Sequence[str]) -> str:
    return ', '.join(f'{i} {name}' for i, name in enumerate(classes))


def _source(runner: Runner) -> str:
    return f'checkpoint {checkpoint_of(runner) or "of this run"}'
