"""The figures of a test set as functions of sums over its images.

Sums can be taken over resampled images by one matrix product, which is what
thousands of bootstrap samples need. Letters: n images, K classes, S samples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from csgresnet_mm.evaluation.predictions import Predictions

Array = NDArray[np.float64]

BINS = 15
"""Of the calibration error, of equal width, closed above (Guo et al. 2017)."""


@dataclass(frozen=True)
class Tally:
    """Sums over images.

    Args:
        confusion: Images by (true, given) class, shape (..., K, K).
        gaps: Sum of confidence minus rightness in each bin of confidence,
            shape (..., BINS).
    """

    confusion: Array
    gaps: Array


@dataclass(frozen=True)
class Columns:
    """What each image adds to a tally: (n, K * K) and (n, BINS)."""

    cells: Array
    gaps: Array

    def weighted(self, weights: Array) -> Tally:
        """The tally of images taken some times each.

        Args:
            weights: How often, shape (S, n).
        """
        size = round(self.cells.shape[1] ** 0.5)
        # (S, K * K) -> (S, K, K)
        confusion = (weights @ self.cells).reshape(-1, size, size)
        return Tally(confusion, weights @ self.gaps)


def tally(predictions: Predictions) -> Columns:
    """What each image adds."""
    count, size = predictions.scores.shape
    rows = np.arange(count)
    cells = np.zeros((count, size * size))
    cells[rows, predictions.labels * size + predictions.given] = 1
    confidence, bins = confidences(predictions)
    gaps = np.zeros((count, BINS))
    gaps[rows, bins] = confidence - predictions.right
    return Columns(cells, gaps)


def confidences(predictions: Predictions) -> tuple[Array, NDArray[np.int64]]:
    """Highest probability of each image, and its bin of :data:`BINS`."""
    confidence = predictions.scores.max(axis=1).astype(np.float64)
    bins = np.clip(np.ceil(confidence * BINS) - 1, 0, BINS - 1)
    return confidence, bins.astype(np.int64)


def accuracy(sums: Tally) -> Array:
    """Percent of the images whose class is right."""
    right = np.trace(sums.confusion, axis1=-2, axis2=-1)
    return 100 * right / sums.confusion.sum(axis=(-2, -1))


def class_recall(sums: Tally) -> Array:
    """Percent of each class that is right, (..., K); NaN of no image."""
    images = sums.confusion.sum(axis=-1)
    right = np.diagonal(sums.confusion, axis1=-2, axis2=-1)
    return _divide(100 * right, images)


def mean_class_accuracy(sums: Tally) -> Array:
    """Mean recall of the classes that have images."""
    return np.nanmean(class_recall(sums), axis=-1)


def macro_f1(sums: Tally) -> Array:
    """Mean F1, in percent, of the classes that have images."""
    images = sums.confusion.sum(axis=-1)
    given = sums.confusion.sum(axis=-2)
    right = np.diagonal(sums.confusion, axis1=-2, axis2=-1)
    # NaN where a class is neither true nor given
    score = _divide(200 * right, images + given)
    return np.nanmean(np.where(images > 0, score, np.nan), axis=-1)


def calibration_error(sums: Tally) -> Array:
    """Expected calibration error, in percent.

    Over the bins, sum of |images' mean confidence - their accuracy| times
    their part of all images (Guo et al. 2017, Eq. 3).
    """
    images = sums.confusion.sum(axis=(-2, -1))
    return 100 * np.abs(sums.gaps).sum(axis=-1) / images


STATISTICS: Mapping[str, Callable[[Tally], Array]] = {
    'accuracy': accuracy,
    'mean_class_accuracy': mean_class_accuracy,
    'macro_f1': macro_f1,
    'calibration_error': calibration_error,
}
"""Name to function, all in percent; the names are also those of
:class:`~csgresnet_mm.evaluation.summary.Metrics`."""

STATISTIC_TITLES: Mapping[str, str] = {
    'accuracy': 'Accuracy',
    'mean_class_accuracy': 'Mean class accuracy',
    'macro_f1': 'Macro F1',
    'calibration_error': 'Expected calibration error',
}
"""Name to the words that people read, in the order of a table."""


def _divide(above: Array, below: Array) -> Array:
    """Quotients, NaN where the divisor is 0."""
    return np.divide(
        above, below, out=np.full_like(above, np.nan), where=below > 0
    )
