"""How often a network is right when it is so sure."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from csgresnet_mm.evaluation.predictions import Predictions
from csgresnet_mm.evaluation.tallies import BINS, confidences


class Reliability(NamedTuple):
    """Bins of equal width of the highest probability, lowest first.

    Args:
        images: In each bin.
        confidence: Their mean highest probability; NaN of no image.
        accuracy: Part of them that is right; NaN of no image.
    """

    images: NDArray[np.int64]
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]


def reliability_bins(predictions: Predictions) -> Reliability:
    """The bins of the expected calibration error.

    That is the sum over bins of |confidence - accuracy|, weighed by their
    part of the images.
    """
    values, bins = confidences(predictions)
    images = np.bincount(bins, minlength=BINS)
    safe = np.where(images > 0, images, np.nan)
    return Reliability(
        images,
        np.bincount(bins, values, minlength=BINS) / safe,
        np.bincount(bins, predictions.right, minlength=BINS) / safe,
    )
