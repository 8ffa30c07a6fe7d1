"""The figures of a test set with their intervals, as rows of a table."""

from __future__ import annotations

from csgresnet_mm.evaluation.intervals import bootstrap_intervals
from csgresnet_mm.evaluation.predictions import Predictions
from csgresnet_mm.evaluation.summary import summarise
from csgresnet_mm.evaluation.tallies import BINS, STATISTIC_TITLES

FIGURE_HEAD = ('Figure', 'Value', '95 % interval')
"""Names of the columns of :func:`figure_rows`."""


def figure_rows(predictions: Predictions) -> list[tuple[str, str, str]]:
    """Title, value and bootstrap interval of each figure."""
    metrics = summarise(predictions)
    rows = []
    for name, (low, high) in bootstrap_intervals(predictions).items():
        unit = f' ({BINS} bins), %' if name == 'calibration_error' else ', %'
        rows.append(
            (
                f'{STATISTIC_TITLES[name]}{unit}',
                f'{getattr(metrics, name):.2f}',
                f'{low:.2f} to {high:.2f}',
            )
        )
    return rows
