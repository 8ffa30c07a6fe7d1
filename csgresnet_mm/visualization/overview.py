"""One Gabor convolution from a picture to its orientation maximum."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor, nn

from csgresnet_mm.functional import (
    max_over_orientations,
    split_orientations,
)
from csgresnet_mm.layers import GConv
from csgresnet_mm.visualization._canvas import new_figure, save, style
from csgresnet_mm.visualization.filters import modulated_filters

COLUMNS = (
    ('', 'a picture', 2.2),
    ('∗', 'one learned kernel', 1.0),
    ('×', 'Gabor filters', 1.0),
    ('=', 'kernels', 1.0),
    ('→', 'answers', 1.0),
    ('→', 'the largest', 2.2),
)
"""Sign before it, title, side of its pictures in inches."""
GAP, BETWEEN = 0.42, 0.08
"""Between columns and rows, inches."""
TITLE_HEIGHT = 0.35


@torch.no_grad()
def draw_gabor_convolution(
    model: nn.Module,
    picture: np.ndarray,
    out: Path,
    *,
    layer: str = 'backbone.conv1',
    plane: int = 0,
    stamp: str | None = None,
    title: str = '',
) -> list[Path]:
    """Draw what one learned kernel becomes, and what it answers.

    A learned kernel times the Gabor filters of a layer gives a kernel for
    each orientation (paper, equations 1 and 2); the largest answer at each
    position is what the last layer hands on.

    Args:
        model: A network.
        picture: RGB, shape (height, width, 3), uint8.
        out: The files without suffix.
        layer: Name of the Gabor convolution that sees the picture.
        plane: Which of its learned kernels.
        stamp: A line below, see the package.
        title: Above the figure.

    Returns:
        The PNG and the SVG.

    Raises:
        ValueError: If there is no such layer or plane, or it does not take
            pictures of three channels.
    """
    filters = modulated_filters(model, layer, planes=plane + 1)
    conv = cast(GConv, model.get_submodule(layer))  # else that would raise
    if plane >= len(filters.learned) or filters.learned.shape[1] != 3:
        raise ValueError(
            f'layer {layer!r} has {len(filters.learned)} learned kernels of '
            f'{filters.learned.shape[1]} channels; expected more than '
            f'{plane}, of 3 channels'
        )
    answers = _answers(conv, picture)
    maximum = max_over_orientations(answers, conv.num_orientations)[0, plane]
    orientations = split_orientations(answers, conv.num_orientations)[0, plane]
    count = conv.num_orientations
    columns: list[list[np.ndarray]] = [
        [picture],
        [filters.learned[plane].mean(0)],
        list(conv.make_bank().numpy(force=True)),
        [kernel.mean(0) for kernel in filters.modulated[plane]],
        list(orientations.numpy()),
        [maximum.numpy()],
    ]
    width = sum(side + GAP for *_, side in COLUMNS)
    height = count * (1 + BETWEEN) + 2 * TITLE_HEIGHT
    with style():
        figure = new_figure(width, height, title)
        figure.set_layout_engine('none')
        left = GAP / 2
        for column, pictures in enumerate(columns):
            _draw_column(figure, column, pictures, left)
            left += COLUMNS[column][2] + GAP
        return save(figure, out, stamp)


def _draw_column(
    figure: Figure, column: int, pictures: Sequence[np.ndarray], left: float
) -> None:
    """One of :data:`COLUMNS`, its left edge in inches."""
    sign, name, side = COLUMNS[column]
    width, height = figure.get_size_inches()
    tall = len(pictures) * (side + BETWEEN) - BETWEEN
    top = height / 2 + tall / 2
    for index, values in enumerate(pictures):
        bottom = top - side - index * (side + BETWEEN)
        axes = figure.add_axes(
            (left / width, bottom / height, side / width, side / height)
        )
        _show(axes, values, signed=column in (1, 3))
    figure.text(
        (left + side / 2) / width,
        (top + 0.06) / height,
        name,
        ha='center',
        va='bottom',
    )
    figure.text(
        (left - GAP / 2) / width,
        0.5,
        sign,
        ha='center',
        va='center',
        fontsize=14,
    )


def _answers(conv: GConv, picture: np.ndarray) -> Tensor:
    """Of the layer, (1, O * M, H, W), for pixels scaled to about 1."""
    pixels = torch.from_numpy(picture.astype(np.float32) / 127.5 - 1)
    return conv(pixels.permute(2, 0, 1)[None].to(conv.weight)).float().cpu()


def _show(axes: Axes, values: np.ndarray, *, signed: bool) -> None:
    """A picture without frame; of signed values grey is zero."""
    axes.set_axis_off()
    if not signed:
        axes.imshow(values, cmap='gray')
        return
    scale = float(np.abs(values).max()) or 1.0
    axes.imshow(values, cmap='gray', vmin=-scale, vmax=scale)
