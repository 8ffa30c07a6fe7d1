"""A model's answers to a test data set, turned and scaled."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from mmengine.dataset import default_collate
from numpy.typing import NDArray
from torch import Tensor, nn

ANGLES = (-90, -60, -45, -30, -20, -10, 0, 10, 20, 30, 45, 60, 90)
"""Degrees. Training turns images by up to 10."""
SCALES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0)


def turn_and_scale(
    images: Tensor, angle: float = 0.0, scale: float = 1.0
) -> Tensor:
    """Turn images about their centre and magnify them, bilinearly.

    What comes from outside an image is 0 (black), as in training.

    Args:
        images: (B, C, H, W), any numbers.
        angle: In degrees, counter-clockwise as one sees the image.
        scale: Above 1 magnifies.

    Returns:
        (B, C, H, W), float32; the same values at angle 0 and scale 1.

    Raises:
        ValueError: If the scale is not positive.

    Example:
        >>> turn_and_scale(torch.tensor([[[[1., 2.], [3., 4.]]]]), 90)
        tensor([[[[2., 4.],
                  [1., 3.]]]])
    """
    if scale <= 0:
        raise ValueError(f'scale={scale} must be positive')
    images = images.float()
    if angle == 0 and scale == 1:
        return images
    height, width = images.shape[2:]
    turn = math.radians(angle)
    cos, sin = math.cos(turn) / scale, math.sin(turn) / scale
    # from where a pixel of the result comes; grid_sample counts x in half
    # widths and y in half heights, y downwards
    rows = [
        [cos, -sin * height / width, 0],
        [sin * width / height, cos, 0],
    ]
    theta = images.new_tensor(rows).expand(len(images), 2, 3)
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    turned = F.grid_sample(images, grid, align_corners=False)
    return turned.round(decimals=3)  # the grid's own errors, on 0..255


def model_batches(
    model: nn.Module,
    dataset: Any,
    batch_size: int = 64,
    transform: Callable[[Tensor], Tensor] | None = None,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Give a test data set's images as the model sees them, in order.

    Args:
        model: A classifier of MMPretrain, with its ``data_preprocessor``.
        dataset: A data set of MMPretrain whose pipeline packs its inputs.
        batch_size: Images at once.
        transform: Changes the images (B, 3, H, W), 0..255, after the
            pipeline and before they are normalised.

    Yields:
        Normalised images (B, 3, H, W) and labels (B,) on the model's device.
    """
    for start in range(0, len(dataset), batch_size):
        stop = min(start + batch_size, len(dataset))
        batch = default_collate([dataset[i] for i in range(start, stop)])
        if transform is not None:
            batch['inputs'] = transform(batch['inputs'])
        ready = model.data_preprocessor(batch, training=False)
        labels = torch.cat([s.gt_label for s in ready['data_samples']])
        yield ready['inputs'], labels


@dataclass(frozen=True)
class Robustness:
    """Which test images a model names rightly under one transformation.

    Args:
        kind: ``'rotation'`` or ``'scale'``.
        value: Degrees, or the factor.
        correct: Of each image, (n,), in the data set's order.
    """

    kind: str
    value: float
    correct: NDArray[np.bool_]

    @property
    def accuracy(self) -> float:
        """In percent."""
        return 100 * float(self.correct.mean())


def measure_robustness(
    model: nn.Module,
    dataset: Any,
    *,
    angles: Sequence[float] = ANGLES,
    scales: Sequence[float] = SCALES,
    batch_size: int = 64,
) -> list[Robustness]:
    """Find which images are named rightly when turned and when scaled.

    The turned and scaled images are those of the test pipeline, so at angle
    0 and scale 1 the accuracy is that of the test.

    Args:
        model: A classifier of MMPretrain; its mode is restored.
        dataset: The test data set.
        angles: In degrees.
        scales: Factors.
        batch_size: Images at once.

    Returns:
        One entry an angle, then one a scale.
    """
    settings = [('rotation', float(a), a, 1.0) for a in angles]
    settings += [('scale', float(s), 0.0, s) for s in scales]
    training = model.training
    model.eval()
    try:
        return [
            Robustness(
                kind,
                value,
                _correct(model, dataset, batch_size, angle, scale),
            )
            for kind, value, angle, scale in settings
        ]
    finally:
        model.train(training)


@torch.no_grad()
def _correct(
    model: nn.Module,
    dataset: Any,
    batch_size: int,
    angle: float,
    scale: float,
) -> NDArray[np.bool_]:
    def transform(images: Tensor) -> Tensor:
        return turn_and_scale(images, angle, scale)

    found = [
        (model(images).argmax(1) == labels).numpy(force=True)
        for images, labels in model_batches(
            model, dataset, batch_size, transform
        )
    ]
    return np.concatenate(found)
