"""Accuracy over cost (the paper's Figure 1)."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter

from csgresnet_mm.visualization._canvas import (
    BAR,
    COLOURS,
    GREY,
    MARKERS,
    REPORTED,
    Interval,
    entry,
    error_of,
    legend_outside,
    new_figure,
    save,
    style,
)
from csgresnet_mm.visualization._labels import place_labels

FAMILIES = ('ResNet', 'GResNet', 'CS-GResNet', 'CS-ResNet')
"""Families of networks in the order of their colours and markers."""
MILLION = 1e6
GIGA = 1e9
LEAST_RADIUS = 3.0
ARROW = 16
"""Length of the arrow at a lower bound, in points."""
BUBBLES = (2.8, 11.2, 50.5)
"""Parameters, in millions, of the bubbles in the legend."""
COST_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


@dataclass(frozen=True)
class CostPoint:
    """A network's accuracy beside what it costs.

    Args:
        name: Of the network.
        multiply_adds: Of one image, a count.
        parameters: A count.
        accuracy: In per cent.
        interval: Of the accuracy, low and high; None where there is none.
        reported: Whether the number is the paper's, not measured here.
        lower_bound: Whether the cost is a lower bound, as the paper's
            ``>11.17M/1.80G``.
    """

    name: str
    multiply_adds: float
    parameters: float
    accuracy: float
    interval: Interval | None = None
    reported: bool = False
    lower_bound: bool = False

    def __post_init__(self) -> None:
        if not (self.multiply_adds > 0 and self.parameters > 0):
            raise ValueError(
                f'{self.name}: multiply_adds={self.multiply_adds} and '
                f'parameters={self.parameters} must be positive'
            )


def family_look(name: str) -> tuple[str, str]:
    """Colour and marker of a network's family; grey for one not ours."""
    family = re.sub(r'-\d.*', '', name)
    if family not in FAMILIES:
        return GREY, 'o'
    index = FAMILIES.index(family)
    return COLOURS[index], MARKERS[index]


def draw_accuracy_over_cost(
    points: Sequence[CostPoint],
    out: Path,
    *,
    stamp: str | None = None,
    title: str = '',
) -> list[Path]:
    """Draw accuracy over multiply-adds, bubbles as large as the parameters.

    The area of a bubble is proportional to the number of parameters. A filled
    bubble is measured, a hollow one reported; an arrow to the right says that
    the cost is a lower bound.

    Args:
        points: At least one.
        out: The files without suffix.
        stamp: A line below, see the package.
        title: Above the figure.

    Returns:
        The PNG and the SVG.

    Raises:
        ValueError: If there is no point.
    """
    if not points:
        raise ValueError('points is empty, expected at least one')
    with style():
        figure = new_figure(8.5, 5, title)
        axes = figure.add_subplot()
        radii = [_radius(p.parameters / MILLION) for p in points]
        for point, radius in zip(points, radii, strict=True):
            _draw_bubble(axes, point, radius)
        _cost_axis(axes, [p.multiply_adds / GIGA for p in points])
        axes.set_ylabel('accuracy (%)')
        axes.margins(y=0.12)
        legend_outside(
            figure, _bubble_legend(points), labelspacing=1.5, handletextpad=1.5
        )
        place_labels(
            axes,
            [(p.multiply_adds / GIGA, p.accuracy) for p in points],
            [p.name for p in points],
            radii,
            [_covered(p, r) for p, r in zip(points, radii, strict=True)],
        )
        return save(figure, out, stamp)


def _radius(millions: float) -> float:
    """Of a bubble, in points; its area follows the parameters."""
    return max(2 * math.sqrt(millions), LEAST_RADIUS)


def _draw_bubble(axes: Axes, point: CostPoint, radius: float) -> None:
    colour = family_look(point.name)[0]
    cost = point.multiply_adds / GIGA
    axes.errorbar(
        cost,
        point.accuracy,
        yerr=error_of(point.accuracy, point.interval),
        fmt='o',
        markersize=2 * radius,
        markerfacecolor='none' if point.reported else f'{colour}B0',
        markeredgecolor=colour,
        markeredgewidth=1.4,
        ecolor=colour,
        elinewidth=1.2,
        capsize=3,
        zorder=2 if point.reported else 3,
    )
    if point.lower_bound:
        axes.annotate(
            '',
            (cost, point.accuracy),
            (radius + ARROW, 0),
            textcoords='offset points',
            arrowprops=dict(
                arrowstyle='<-', color=colour, shrinkA=0, shrinkB=radius
            ),
        )


def _covered(point: CostPoint, radius: float) -> tuple[float, float, float]:
    """What a bubble's arrow and bar cover: see :func:`place_labels`."""
    low, high = point.interval or (point.accuracy, point.accuracy)
    right = radius + (ARROW if point.lower_bound else 0)
    return right, low, high


def _cost_axis(axes: Axes, costs: Sequence[float]) -> None:
    axes.set_xscale('log')
    low, high = min(costs) / 1.6, max(costs) * 1.9
    axes.set_xlim(low, high)
    axes.set_xticks([tick for tick in COST_TICKS if low <= tick <= high])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f'{x:g}'))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel('multiply-adds of one image (G), each at its own size')


def _bubble_legend(points: Sequence[CostPoint]) -> list[Line2D]:
    kinds = {
        'measured here': f'{GREY}B0',
        REPORTED: 'none',
    }
    shown = {p.reported for p in points}
    handles = [
        entry(
            label,
            marker='o',
            linestyle='none',
            color=GREY,
            markerfacecolor=face,
            markersize=9,
        )
        for label, face in kinds.items()
        if (label == REPORTED) in shown
    ]
    if any(p.interval is not None for p in points):
        handles.append(entry('95% interval', **BAR))
    if any(p.lower_bound for p in points):
        handles.append(
            entry(
                'costs at least this',
                marker=r'$\rightarrow$',
                linestyle='none',
                color=GREY,
                markersize=11,
            )
        )
    return handles + [
        entry(
            f'{millions:g} M parameters',
            marker='o',
            linestyle='none',
            color=GREY,
            markerfacecolor='none',
            markersize=2 * _radius(millions),
        )
        for millions in BUBBLES
    ]
