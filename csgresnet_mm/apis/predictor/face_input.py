"""What goes into a network, and what its scores become."""

from __future__ import annotations

import cv2
import numpy as np

from csgresnet_mm.apis.model_info import ModelInfo


def to_input(
    faces: np.ndarray, info: ModelInfo, *, pixels: bool = False
) -> np.ndarray:
    """Do to faces what the test pipeline and the preprocessor do.

    Args:
        faces: RGB, shape (n, *info.resize, 3), uint8.
        info: Of the network.
        pixels: For a network that reorders and normalises itself: red
            first, 0 to 255.

    Returns:
        Shape (n, channels, *info.input_size), float32.
    """
    height, width = info.input_size
    top = round((faces.shape[1] - height) / 2)
    left = round((faces.shape[2] - width) / 2)
    crop = faces[:, top : top + height, left : left + width]
    if info.channel_order == 'grey' or info.grey_data:
        # as MMCV reads a grey image
        grey = [cv2.cvtColor(face, cv2.COLOR_RGB2GRAY) for face in crop]
        crop = np.stack(grey)[..., None]
        if info.channel_order != 'grey':
            crop = crop.repeat(3, axis=3)
    elif info.channel_order == 'bgr' and not pixels:
        crop = crop[..., ::-1]
    x = crop.astype(np.float32)
    if not pixels:
        x = (x - np.float32(info.mean)) / np.float32(info.std)
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2))


def softmax(scores: np.ndarray) -> np.ndarray:
    """Probabilities of scores, (n, K) to (n, K)."""
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)
