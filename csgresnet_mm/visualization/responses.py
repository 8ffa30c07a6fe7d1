"""How the orientation channels of a network answer to rotated patterns."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from csgresnet_mm.functional import split_orientations
from csgresnet_mm.layers import GConv
from csgresnet_mm.visualization._canvas import (
    COLOURS,
    MARKERS,
    entry,
    legend_outside,
    new_figure,
    save,
    style,
)

STIMULI = ('grating', 'edge')
WAVELENGTH = 8.0
"""Of the grating in pixels: that of the Gabor filters of scale v = 3."""
PHASES = 4
"""Evenly spaced phases, or displacements of the edge; answers are averaged."""
STEP = 7.5
"""Degrees between two patterns."""
COLUMNS = 3


@dataclass(frozen=True)
class OrientationResponses:
    """Answers of orientation channels.

    Args:
        stimulus: ``'grating'`` or ``'edge'``.
        angles: Of the patterns in degrees, (A,): the direction in which the
            grey value changes, counted as in the Gabor bank.
        orientations: Of the channels in degrees, M.
        layers: Layer -> answers (A, M), relative to their mean over both.
    """

    stimulus: str
    angles: np.ndarray
    orientations: tuple[float, ...]
    layers: Mapping[str, np.ndarray]


def pattern(stimulus: str, size: int, angle: float, phase: float) -> Tensor:
    """A grating or an edge, grey values in [-1, 1].

    Args:
        stimulus: ``'grating'`` or ``'edge'``.
        size: Height and width in pixels.
        angle: In degrees; the grey value changes along
            ``x cos(angle) + y sin(angle)``, y downwards, as in the bank.
        phase: In [0, 1) of a wavelength, by which the pattern is moved.

    Returns:
        Shape (size, size), float32; zero outside the inscribed circle, so
        that the square's own edges do not depend on the angle.

    Raises:
        ValueError: If the stimulus is unknown.

    Example:
        >>> pattern('edge', 4, 90, 0)[:, 2]
        tensor([-1., -1.,  1.,  1.])
    """
    if stimulus not in STIMULI:
        raise ValueError(f'stimulus={stimulus!r} must be one of {STIMULI}')
    grid = torch.arange(size) - (size - 1) / 2
    y, x = grid[:, None], grid[None, :]
    turn = math.radians(angle)
    along = x * math.cos(turn) + y * math.sin(turn) - phase * WAVELENGTH
    if stimulus == 'grating':
        values = torch.cos(2 * math.pi * along / WAVELENGTH)
    else:
        values = along.sign()
    inside = x**2 + y**2 <= (size / 2) ** 2
    return torch.where(inside, values, 0.0)


@contextmanager
def _recorded(
    model: nn.Module, names: Sequence[str]
) -> Iterator[dict[str, Tensor]]:
    """Outputs of named modules at the latest call."""
    modules = dict(model.named_modules())
    unknown = [name for name in names if name not in modules]
    if unknown:
        raise ValueError(f'the model has no layers {unknown}')
    found: dict[str, Tensor] = {}

    def keep(name: str) -> Callable[..., None]:
        def hook(module: nn.Module, inputs: object, output: Tensor) -> None:
            found[name] = output.detach()

        return hook

    handles = [modules[n].register_forward_hook(keep(n)) for n in names]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def _first_conv(model: nn.Module) -> GConv:
    for module in model.modules():
        if isinstance(module, GConv):
            return module
    raise ValueError('the model has no Gabor convolution to train')


@torch.no_grad()
def orientation_responses(
    model: nn.Module,
    *,
    size: int,
    stimulus: str = 'grating',
    layers: Sequence[str] = (
        'backbone.conv1',
        'backbone.layer1',
        'backbone.layer2',
        'backbone.layer3',
        'backbone.layer4',
    ),
) -> OrientationResponses:
    """Measure the answers of a network's orientation channels.

    The answer of a channel is its standard deviation over positions, so that
    flat areas do not count; that of an orientation is the mean over planes
    and four phases of the pattern, divided by the mean over all patterns and
    orientations of the layer: 1 everywhere is a layer that does not keep
    directions apart.

    Args:
        model: A network with Gabor convolutions; in evaluation mode while
            measured, its mode is restored.
        size: Height and width of the patterns in pixels.
        stimulus: ``'grating'`` or ``'edge'``.
        layers: Names of modules with output (B, C, H, W).

    Raises:
        ValueError: If a layer or the stimulus is unknown, or there is no
            Gabor convolution.
    """
    conv = _first_conv(model)
    angles = np.arange(0, 180, STEP)
    training = model.training
    model.eval()
    answers: dict[str, list[np.ndarray]] = {name: [] for name in layers}
    try:
        with _recorded(model, layers) as outputs:
            for angle in angles:
                grey = torch.stack(
                    [
                        pattern(stimulus, size, angle, phase / PHASES)
                        for phase in range(PHASES)
                    ]
                )
                images = grey[:, None].repeat(1, 3, 1, 1).to(conv.weight)
                model(images)
                for name in layers:
                    # (B, O, M, H, W) -> (M,)
                    split = split_orientations(
                        outputs[name].double(), conv.num_orientations
                    )
                    spread = split.std((3, 4), correction=0)
                    mean = spread.mean((0, 1))
                    answers[name].append(mean.numpy(force=True))
    finally:
        model.train(training)
    relative = {}
    for name, rows in answers.items():
        values = np.stack(rows)
        relative[name] = values / max(values.mean(), np.finfo(float).tiny)
    degrees = tuple(math.degrees(angle) for angle in conv.orientations)
    return OrientationResponses(stimulus, angles, degrees, relative)


def draw_orientation_responses(
    responses: OrientationResponses,
    out: Path,
    *,
    stamp: str | None = None,
    title: str = '',
) -> list[Path]:
    """Draw the answer of each orientation channel over the pattern's angle.

    Args:
        responses: From :func:`orientation_responses`.
        out: The files without suffix.
        stamp: A line below, see the package.
        title: Above the figure.

    Returns:
        The PNG and the SVG.
    """
    with style():
        rows = -(-len(responses.layers) // COLUMNS)
        columns = min(COLUMNS, len(responses.layers))
        figure = new_figure(2.9 * columns + 1.6, 2.6 * rows + 0.4, title)
        grid = figure.subplots(rows, columns, squeeze=False, sharey=True)
        for axes in grid.flat[len(responses.layers) :]:
            axes.set_axis_off()
        for axes, (name, values) in zip(
            grid.flat, responses.layers.items(), strict=False
        ):
            for index in range(len(responses.orientations)):
                axes.plot(
                    responses.angles,
                    values[:, index],
                    markevery=2,
                    **_look(index),
                )
            axes.set_title(name.removeprefix('backbone.'))
            axes.set_xticks(
                range(0, 181, 45), [f'{a}°' for a in range(0, 181, 45)]
            )
            axes.set_xlabel(f'direction of the {responses.stimulus}')
        for row in grid:
            row[0].set_ylabel('answer / mean of the layer')
        legend_outside(
            figure,
            [
                entry(f'{angle:.4g}°', **_look(index))
                for index, angle in enumerate(responses.orientations)
            ],
            title='channel of',
        )
        return save(figure, out, stamp)


def _look(index: int) -> dict[str, object]:
    return {
        'color': COLOURS[index % len(COLOURS)],
        'marker': MARKERS[index % len(MARKERS)],
        'markersize': 4,
    }
