"""Accuracy over parameters (the paper's Figure 3)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from csgresnet_mm.visualization._canvas import (
    BAR,
    GREY,
    REPORTED,
    Interval,
    entry,
    error_of,
    legend_outside,
    new_figure,
    save,
    style,
)
from csgresnet_mm.visualization.costs import MILLION, CostPoint, family_look


@dataclass(frozen=True)
class Gain:
    """How much more accurate GResNet is than ResNet.

    Args:
        dataset: Name of the data set, a key of the panels.
        depth: 18 or 34.
        value: Accuracy of GResNet minus that of ResNet, in points.
        interval: Of the value, low and high; None where there is none.
        reported: Whether the number is the paper's, not measured here.
    """

    dataset: str
    depth: int
    value: float
    interval: Interval | None = None
    reported: bool = False


def draw_accuracy_over_parameters(
    panels: Mapping[str, Sequence[CostPoint]],
    out: Path,
    *,
    stamp: str | None = None,
    title: str = '',
    gains: Sequence[Gain] = (),
) -> list[Path]:
    """Draw accuracy over parameters, a panel a data set.

    Networks of one family are joined. Below, where gains are given, the gain
    of GResNet over ResNet at each depth: of the paper's Figure 3 only these
    are in its text.

    Args:
        panels: Data set -> points; names end in their depth.
        out: The files without suffix.
        stamp: A line below, see the package.
        title: Above the figure.
        gains: Of the data sets of ``panels``.

    Returns:
        The PNG and the SVG.

    Raises:
        ValueError: If there is no panel, or a gain's data set has none.
    """
    if not panels:
        raise ValueError('panels is empty, expected at least one')
    for gain in gains:
        if gain.dataset not in panels:
            raise ValueError(
                f'a gain names the data set {gain.dataset!r}, expected one '
                f'of {tuple(panels)}'
            )
    with style():
        rows = 2 if gains else 1
        width = max(3.0 * len(panels), 4.5) + 2
        figure = new_figure(width, 3.1 * rows, title)
        grid = figure.subplots(rows, len(panels), squeeze=False)
        for column, (dataset, points) in enumerate(panels.items()):
            _draw_families(grid[0][column], points)
            grid[0][column].set_title(dataset)
            if gains:
                own = [gain for gain in gains if gain.dataset == dataset]
                _draw_gains(grid[1][column], own)
        grid[0][0].set_ylabel('accuracy (%)')
        if gains:
            grid[1][0].set_ylabel('GResNet minus ResNet (points)')
        points = [p for group in panels.values() for p in group]
        legend_outside(figure, _family_legend(points, gains))
        return save(figure, out, stamp)


def _draw_families(axes: Axes, points: Sequence[CostPoint]) -> None:
    looks: dict[tuple[str, str, bool], list[CostPoint]] = {}
    for point in points:
        key = (*family_look(point.name), point.reported)
        looks.setdefault(key, []).append(point)
    for (colour, marker, reported), group in looks.items():
        group.sort(key=lambda p: p.parameters)
        axes.plot(
            [p.parameters / MILLION for p in group],
            [p.accuracy for p in group],
            color=colour,
            linewidth=1,
            linestyle=':' if reported else '-',
        )
        for point in group:
            axes.errorbar(
                point.parameters / MILLION,
                point.accuracy,
                yerr=error_of(point.accuracy, point.interval),
                fmt=marker,
                color=colour,
                markerfacecolor='white' if reported else colour,
                capsize=3,
            )
    axes.set_xlim(0, 1.15 * max(p.parameters for p in points) / MILLION)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.set_xlabel('parameters (M)')
    axes.margins(y=0.15)


def _draw_gains(axes: Axes, gains: Sequence[Gain]) -> None:
    depths = sorted({gain.depth for gain in gains})
    for gain in gains:
        place = depths.index(gain.depth) + (0.12 if gain.reported else -0.12)
        axes.errorbar(
            place,
            gain.value,
            yerr=error_of(gain.value, gain.interval),
            fmt='D' if gain.reported else 'o',
            color='black',
            markerfacecolor='white' if gain.reported else 'black',
            capsize=3,
        )
    axes.axhline(0, color=GREY, linewidth=1)
    axes.set_xticks(range(len(depths)), [f'depth {d}' for d in depths])
    axes.set_xlim(-0.5, max(len(depths), 1) - 0.5)
    axes.margins(y=0.15)


def _family_legend(
    points: Sequence[CostPoint], gains: Sequence[Gain]
) -> list[Line2D]:
    handles = {}
    for point in points:
        colour, marker = family_look(point.name)
        family = re.sub(r'-\d.*', '', point.name)
        label = f'{family}, {REPORTED}' if point.reported else family
        handles[label] = entry(
            label,
            color=colour,
            marker=marker,
            linestyle=':' if point.reported else '-',
            markerfacecolor='white' if point.reported else colour,
        )
    for gain in gains:
        label = f'gain, {REPORTED}' if gain.reported else 'gain, measured'
        handles[label] = entry(
            label,
            color='black',
            marker='D' if gain.reported else 'o',
            linestyle='none',
            markerfacecolor='white' if gain.reported else 'black',
        )
    intervals = [point.interval for point in points]
    intervals += [gain.interval for gain in gains]
    if any(intervals):
        handles['interval'] = entry('95% interval', **BAR)
    return list(handles.values())
