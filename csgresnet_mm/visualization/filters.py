"""The Gabor bank and the learned filters that it modulates."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from torch import Tensor, nn

from csgresnet_mm.functional import modulate, split_orientations
from csgresnet_mm.layers import GConv
from csgresnet_mm.visualization._canvas import new_figure, save, style

CELL = 0.85
"""Side of the picture of one filter in inches."""


def draw_bank(
    banks: Mapping[str, Tensor],
    angles: Sequence[float],
    out: Path,
    *,
    stamp: str | None = None,
    title: str = '',
) -> list[Path]:
    """Draw Gabor banks, a row a bank and a column an orientation.

    Args:
        banks: Label -> bank (M, h, w) of values in [0, 1].
        angles: The M orientation angles in radians.
        out: The files without suffix.
        stamp: A line below, see the package.
        title: Above the figure.

    Returns:
        The PNG and the SVG.

    Raises:
        ValueError: If there is no bank, or one does not hold M filters.
    """
    if not banks:
        raise ValueError('banks is empty, expected at least one')
    for label, bank in banks.items():
        if bank.dim() != 3 or len(bank) != len(angles):
            raise ValueError(
                f'{label}: bank of shape {tuple(bank.shape)} does not hold '
                f'one filter for each of {len(angles)} angles'
            )
    with style():
        rows, columns = len(banks), len(angles)
        figure = new_figure(
            1.5 * CELL * columns + 2, 1.55 * CELL * rows + 0.7, title
        )
        grid = figure.subplots(rows, columns, squeeze=False)
        for row, (label, bank) in zip(grid, banks.items(), strict=True):
            for axes, values in zip(row, bank, strict=True):
                image = axes.imshow(
                    values.numpy(force=True), cmap='gray', vmin=0, vmax=1
                )
                _bare(axes)
            row[0].set_ylabel(label, rotation=0, ha='right', va='center')
        for axes, angle in zip(grid[0], angles, strict=True):
            axes.set_title(f'{math.degrees(angle):.4g}°')
        figure.colorbar(
            image, ax=grid, label='value of the filter', shrink=0.85
        )
        return save(figure, out, stamp)


def _bare(axes: Axes) -> None:
    axes.grid(False)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_linewidth(0.5)


@dataclass(frozen=True)
class ModulatedFilters:
    """Learned kernels of a layer and what the bank makes of them.

    Args:
        layer: Name of the layer.
        learned: (O, C_in, h, w), of the input's own channels.
        modulated: (O, M, C_in, h, w).
        angles: M angles in radians.
    """

    layer: str
    learned: np.ndarray
    modulated: np.ndarray
    angles: tuple[float, ...]


def modulated_filters(
    model: nn.Module, layer: str = 'backbone.conv1', planes: int = 8
) -> ModulatedFilters:
    """Take the first filters of a Gabor convolution, learned and modulated.

    Args:
        model: A network.
        layer: Name of one of its :class:`csgresnet_mm.layers.GConv`.
        planes: How many learned kernels at most.

    Raises:
        ValueError: If there is no such layer or it is not a Gabor
            convolution that can be trained.

    Example:
        >>> net = nn.Sequential(GConv(3, 16, 5))
        >>> modulated_filters(net, '0').modulated.shape
        (4, 4, 3, 5, 5)
    """
    modules = dict(model.named_modules())
    conv = modules.get(layer)
    if not isinstance(conv, GConv):
        layers = [n for n, m in modules.items() if isinstance(m, GConv)]
        raise ValueError(
            f'layer {layer!r} is {type(conv).__name__}, expected one of the '
            f'Gabor convolutions {layers}'
        )
    learned = conv.input_kernel.detach().float()[:planes]
    # (O*M, C_in, h, w) -> (O, M, C_in, h, w)
    modulated = split_orientations(
        modulate(learned, conv.make_bank().to(learned))[None],
        conv.num_orientations,
    )[0]
    return ModulatedFilters(
        layer,
        learned.numpy(force=True),
        modulated.numpy(force=True),
        conv.orientations,
    )


def draw_modulated_filters(
    filters: ModulatedFilters,
    out: Path,
    *,
    stamp: str | None = None,
    title: str = '',
) -> list[Path]:
    """Draw learned kernels and their modulated copies, a row a plane.

    Kernels of three input channels are drawn in colour, grey being zero;
    of others the first channel is drawn, blue negative and red positive.
    Each row has a scale of its own.

    Args:
        filters: From :func:`modulated_filters`.
        out: The files without suffix.
        stamp: A line below, see the package.
        title: Above the figure.

    Returns:
        The PNG and the SVG.
    """
    planes, orientations = filters.modulated.shape[:2]
    with style():
        figure = new_figure(
            CELL * (orientations + 1) + 1.6, CELL * planes + 1.1, title
        )
        grid = figure.subplots(planes, orientations + 1, squeeze=False)
        for plane, row in enumerate(grid):
            kernels = [filters.learned[plane], *filters.modulated[plane]]
            scale = max(float(np.abs(k).max()) for k in kernels) or 1.0
            for axes, kernel in zip(row, kernels, strict=True):
                _draw_kernel(axes, kernel, scale)
            row[0].set_ylabel(
                f'plane {plane}', rotation=0, ha='right', va='center'
            )
        titles = ['learned']
        titles += [f'{math.degrees(a):.4g}°' for a in filters.angles]
        for axes, name in zip(grid[0], titles, strict=True):
            axes.set_title(name)
        in_colour = filters.learned.shape[1] == 3
        figure.supylabel(
            f'{filters.layer}: '
            + ('RGB, grey is zero' if in_colour else 'input channel 0'),
            fontsize=8,
        )
        return save(figure, out, stamp)


def _draw_kernel(axes: Axes, kernel: np.ndarray, scale: float) -> None:
    _bare(axes)
    if len(kernel) == 3:
        axes.imshow(0.5 + kernel.transpose(1, 2, 0) / (2 * scale))
    else:
        axes.imshow(kernel[0], cmap='RdBu_r', vmin=-scale, vmax=scale)
