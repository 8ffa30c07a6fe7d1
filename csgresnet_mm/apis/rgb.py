"""What a pipeline gives, to look at."""

import numpy as np
import torch


def to_rgb(inputs: torch.Tensor) -> np.ndarray:
    """What a pipeline packed, as an image to look at.

    Args:
        inputs: Shape (1 or 3, H, W); three are blue, green, red, as MMCV
            reads images. Floats that are not in 0..255, as a pipeline that
            normalises gives, are stretched to it.

    Returns:
        Shape (H, W, 3), uint8.

    Raises:
        ValueError: Another shape.
    """
    if inputs.ndim != 3 or inputs.shape[0] not in (1, 3):
        raise ValueError(
            f'the pipeline packed the shape {tuple(inputs.shape)}; '
            '(1 or 3, height, width) is expected'
        )
    image = inputs.permute(1, 2, 0).numpy()
    if image.dtype != np.uint8:
        low, high = float(image.min()), float(image.max())
        if low < 0 or high > 255 or high <= 1:
            image = (image - low) * (255 / max(high - low, 1e-12))
        image = image.round().astype(np.uint8)
    if image.shape[2] == 1:
        return image.repeat(3, axis=2)
    return image[..., ::-1]
