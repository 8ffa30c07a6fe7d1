"""Reliability diagrams."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from csgresnet_mm.visualization._canvas import (
    COLOURS,
    GREY,
    new_figure,
    save,
    style,
)

FEW = 10
"""Below so many images the bar of a bin is pale: chance decides it."""


def draw_reliability(
    images: Sequence[int],
    confidence: Sequence[float],
    accuracy: Sequence[float],
    out: Path,
    *,
    stamp: str | None = None,
    title: str = '',
) -> list[Path]:
    """Draw how often a network is right when it is so sure.

    Args:
        images: In each bin of confidence, bins of equal width from 0 to 1.
        confidence: Mean of each bin, 0 to 1; NaN of no image.
        accuracy: Of each bin, 0 to 1; NaN of no image.
        out: The files without suffix.
        stamp: A line below, see the package.
        title: Above the figure.

    Returns:
        The PNG and the SVG.

    Raises:
        ValueError: The lengths differ, or there is no image.
    """
    sizes = {len(images), len(confidence), len(accuracy)}
    if len(sizes) > 1 or not sum(images):
        raise ValueError(
            f'{len(images)} bins of {sum(images)} images, {len(confidence)} '
            f'confidences and {len(accuracy)} accuracies; expected as many '
            'of each, and an image'
        )
    edges = np.linspace(0, 1, len(images) + 1)
    middles, width = (edges[1:] + edges[:-1]) / 2, edges[1]
    sure, right = 100 * np.array(confidence), 100 * np.array(accuracy)
    with style():
        figure = new_figure(5.6, 5.4, title)
        upper, lower = figure.subplots(
            2, 1, sharex=True, height_ratios=(3.2, 1)
        )
        _draw_bars(upper, np.array(images), 100 * middles, right, 94 * width)
        # where the bar should end
        upper.plot(
            sure,
            sure,
            linestyle='none',
            marker='_',
            markersize=15,
            markeredgewidth=2,
            color=COLOURS[1],
            label='its mean confidence',
        )
        upper.plot([0, 100], [0, 100], color='black', linestyle=':', lw=1)
        upper.set_ylabel('accuracy (%)')
        upper.set_ylim(0, 100)
        upper.legend(loc='upper left')
        lower.bar(100 * middles, images, width=94 * width, color=GREY)
        lower.set_ylabel('images')
        lower.set_xlabel('confidence: highest probability (%)')
        lower.set_xlim(0, 100)
        return save(figure, out, stamp)


def _draw_bars(
    axes: Axes,
    images: np.ndarray,
    middles: np.ndarray,
    accuracy: np.ndarray,
    width: float,
) -> None:
    """A bar a bin, pale where few images are; percent."""
    some, few = images > 0, images < FEW
    for chosen, alpha, label in (
        (~few, 1, 'accuracy of the bin'),
        (few & some, 0.3, f'of fewer than {FEW} images'),
    ):
        if chosen.any():
            axes.bar(
                middles[chosen],
                accuracy[chosen],
                width=width,
                color=COLOURS[0],
                alpha=alpha,
                label=label,
            )
