"""A finished run, as its folder has it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from csgresnet_mm.apis.run_folder import (
    find_checkpoint,
    find_config,
    find_one,
)
from csgresnet_mm.apis.run_images import predict_split
from csgresnet_mm.apis.trained import Trained, load_trained
from csgresnet_mm.engine.class_order import canonical
from csgresnet_mm.evaluation import Predictions


@dataclass(frozen=True, eq=False)
class CardSource:
    """What a card is made of.

    Args:
        checkpoint: Which one.
        trained: The network.
        predictions: On the test split.
        source: Where they come from, in words.
    """

    checkpoint: Path
    trained: Trained
    predictions: Predictions
    source: str


def read_run(folder: Path, checkpoint: Path | None = None) -> CardSource:
    """Read a run's folder, and test its network where nothing was kept.

    Args:
        folder: Of tools/train.py, or of one run of tools/reproduce.py.
        checkpoint: Another one than the last.

    Raises:
        FileNotFoundError: There is no folder, config or checkpoint.
        ValueError: Several configs or predictions are there, or parts do not
            fit together.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f'{folder}: no such folder')
    config = find_config(folder)
    chosen = checkpoint or find_checkpoint(folder)
    trained = load_trained(config, chosen)
    kept = None if checkpoint else find_one(folder, '*.npz', 'predictions')
    if kept is None:
        return CardSource(
            chosen,
            trained,
            predict_split(trained, 'test'),
            'tested for this card',
        )
    predictions = Predictions.load(kept)
    if canonical(predictions.classes) != canonical(trained.info.classes):
        raise ValueError(
            f'{kept}: the classes are {predictions.classes}; expected those '
            f'of {chosen}, {trained.info.classes}'
        )
    return CardSource(chosen, trained, predictions, f'kept in {kept.name}')
