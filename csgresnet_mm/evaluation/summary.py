"""The figures of a test set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from mmpretrain.evaluation import (
    Accuracy,
    ConfusionMatrix,
    SingleLabelMetric,
)
from numpy.typing import NDArray

from csgresnet_mm.evaluation.predictions import Predictions
from csgresnet_mm.evaluation.tallies import calibration_error, tally


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
    """The figures, by MMPretrain's metrics where it has them.

    A class without images is left out of the means, as in scikit-learn's
    ``balanced_accuracy_score``; MMPretrain counts it as 0.
    """
    size = len(predictions.classes)
    given, labels = predictions.given, predictions.labels
    right = Accuracy.calculate(given, labels)
    _, recall, f1, images = SingleLabelMetric.calculate(
        given, labels, num_classes=size, average=None
    )
    there = images > 0
    sums = tally(predictions).weighted(np.ones((1, len(predictions))))
    return Metrics(
        n=len(predictions),
        accuracy=float(right),
        mean_class_accuracy=float(recall[there].mean()),
        macro_f1=float(f1[there].mean()),
        calibration_error=float(calibration_error(sums)[0]),
        class_recall=tuple(recall.where(there, np.nan).tolist()),
        confusion=ConfusionMatrix.calculate(given, labels, size).numpy(),
        classes=predictions.classes,
    )
