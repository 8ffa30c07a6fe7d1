"""The network CenterFace: one pass over a picture.

Xu et al., CenterFace: Joint Face Detection and Alignment Using Face as Point
(2019). A heat map says where faces' centres are, at a quarter of the
input's resolution, and beside it stand the logarithms of their sizes, the
rests of their places, and their landmarks.
"""

from __future__ import annotations

import functools
from typing import Any

import cv2
import numpy as np

from csgresnet_mm.apis.onnx_files import open_session
from csgresnet_mm.apis.predictor.onnx_sizes import free_sizes
from csgresnet_mm.weights import find_detector

STRIDE = 32
"""The network's input sides are multiples of it."""
CELL = 4
"""Pixels of the input that a cell of the heat map stands for."""
OVERLAP = 0.3
"""From which on two boxes are one face (intersection over union)."""
OUTPUTS = ['537', '538', '539', '540']
"""Heat, size, offset and landmarks."""


@functools.cache
def open_centerface() -> Any:
    """The network in ONNX Runtime, for all sizes and threads of a process.

    The file's sizes are freed in memory: at 5 ms that is faster than to
    say whether a copy that was kept on a disk is whole.

    Raises:
        ImportError: ONNX Runtime is not installed.
        ValueError: The file is damaged.
    """
    path = find_detector()
    try:
        model = free_sizes(path.read_bytes())
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error
    return open_session(model)


def find_centers(
    image: np.ndarray, size: tuple[int, int], threshold: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the faces of a picture in one pass.

    Args:
        image: RGB, shape (height, width, 3), uint8.
        size: (width, height) of the input, multiples of :data:`STRIDE`.
        threshold: Least score.

    Returns:
        Boxes, shape (n, 4): left, top, right, bottom, within the picture;
        landmarks, shape (n, 5, 2), x and y, in pixels of the picture; and
        scores, shape (n,), falling.
    """
    shrunk = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    x = shrunk.transpose(2, 0, 1)[None].astype(np.float32)  # (1, 3, H, W)
    found = open_centerface().run(OUTPUTS, {'input.1': x})
    height, width = image.shape[:2]
    scale = np.array([width / size[0], height / size[1]])
    boxes, points, scores = _decode(found, threshold)
    boxes = boxes.reshape(-1, 2, 2) * scale
    boxes = boxes.clip(0, (width, height)).reshape(-1, 4)
    kept = suppress(boxes, scores)
    return boxes[kept], points[kept] * scale, scores[kept]


def _decode(
    found: list[np.ndarray], threshold: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Boxes, landmarks and scores, in pixels of the input."""
    heat, size, offset, landmarks = (output[0] for output in found)
    rows, columns = np.nonzero(heat[0] > threshold)
    # the network's outputs have y before x
    cells = np.stack([columns, rows], 1)
    offset = offset[::-1, rows, columns].T
    size = np.exp(size[::-1, rows, columns].T.astype(np.float64)) * CELL
    corner = (cells + offset + 0.5) * CELL - size / 2  # (n, 2)
    points = landmarks[:, rows, columns].T.reshape(-1, 5, 2)[..., ::-1]
    return (
        np.concatenate([corner, corner + size], 1),
        corner[:, None] + points * size[:, None],
        heat[0, rows, columns],
    )


def suppress(boxes: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Of boxes that overlap, the surest.

    Args:
        boxes: Shape (n, 4).
        scores: Shape (n,).

    Returns:
        Indices of those that stay, by falling score.
    """
    left = np.argsort(-scores, kind='stable')
    kept = []
    while len(left):
        kept.append(left[0])
        shared = overlaps(boxes[left[:1]], boxes[left[1:]])[0]
        left = left[1:][shared < OVERLAP]
    return np.array(kept, int)


def overlaps(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Intersection over union of boxes.

    Args:
        one: Shape (n, 4).
        other: Shape (m, 4).

    Returns:
        Shape (n, m), 0 to 1; 0 for two boxes without area.
    """
    one, other = one[:, None], other[None]
    low = np.maximum(one[..., :2], other[..., :2])
    high = np.minimum(one[..., 2:], other[..., 2:])
    shared = (high - low).clip(0).prod(2)
    areas = [
        (box[..., 2:] - box[..., :2]).clip(0).prod(2) for box in (one, other)
    ]
    union = areas[0] + areas[1] - shared
    return shared / np.where(union > 0, union, 1)
