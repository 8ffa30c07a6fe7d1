"""Recall and precision, class by class."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from csgresnet_mm.visualization._canvas import (
    COLOURS,
    entry,
    legend_outside,
    new_figure,
    save,
    style,
)


def draw_by_class(
    recall: Sequence[float],
    precision: Sequence[float],
    images: Sequence[int],
    classes: Sequence[str],
    out: Path,
    *,
    stamp: str | None = None,
    title: str = '',
) -> list[Path]:
    """Draw recall and precision of each class, in per cent.

    Args:
        recall: K numbers; NaN of a class without images.
        precision: K numbers; NaN of a class that was never given.
        images: Of each class.
        classes: K names.
        out: The files without suffix.
        stamp: A line below, see the package.
        title: Above the figure.

    Returns:
        The PNG and the SVG.

    Raises:
        ValueError: The lengths differ.
    """
    sizes = [len(x) for x in (recall, precision, images, classes)]
    if len(set(sizes)) > 1:
        raise ValueError(
            f'{sizes[0]} recalls, {sizes[1]} precisions and {sizes[2]} '
            f'numbers of images do not fit {sizes[3]} classes'
        )
    rows = np.arange(len(classes))
    with style():
        figure = new_figure(7.5, 1.3 + 0.48 * len(classes), title)
        axes = figure.add_subplot()
        names = ('recall', 'precision')
        for shift, values, colour in zip(
            (-0.2, 0.2), (recall, precision), COLOURS[:2], strict=True
        ):
            known = np.nan_to_num(np.array(values, float))
            axes.barh(rows + shift, known, height=0.36, color=colour)
            for row, value in enumerate(values):
                text = 'none' if np.isnan(value) else f'{value:.1f}'
                axes.text(
                    known[row] + 1, row + shift, text, va='center', fontsize=7
                )
        axes.set_yticks(
            rows,
            [f'{n} ({k:,})' for n, k in zip(classes, images, strict=True)],
        )
        axes.invert_yaxis()
        axes.grid(axis='y', visible=False)
        axes.set_xlim(0, 108)
        axes.set_xticks(range(0, 101, 20))
        axes.set_xlabel('per cent')
        axes.set_ylabel('class (images)')
        handles = [
            entry(name, color=colour, marker='s', linestyle='none')
            for name, colour in zip(names, COLOURS, strict=False)
        ]
        legend_outside(figure, handles)
        return save(figure, out, stamp)
