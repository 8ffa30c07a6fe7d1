"""What the networks look at: Grad-CAM, filters, responses and features."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from csgresnet_mm.apis.rgb import to_rgb
from csgresnet_mm.functional import gabor_filter_bank
from csgresnet_mm.paper.claims_data import model_batches
from csgresnet_mm.paper.finished_runs import load_model, load_test_data
from csgresnet_mm.paper.paper_networks import NETWORKS
from csgresnet_mm.paper.plan import COMPARED, OURS, Sizes
from csgresnet_mm.paper.results import Results
from csgresnet_mm.visualization import (
    ExplainedFace,
    collect_features,
    compute_cams,
    draw_bank,
    draw_cam_grid,
    draw_modulated_filters,
    draw_orientation_responses,
    draw_tsne,
    embed,
    modulated_filters,
    orientation_responses,
)


def draw_cam(
    results: Results, sizes: Sizes, out: Path, stamp: str | None
) -> list[str]:
    """Draw all pictures of the item.

    Args:
        results: Of the runs.
        sizes: How much was trained.
        out: The files' common beginning, as ``report/cam``.
        stamp: A line below each.

    Returns:
        What was left out, and why.
    """
    (data,) = sizes.data_of(['rafdb'])
    found = {name: results.of(name, data)[:1] for name in COMPARED}
    if not all(found.values()):
        return ['cam: a run of ResNet-18, GResNet-18 or CS-GResNet-18 lacks']
    models = {
        NETWORKS[name].title: load_model(runs[0])
        for name, runs in found.items()
    }
    dataset = load_test_data(found[OURS][0])
    ours = models[NETWORKS[OURS].title]

    def place(name: str) -> Path:
        return out.with_name(f'{out.name}-{name}')

    angles = ours.backbone.conv_cfg['orientations']
    banks = {
        f'{side} x {side}': gabor_filter_bank(
            (side, side), len(angles), orientations=angles
        )
        for side in (3, 5)
    }
    draw_bank(banks, angles, place('bank'), stamp=stamp, title='Gabor bank')
    draw_modulated_filters(
        modulated_filters(ours), place('filters'), stamp=stamp
    )
    size = int(found[OURS][0].facts['input_shape'][-1])
    draw_orientation_responses(
        orientation_responses(ours, size=size),
        place('responses'),
        stamp=stamp,
    )
    _draw_features(models, dataset, place('tsne'), stamp)
    try:
        _draw_grid(models, dataset, place('grid'), stamp)
    except ImportError as error:
        return [f'cam: no Grad-CAM: {error}']
    return []


def _draw_features(
    models: dict[str, nn.Module], dataset: Any, out: Path, stamp: str | None
) -> None:
    panels, labels = {}, np.empty(0)
    for name, model in models.items():
        features, labels = collect_features(
            model, model_batches(model, dataset)
        )
        panels[name] = embed(features)
    draw_tsne(
        panels,
        labels,
        dataset.metainfo['classes'],
        out,
        stamp=stamp,
        title='t-SNE of the features of the test images',
    )


def _draw_grid(
    models: dict[str, nn.Module], dataset: Any, out: Path, stamp: str | None
) -> None:
    """The first face of each class."""
    classes = dataset.metainfo['classes']
    chosen: dict[int, int] = {}
    for index in range(len(dataset)):
        chosen.setdefault(int(dataset.get_data_info(index)['gt_label']), index)
    faces = [
        ExplainedFace(
            np.ascontiguousarray(to_rgb(dataset[index]['inputs'])),
            f'#{index}',
            classes[label],
        )
        for label, index in sorted(chosen.items())
    ]
    model = next(iter(models.values()))

    def preprocess(image: np.ndarray) -> Tensor:
        bgr = torch.from_numpy(image[..., ::-1].copy()).permute(2, 0, 1)
        return model.data_preprocessor({'inputs': bgr[None]})['inputs']

    grid = compute_cams(models, faces, preprocess=preprocess, classes=classes)
    draw_cam_grid(grid, out, stamp=stamp, title='Grad-CAM')
