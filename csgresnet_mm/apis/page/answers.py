"""What the page shows of a photograph."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch

from csgresnet_mm.apis.predictor import (
    ExpressionPredictor,
    Face,
    annotate,
    read_image,
)
from csgresnet_mm.apis.predictor.face_input import to_input
from csgresnet_mm.apis.predictor.torch_network import TorchNetwork
from csgresnet_mm.visualization.cam import Face as Picture
from csgresnet_mm.visualization.cam import compute_cams

SIDE = 224
"""Of a face that is shown, pixels."""
MOST = 24
"""Faces that are shown, the largest; all are counted."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What is shown.

    Args:
        message: How many faces, or that there is none.
        image: The photograph with its faces marked, RGB, uint8.
        faces: All, largest first.
        crops: The largest as the network sees them; with Grad-CAM the parts
            that speak for the class are bright.
    """

    message: str
    image: np.ndarray
    faces: list[Face]
    crops: list[np.ndarray]


def answer(predictor: ExpressionPredictor, path: str, explain: bool) -> Answer:
    """Classify the faces of a photograph and explain them.

    Args:
        predictor: Of the network.
        path: Of the photograph.
        explain: Draw Grad-CAM; a network that ONNX Runtime runs has none.

    Raises:
        ImportError: grad-cam is missing.
        ImageError: A ValueError: it cannot be read, or is too large.
    """
    image = read_image(path, predictor.max_pixels)
    found = predictor.detect(image)
    crops = [predictor.cut(image, face) for face in found]
    rows = predictor.classify(crops)
    faces = [
        predictor.tell(face, row)
        for face, row in zip(found, rows, strict=True)
    ]
    count = f'{len(faces)} face{"" if len(faces) == 1 else "s"}'
    shown = crops[:MOST]
    network = predictor.network
    if explain and isinstance(network, TorchNetwork):
        shown = [_explain(network, crop) for crop in shown]
    return Answer(
        message=count if faces else 'No face was found.',
        image=annotate(image, faces, predictor.note),
        faces=faces,
        crops=[
            cv2.resize(crop, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
            for crop in shown
        ],
    )


def _explain(network: TorchNetwork, crop: np.ndarray) -> np.ndarray:
    """A face under the Grad-CAM map of its class, RGB, uint8."""
    info = network.info
    grid = compute_cams(
        {'': network.model},
        [Picture(crop, '')],
        preprocess=lambda face: torch.from_numpy(
            to_input(face[None], info)
        ).to(network.device),
        classes=info.classes,
    )
    (weights,) = (cell.map for cell in grid.cells[0])
    height, width = info.input_size
    top = round((crop.shape[0] - height) / 2)
    left = round((crop.shape[1] - width) / 2)
    seen = crop[top : top + height, left : left + width].astype(np.float32)
    grey = np.repeat(seen.mean(2, keepdims=True), 3, axis=2)
    levels = (np.clip(weights, 0, 1) * 255).astype(np.uint8)
    colours = cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)[..., ::-1]
    return (0.5 * grey + 0.5 * colours).astype(np.uint8)
