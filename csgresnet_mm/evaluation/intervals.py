"""Bootstrap intervals, over the images of a test set and over seeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from csgresnet_mm.evaluation.paired import check_paired
from csgresnet_mm.evaluation.predictions import Predictions
from csgresnet_mm.evaluation.tallies import STATISTICS, tally

LEVEL = 0.95
SAMPLES = 2000
"""Resamples of a test set; of seeds, where one costs nothing, more."""
SEED_SAMPLES = 10_000
_CHUNK = 1 << 20
"""Random numbers drawn at once."""


class Interval(NamedTuple):
    """Lower and upper end."""

    low: float
    high: float


@dataclass(frozen=True)
class MeanInterval:
    """What several seeds gave.

    Args:
        n: Their number.
        mean: Of the values.
        std: Their standard deviation, with n - 1; None of one value.
        interval: Of the mean, by bootstrap; None of one value.
    """

    n: int
    mean: float
    std: float | None
    interval: Interval | None


def bootstrap_intervals(
    predictions: Predictions,
    *,
    level: float = LEVEL,
    samples: int = SAMPLES,
    seed: int = 0,
) -> dict[str, Interval]:
    """Percentile intervals of all figures of a test set, in percent.

    Images are drawn with replacement, the same for every figure. The
    calibration error is a sum of absolute values, which noise raises: its
    interval lies too high, and of a well calibrated network above the figure.

    Args:
        predictions: Of n images.
        level: Part of the resamples inside.
        samples: Number of resamples.
        seed: Of the draws.

    Returns:
        By the names of :data:`~csgresnet_mm.evaluation.tallies.STATISTICS`.

    Raises:
        ValueError: ``level`` is not between 0 and 1, or ``samples`` < 1.
    """
    drawn = _resample(predictions, level, samples, seed)
    return {
        name: _percentiles(values, level) for name, values in drawn.items()
    }


def difference_intervals(
    a: Predictions,
    b: Predictions,
    *,
    level: float = LEVEL,
    samples: int = SAMPLES,
    seed: int = 0,
) -> dict[str, Interval]:
    """Intervals of b minus a, in points: both on the same drawn images.

    Args:
        a: Of one network.
        b: Of another one on the same images.
        level: Part of the resamples inside.
        samples: Number of resamples.
        seed: Of the draws.

    Raises:
        ValueError: As in :func:`bootstrap_intervals`, or the images are not
            the same.
    """
    check_paired(a, b)
    ours = _resample(a, level, samples, seed)
    theirs = _resample(b, level, samples, seed)
    return {
        name: _percentiles(theirs[name] - ours[name], level) for name in ours
    }


def mean_interval(
    values: Sequence[float],
    *,
    level: float = LEVEL,
    samples: int = SEED_SAMPLES,
    seed: int = 0,
) -> MeanInterval:
    """Mean, standard deviation and percentile interval of some values.

    Few values give too narrow an interval: it knows of no value beyond them.

    Args:
        values: One a seed; not empty, finite.
        level: Part of the resamples inside.
        samples: Number of resamples.
        seed: Of the draws.

    Raises:
        ValueError: There is no value, or one is not finite; ``level`` is not
            between 0 and 1, or ``samples`` < 1.
    """
    _check_arguments(level, samples)
    array = np.asarray(values, np.float64)
    if array.ndim != 1 or not len(array) or not np.isfinite(array).all():
        raise ValueError(
            f'values={array.tolist()}; expected one finite number or more'
        )
    mean = float(array.mean())
    if len(array) == 1:
        return MeanInterval(1, mean, None, None)
    drawn = np.random.default_rng(seed).integers(
        0, len(array), (samples, len(array))
    )
    interval = _percentiles(array[drawn].mean(axis=1), level)
    return MeanInterval(len(array), mean, float(array.std(ddof=1)), interval)


def _resample(
    predictions: Predictions, level: float, samples: int, seed: int
) -> dict[str, NDArray[np.float64]]:
    """Each statistic on each resample, shape (samples,)."""
    _check_arguments(level, samples)
    columns = tally(predictions)
    parts: list[dict[str, NDArray[np.float64]]] = []
    for weights in _weights(len(predictions), samples, seed):
        drawn = columns.weighted(weights)
        parts.append(
            {name: compute(drawn) for name, compute in STATISTICS.items()}
        )
    return {
        name: np.concatenate([part[name] for part in parts])
        for name in STATISTICS
    }


def _weights(
    count: int, samples: int, seed: int
) -> Iterator[NDArray[np.float64]]:
    """How often each image is drawn, (some resamples, count) at a time."""
    rng = np.random.default_rng(seed)
    step = max(_CHUNK // count, 1)
    for start in range(0, samples, step):
        rows = min(step, samples - start)
        drawn = rng.integers(0, count, (rows, count))
        drawn += np.arange(rows)[:, None] * count
        times = np.bincount(drawn.ravel(), minlength=rows * count)
        yield times.reshape(rows, count).astype(np.float64)


def _percentiles(values: NDArray[np.float64], level: float) -> Interval:
    tail = 50 * (1 - level)
    low, high = np.percentile(values, [tail, 100 - tail])
    return Interval(float(low), float(high))


def _check_arguments(level: float, samples: int) -> None:
    if not 0 < level < 1:
        raise ValueError(f'level={level}; expected between 0 and 1')
    if samples < 1:
        raise ValueError(f'samples={samples}; expected 1 or more')
