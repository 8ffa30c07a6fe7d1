"""What all figures share: their style, their stamp, how they are saved."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from csgresnet_mm.atomic_write import atomic_write

Interval = tuple[float, float]

COLOURS = (
    '#0072B2',
    '#D55E00',
    '#009E73',
    '#CC79A7',
    '#E69F00',
    '#56B4E9',
    '#000000',
)
"""Okabe and Ito's palette, told apart by colour-blind readers."""
GREY = '#707070'
MARKERS = 'os^DvPX'
BAR = {'color': GREY, 'marker': '|', 'markersize': 11, 'linestyle': 'none'}
"""Look of an interval in a legend."""
REPORTED = 'reported by the paper'
STYLE = {
    'axes.axisbelow': True,
    'axes.grid': True,
    'axes.spines.right': False,
    'axes.spines.top': False,
    'font.size': 9.0,
    'grid.alpha': 0.35,
    'legend.frameon': False,
    'savefig.dpi': 200,
    'svg.hashsalt': 'csgresnet_mm',
}


@contextmanager
def style() -> Iterator[None]:
    """Draw by our settings, whatever the user's; they come back after."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield


def new_figure(width: float, height: float, title: str = '') -> Figure:
    """An empty figure that no global state knows.

    Args:
        width: In inches.
        height: In inches.
        title: Above everything; empty is none.
    """
    figure = Figure(figsize=(width, height), layout='constrained')
    FigureCanvasAgg(figure)
    if title:
        figure.suptitle(title)
    return figure


def save(figure: Figure, out: Path, stamp: str | None) -> list[Path]:
    """Write a figure as PNG and SVG, the same bytes each time.

    Args:
        figure: What to write.
        out: The files without suffix; their folder is made.
        stamp: A line below everything, such as what the figure is not
            evidence of; None is none.

    Returns:
        The two files.
    """
    if stamp is not None:
        figure.supxlabel(
            stamp,
            fontsize=9,
            fontweight='bold',
            color='#8B0000',
            bbox=dict(boxstyle='round', facecolor='#FFF1E0', edgecolor='none'),
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    files = []
    for kind, metadata in (
        ('png', {'Software': None}),
        ('svg', {'Date': None, 'Creator': None}),
    ):
        path = out.with_name(f'{out.name}.{kind}')
        with atomic_write(path, 0o644) as file:
            figure.savefig(file, format=kind, metadata=metadata)
        files.append(path)
    return files


def error_of(value: float, interval: Interval | None) -> Any:
    """What ``Axes.errorbar`` takes for one point; None draws no bar."""
    if interval is None:
        return None
    low, high = interval
    return [[max(value - low, 0)], [max(high - value, 0)]]


def entry(label: str, **kwargs: Any) -> Line2D:
    """An entry of a legend."""
    return Line2D([], [], label=label, **kwargs)


def legend_outside(
    figure: Figure, handles: Sequence[Line2D], **kwargs: Any
) -> None:
    """Put a legend right of everything, over no data."""
    figure.legend(handles=list(handles), loc='outside right upper', **kwargs)
