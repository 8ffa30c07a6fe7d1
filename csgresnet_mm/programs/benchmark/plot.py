"""A chart of the ratios."""

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from csgresnet_mm.programs.benchmark.results import Ratio

TICKS = (0.25, 0.5, 1, 2, 3, 4, 6, 8)
BAR = 0.8


def draw(ratios: Sequence[Ratio]) -> bytes:
    """Draw the first of our forms in each case against each peer.

    Args:
        ratios: At least one, from :func:`results.compare`.

    Returns:
        A PNG: bars on a logarithmic axis, with quartiles; right of the line
        at 1 ours is better.
    """
    headline: dict[str, list[Ratio]] = {}
    for ratio in ratios:
        label = f'{ratio.ours.section}: {ratio.ours.case}'
        known = headline.setdefault(label, [])
        if not known or known[0].ours == ratio.ours:
            known.append(ratio)
    roles = list(dict.fromkeys(r.peer.role for r in ratios))
    figure = Figure(figsize=(9, 1.5 + 0.3 * len(headline)), dpi=120)
    axes = figure.add_subplot()
    height = BAR / len(roles)
    for index, role in enumerate(roles):
        shown = [
            (row, ratio)
            for row, group in enumerate(headline.values())
            for ratio in group
            if ratio.peer.role == role
        ]
        rows = np.array([row for row, _ in shown])
        values = np.array([ratio.value for _, ratio in shown])
        low = np.array([ratio.lower_quartile for _, ratio in shown])
        high = np.array([ratio.upper_quartile for _, ratio in shown])
        axes.barh(
            rows + (index + 0.5) * height - BAR / 2,
            values - 1,
            height,
            left=1,
            label=f'{role} / ours',
            xerr=np.clip([values - low, high - values], 0, None),
        )
    _decorate(axes, list(headline))
    figure.tight_layout()
    png = io.BytesIO()
    figure.savefig(png, format='png')
    return png.getvalue()


def _decorate(axes: Axes, labels: list[str]) -> None:
    axes.set_xscale('log')
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f'{x:g}'))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xticks(TICKS)
    axes.axvline(1, color='black', linewidth=1)
    axes.set_yticks(range(len(labels)), labels, fontsize=7)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.set_xlabel('peer / ours, medians; above 1 ours is better')
    axes.legend(fontsize=7, loc='upper left', bbox_to_anchor=(1, 1))
