"""Which loaders a run has."""

from __future__ import annotations

from typing import Any

from mmengine.runner import BaseLoop, Runner
from torch.utils.data import DataLoader, IterableDataset

from csgresnet_mm.mmengine_private import loops


def built_dataloaders(runner: Runner) -> dict[str, DataLoader[Any]]:
    """Split to loader, of those loaders that exist by now."""
    return {
        split: loop.dataloader
        for split, loop in loops(runner).items()
        if isinstance(loop, BaseLoop)
    }


def reads_by_index(loader: Any) -> bool:
    """Whether a loader reads batches of samples by their indices.

    Not so: a stand-in, as the list of numbers that MMPretrain's
    vis_scheduler.py trains on, and torch's loaders of an IterableDataset or
    without batches.
    """
    return (
        isinstance(loader, DataLoader)
        and loader.batch_sampler is not None
        and not isinstance(loader.dataset, IterableDataset)
    )
