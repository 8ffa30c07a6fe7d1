"""Grad-CAM of several networks on the same faces.

MMPretrain's ``vis_cam.py`` calls grad-cam with an argument that grad-cam no
longer takes; here grad-cam 1.5.7 is called as it is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor, nn

from csgresnet_mm.program import INSTALL_GRAD_CAM
from csgresnet_mm.visualization._canvas import new_figure, save, style

CELL = 1.55
"""Side of a picture in inches."""
COVER = 0.5
"""Weight of the map over the picture."""


@dataclass(frozen=True)
class ExplainedFace:
    """A picture to explain.

    Args:
        image: (H, W, 3), RGB, uint8, as networks see it but for the
            normalisation.
        name: Of the picture.
        truth: Its class, or None where it is unknown.
    """

    image: np.ndarray
    name: str
    truth: str | None = None


@dataclass(frozen=True)
class CamCell:
    """A network's map of one face.

    Args:
        map: (H, W) in [0, 1], of the size of the face.
        label: The predicted class, which the map explains.
        probability: Of that class, in [0, 1].
    """

    map: np.ndarray
    label: str
    probability: float


@dataclass(frozen=True)
class CamGrid:
    """Maps of all networks on all faces.

    Args:
        faces: One a row.
        networks: Names, one a column.
        cells: ``cells[row][column]``.
    """

    faces: tuple[ExplainedFace, ...]
    networks: tuple[str, ...]
    cells: tuple[tuple[CamCell, ...], ...]


def compute_cams(
    models: Mapping[str, nn.Module],
    faces: Sequence[ExplainedFace],
    *,
    preprocess: Callable[[np.ndarray], Tensor],
    classes: Sequence[str],
    target_layers: Mapping[str, nn.Module] | None = None,
) -> CamGrid:
    """Explain the predicted class of each face by each network.

    Works with every execution of the Gabor convolutions and with deployed
    networks, whose weights take no gradient: the image does.

    Args:
        models: Name -> network that gives logits (B, K).
        faces: The pictures.
        preprocess: Picture (H, W, 3), RGB, uint8 -> input (1, 3, H, W).
        classes: K names.
        target_layers: Name -> the module whose output is weighted; None
            takes the last block of ``backbone.layer4``.

    Raises:
        ImportError: If grad-cam is not installed, naming the pip lines.
        ValueError: If a network gives another number of logits than classes.
    """
    columns = []
    for name, model in models.items():
        if target_layers is None:
            layer = model.backbone.layer4[-1]
        else:
            layer = target_layers[name]
        columns.append(
            _explain(name, model, layer, faces, preprocess, classes)
        )
    return CamGrid(
        tuple(faces),
        tuple(models),
        tuple(zip(*columns, strict=True)),
    )


def _explain(
    name: str,
    model: nn.Module,
    layer: nn.Module,
    faces: Sequence[ExplainedFace],
    preprocess: Callable[[np.ndarray], Tensor],
    classes: Sequence[str],
) -> list[CamCell]:
    """Maps of one network."""
    try:
        from pytorch_grad_cam import GradCAM
        from pytorch_grad_cam.utils.model_targets import (
            ClassifierOutputTarget,
        )
    except ImportError as error:
        raise ImportError(
            f'Grad-CAM needs grad-cam 1.5.7: {INSTALL_GRAD_CAM}'
        ) from error
    training = model.training
    model.eval()
    cells = []
    try:
        with GradCAM(model=model, target_layers=[layer]) as cam:
            for face in faces:
                x = preprocess(face.image).requires_grad_()
                with torch.no_grad():
                    scores = model(x)[0].softmax(0)
                if len(scores) != len(classes):
                    raise ValueError(
                        f'{name} gives {len(scores)} logits, expected one '
                        f'for each of {len(classes)} classes'
                    )
                best = int(scores.argmax())
                weights = cam(x, targets=[ClassifierOutputTarget(best)])[0]
                cells.append(
                    CamCell(weights, classes[best], float(scores[best]))
                )
    finally:
        model.train(training)
    return cells


def draw_cam_grid(
    grid: CamGrid,
    out: Path,
    *,
    stamp: str | None = None,
    title: str = '',
) -> list[Path]:
    """Draw faces in rows and networks in columns.

    Under each map stand the predicted class, which it explains, and its
    probability; a wrong prediction is marked.

    Args:
        grid: From :func:`compute_cams`.
        out: The files without suffix.
        stamp: A line below, see the package.
        title: Above the figure.

    Returns:
        The PNG and the SVG.

    Raises:
        ValueError: If there is no face.
    """
    if not grid.faces:
        raise ValueError('the grid has no face, expected at least one')
    rows, columns = len(grid.faces), 1 + len(grid.networks)
    with style():
        figure = new_figure(
            CELL * columns + 1.3, (CELL + 0.28) * rows + 0.5, title
        )
        axes = figure.subplots(rows, columns, squeeze=False)
        for row, face, cells in zip(axes, grid.faces, grid.cells, strict=True):
            _draw_picture(row[0], face.image)
            row[0].set_xlabel(face.truth or face.name, fontsize=8)
            for place, cell in zip(row[1:], cells, strict=True):
                _draw_picture(place, _blend(face.image, cell.map))
                _name_prediction(place, cell, face.truth)
        for place, name in zip(
            axes[0], ('true class', *grid.networks), strict=True
        ):
            place.set_title(name)
        colours = matplotlib.cm.ScalarMappable(cmap='inferno')
        colours.set_clim(0, 1)
        figure.colorbar(
            colours,
            ax=axes,
            label='weight (0 least, 1 most)',
            shrink=min(1.0, 2 / rows + 0.4),
            aspect=30,
        )
        return save(figure, out, stamp)


def _draw_picture(axes: Axes, image: np.ndarray) -> None:
    axes.imshow(image)
    axes.grid(False)
    axes.set_xticks([])
    axes.set_yticks([])


def _blend(image: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """A map over a grey picture, RGB in [0, 1]."""
    colours = matplotlib.colormaps['inferno'](weights)[..., :3]
    grey = image.astype(np.float64).mean(2, keepdims=True) / 255
    return COVER * colours + (1 - COVER) * grey


def _name_prediction(axes: Axes, cell: CamCell, truth: str | None) -> None:
    wrong = truth is not None and truth != cell.label
    axes.set_xlabel(
        f'{"✗ " if wrong else ""}{cell.label} {cell.probability:.0%}',
        fontsize=8,
        color='#B03000' if wrong else 'black',
    )
