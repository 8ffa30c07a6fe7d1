"""Training curves."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from csgresnet_mm.visualization._canvas import (
    COLOURS,
    entry,
    legend_outside,
    new_figure,
    save,
    style,
)

DASHES = ('-', '--', ':', '-.')


def draw_curves(
    curves: Mapping[str, Sequence[Mapping[str, Any]]],
    out: Path,
    *,
    stamp: str | None = None,
    title: str = '',
) -> list[Path]:
    """Draw training loss and accuracy over epochs.

    Args:
        curves: Run -> its epochs: ``epoch``, ``loss`` (mean of training),
            ``top1`` (per cent) and ``split``, on which top1 was measured.
            An epoch may lack loss or top1.
        out: The files without suffix.
        stamp: A line below, see the package.
        title: Above the figure.

    Returns:
        The PNG and the SVG.

    Raises:
        ValueError: If there is no curve or one has no epoch.
    """
    if not curves or not all(curves.values()):
        raise ValueError(
            'expected at least one curve of at least one epoch, found '
            f'{ {name: len(curve) for name, curve in curves.items()} }'
        )
    with style():
        figure = new_figure(9.5, 3.8, title)
        losses, accuracies = figure.subplots(1, 2)
        handles = []
        for index, (name, curve) in enumerate(curves.items()):
            look = {
                'color': COLOURS[index % len(COLOURS)],
                'linestyle': DASHES[index // len(COLOURS) % len(DASHES)],
                'marker': 'o' if len(curve) == 1 else '',
            }
            for axes, key in ((losses, 'loss'), (accuracies, 'top1')):
                known = [row for row in curve if key in row]
                axes.plot(
                    [row['epoch'] for row in known],
                    [row[key] for row in known],
                    **look,
                )
            handles.append(entry(name, **look))
        losses.set_ylabel('training loss (mean of the epoch)')
        losses.set_ylim(bottom=0)
        splits = {row['split'] for curve in curves.values() for row in curve}
        accuracies.set_ylabel(
            f'accuracy on {" and ".join(sorted(splits))} (%)'
        )
        for axes in (losses, accuracies):
            axes.set_xlabel('epoch')
            axes.xaxis.get_major_locator().set_params(integer=True)
        legend_outside(figure, handles)
        return save(figure, out, stamp)
