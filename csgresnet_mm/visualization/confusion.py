"""Confusion matrices.

MMPretrain's ``ConfusionMatrix.calculate`` counts; its ``plot`` colours by
counts, so that rare classes are dark whatever is done with them, and draws
through pyplot's global state. Here a cell's colour is its share of the true
class.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from csgresnet_mm.visualization._canvas import new_figure, save, style


def draw_confusion(
    matrix: np.ndarray,
    classes: Sequence[str],
    out: Path,
    *,
    stamp: str | None = None,
    title: str = '',
) -> list[Path]:
    """Draw a confusion matrix: counts, and their share of the true class.

    Args:
        matrix: Counts (K, K), rows true and columns predicted classes.
        classes: K names.
        out: The files without suffix.
        stamp: A line below, see the package.
        title: Above the figure.

    Returns:
        The PNG and the SVG.

    Raises:
        ValueError: If the matrix is not (K, K) for K classes.
    """
    counts = np.asarray(matrix)
    size = len(classes)
    if counts.shape != (size, size) or not size:
        raise ValueError(
            f'matrix of shape {counts.shape} does not fit {size} classes'
        )
    totals = counts.sum(1, keepdims=True)
    shares = 100 * counts / np.maximum(totals, 1)
    with style():
        figure = new_figure(3.2 + 0.62 * size, 1.8 + 0.58 * size, title)
        axes = figure.add_subplot()
        image = axes.imshow(shares, cmap='cividis', vmin=0, vmax=100)
        axes.grid(False)
        for row, column in np.ndindex(size, size):
            axes.text(
                column,
                row,
                f'{shares[row, column]:.0f}%\n{counts[row, column]:,}',
                ha='center',
                va='center',
                fontsize=7.5,
                color='black' if shares[row, column] > 55 else 'white',
            )
        names = [
            f'{name} ({n:,})'
            for name, n in zip(classes, totals[:, 0], strict=True)
        ]
        axes.set_yticks(range(size), names)
        axes.set_xticks(range(size), classes, rotation=35, ha='right')
        axes.set_ylabel('true class (images)')
        axes.set_xlabel('predicted class')
        figure.colorbar(
            image, ax=axes, label='share of the true class (%)', shrink=0.8
        )
        return save(figure, out, stamp)
