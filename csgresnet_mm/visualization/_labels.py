"""Names beside points, each where it covers nothing if there is a place."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

PLACES = (
    (1, 0),
    (0, 1),
    (0, -1),
    (-1, 0),
    (1, 1),
    (1, -1),
    (-1, 1),
    (-1, -1),
)
DISTANCES = (0, 10, 22, 36)
"""Extra points between marker and label; a line leads to a farther one."""


def place_labels(
    axes: Axes,
    points: Sequence[tuple[float, float]],
    names: Sequence[str],
    radii: Sequence[float],
    covered: Sequence[tuple[float, float, float]],
) -> None:
    """Write names beside points.

    One after the other takes the first of 32 places in which it overlaps no
    marker and no name written before, or the one with the least overlap.

    Args:
        axes: Where the points are drawn; its limits are final.
        points: In data units.
        names: One a point.
        radii: Of the markers, in points (1/72 inch).
        covered: What else is drawn at each point: how far right of it, in
            points, and the lower and upper end of its bar, in data units.
    """
    figure = axes.get_figure()
    figure.draw_without_rendering()  # the layout, hence where pixels are
    scale = figure.dpi / 72
    centres = axes.transData.transform(points)
    taken = [
        Bbox.from_bounds(x - r, y - r, 2 * r, 2 * r)
        for (x, y), r in zip(
            centres, [radius * scale for radius in radii], strict=True
        )
    ]
    for (x, y), (right, *bar) in zip(centres, covered, strict=True):
        taken.append(
            Bbox.from_bounds(x, y - 3 * scale, right * scale, 6 * scale)
        )
        ends = axes.transData.transform([(points[0][0], v) for v in bar])
        taken.append(
            Bbox.from_extents(
                x - 2 * scale, ends[0][1], x + 2 * scale, ends[1][1]
            )
        )
    for point, name, radius in zip(points, names, radii, strict=True):
        best, least = None, float('inf')
        for extra in DISTANCES:
            for place in PLACES:
                label = _write(axes, point, name, radius, place, extra)
                box = Text.get_window_extent(label)  # without its line
                label.remove()
                cost = _overlap(box, taken) + _outside(box, axes)
                if cost < least:
                    best, least = (place, extra, box), cost
        place, extra, box = best
        _write(axes, point, name, radius, place, extra)
        taken.append(box)


def _write(
    axes: Axes,
    point: tuple[float, float],
    name: str,
    radius: float,
    place: tuple[int, int],
    extra: float,
) -> Annotation:
    gap = (radius + 3 + extra) * (0.75 if all(place) else 1)
    horizontal = {1: 'left', 0: 'center', -1: 'right'}[place[0]]
    vertical = {1: 'bottom', 0: 'center', -1: 'top'}[place[1]]
    line = dict(arrowstyle='-', linewidth=0.6, color='#707070')
    return axes.annotate(
        name,
        point,
        (place[0] * gap, place[1] * gap),
        textcoords='offset points',
        ha=horizontal,
        va=vertical,
        fontsize=8,
        arrowprops=line if extra else None,
        annotation_clip=False,
    )


def _overlap(box: Bbox, others: Sequence[Bbox]) -> float:
    """Square pixels that a box shares with others."""
    shared = (Bbox.intersection(box, other) for other in others)
    return sum(b.width * b.height for b in shared if b is not None)


def _outside(box: Bbox, axes: Axes) -> float:
    """Square pixels of a box outside the axes."""
    inside = Bbox.intersection(box, axes.bbox)
    area = box.width * box.height
    return area - (inside.width * inside.height if inside else 0)
