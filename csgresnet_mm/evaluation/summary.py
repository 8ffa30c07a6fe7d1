"""The figures of a test set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from csgresnet_mm.evaluation.predictions import Predictions
from csgresnet_mm.evaluation.tallies import STATISTICS, class_recall, tally


@dataclass(frozen=True, eq=False)
class Metrics:
    """All in percent, K classes.

    Args:
        n: Number of images.
        accuracy: Part of the images whose most probable class is right.
        mean_class_accuracy: Mean recall of the classes that have images.
        macro_f1: Mean F1 of the classes that have images.
        calibration_error: Expected calibration error, 15 bins.
        class_recall: Of each class; NaN where it has no image.
        confusion: Number of images by (true, given) class, shape (K, K).
        classes: Their names.
    """

    n: int
    accuracy: float
    mean_class_accuracy: float
    macro_f1: float
    calibration_error: float
    class_recall: tuple[float, ...]
    confusion: NDArray[np.int64]
    classes: tuple[str, ...]


def summarise(predictions: Predictions) -> Metrics:
    """The figures, which are those of MMPretrain's metrics but for one thing.

    A class without images is left out of the means, as in scikit-learn's
    ``balanced_accuracy_score``; MMPretrain counts it as 0.
    """
    # one sample of the images, each taken once
    sums = tally(predictions).weighted(np.ones((1, len(predictions))))
    return Metrics(
        n=len(predictions),
        **{name: float(of(sums)[0]) for name, of in STATISTICS.items()},
        class_recall=tuple(class_recall(sums)[0].tolist()),
        confusion=sums.confusion[0].astype(np.int64),
        classes=predictions.classes,
    )
