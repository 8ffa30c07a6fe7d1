"""The data sets of the paper, and how each protocol splits them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

VAL_RATIO = 0.1
"""Part of train that val-selected chooses on, where no val is given."""


@dataclass(frozen=True)
class Data:
    """A data set, split in one way.

    Args:
        name: Of its config in ``configs/_base_/datasets``.
        title: As in tables.
        variable: Of the environment, naming its folder.
        default: The folder without it.
        note: What its numbers can be compared with.
        test: Options of the protocol that evaluates test after each epoch.
        honest: Those of the one that chooses on val; None where it has none.
    """

    name: str
    title: str
    variable: str
    default: str
    note: str
    test: Mapping[str, Any] = field(default_factory=dict)
    honest: Mapping[str, Any] | None = None

    @property
    def root(self) -> Path:
        """Where the data lie, or ought to."""
        return Path(os.environ.get(self.variable, self.default)).expanduser()

    @property
    def missing(self) -> bool:
        """Whether there is no such folder; the demo's is made."""
        return self.name != 'demo' and not self.root.is_dir()


def _split_off(ratio: float) -> dict[str, Any]:
    """A validation part from train: both loaders must say so."""
    return {
        'train_dataloader.dataset.val_ratio': ratio,
        'val_dataloader.dataset.val_ratio': ratio,
        'val_dataloader.dataset.split': 'val',
    }


DATA = {
    data.name: data
    for data in (
        Data(
            'affectnet',
            'AffectNet',
            'AFFECTNET_ROOT',
            'data/AffectNet',
            '7 classes; for pre-training only',
        ),
        Data(
            'rafdb',
            'RAF-DB',
            'RAFDB_ROOT',
            'data/RAF-DB',
            'official split; val-selected: a tenth of train is val',
            honest=_split_off(VAL_RATIO),
        ),
        Data(
            'fer2013-paper',
            "FER2013, the paper's split",
            'FER2013_ROOT',
            'data/FER2013',
            "a random 90/10 split of the paper's size, not its own choice: "
            'not comparable with PrivateTest',
        ),
        Data(
            'fer2013',
            'FER2013, official split',
            'FER2013_ROOT',
            'data/FER2013',
            'PrivateTest; val-selected: chosen on PublicTest',
            test={'val_dataloader.dataset.split': 'test'},
            honest={},
        ),
        Data(
            'sfew',
            'SFEW',
            'SFEW_ROOT',
            'data/SFEW',
            'the validation folder, as in the paper; val-selected: a '
            'tenth of train is val',
            honest=_split_off(VAL_RATIO),
        ),
        Data(
            'demo',
            'synthetic faces',
            'DEMO_ROOT',
            'data/demo-faces',
            'synthetic data, machinery only; val-selected: a fifth of '
            'train is val',
            honest=_split_off(0.2),
        ),
    )
}
"""Name to data set."""
