"""The ablation of the channel shift (the paper's Figure 4)."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.axes import Axes

from csgresnet_mm.visualization._canvas import (
    BAR,
    COLOURS,
    GREY,
    MARKERS,
    entry,
    error_of,
    legend_outside,
    new_figure,
    save,
    style,
)

Estimate = tuple[float, float | None, float | None]
"""Mean and the ends of its interval, which are None where there is none."""
Cell = tuple[int, int, str]
"""Divisor (the paper's sigma), stage and position of a shift."""
POSITIONS = ('start', 'middle', 'end', 'stochastic')
WIDTH = 0.6
"""Of the points of one position, where positions are 1 apart."""


def draw_ablation(
    cells: Mapping[Cell, Estimate | None],
    baseline: Estimate | None,
    out: Path,
    *,
    stamp: str | None = None,
    title: str = '',
) -> list[Path]:
    """Draw the accuracy of each setting against the network without a shift.

    Args:
        cells: (divisor, stage, position) -> accuracy in per cent with its
            interval; None is a cell that was not run.
        baseline: The backbone without a shift, or None.
        out: The files without suffix.
        stamp: A line below, see the package.
        title: Above the figure.

    Returns:
        The PNG and the SVG.

    Raises:
        ValueError: If there is no cell, or a position is unknown.
    """
    if not cells:
        raise ValueError('cells is empty, expected at least one')
    for cell in cells:
        if cell[2] not in POSITIONS:
            raise ValueError(
                f'cell {cell}: position {cell[2]!r}, expected one of '
                f'{POSITIONS}'
            )
    divisors = sorted({divisor for divisor, _, _ in cells})
    stages = sorted({stage for _, stage, _ in cells})
    with style():
        figure = new_figure(3.6 * len(stages) + 2, 3.8, title)
        row = figure.subplots(1, len(stages), squeeze=False, sharey=True)[0]
        for axes, stage in zip(row, stages, strict=True):
            axes.set_title(f'shift in layer {stage}')
            own = {c: e for c, e in cells.items() if c[1] == stage}
            _draw_stage(axes, own, divisors, baseline)
        row[0].set_ylabel('accuracy (%)')
        handles = [
            entry(f'σ = {d}', **_look(i), linestyle='none')
            for i, d in enumerate(divisors)
        ]
        if baseline is not None:
            handles.append(entry('without a shift', color='black'))
        known = [e for e in (*cells.values(), baseline) if e is not None]
        if any(low is not None for _, low, _ in known):
            handles.append(entry('95% interval', **BAR))
        if any(estimate is None for estimate in cells.values()):
            handles.append(
                entry('not run', color=GREY, marker='x', linestyle='none')
            )
        legend_outside(figure, handles)
        return save(figure, out, stamp)


def _look(index: int) -> dict[str, str]:
    return {
        'color': COLOURS[index % len(COLOURS)],
        'marker': MARKERS[index % len(MARKERS)],
    }


def _draw_stage(
    axes: Axes,
    cells: Mapping[Cell, Estimate | None],
    divisors: list[int],
    baseline: Estimate | None,
) -> None:
    if baseline is not None:
        mean, low, high = baseline
        axes.axhline(mean, color='black', linewidth=1)
        if low is not None and high is not None:
            axes.axhspan(low, high, color='black', alpha=0.1, linewidth=0)
    step = WIDTH / max(len(divisors) - 1, 1)
    for (divisor, _, position), estimate in cells.items():
        index = divisors.index(divisor)
        offset = index * step - WIDTH / 2 if len(divisors) > 1 else 0
        place = POSITIONS.index(position) + offset
        if estimate is None:
            axes.plot(
                place,
                0.03,
                'x',
                color=GREY,
                markersize=5,
                transform=axes.get_xaxis_transform(),
            )
            continue
        mean, low, high = estimate
        known = low is not None and high is not None
        axes.errorbar(
            place,
            mean,
            yerr=error_of(mean, (low, high) if known else None),
            capsize=3,
            **_look(index),
        )
    axes.set_xticks(range(len(POSITIONS)), POSITIONS)
    axes.set_xlim(-0.5, len(POSITIONS) - 0.5)
    axes.set_xlabel('position of the blocks')
    axes.margins(y=0.15)
