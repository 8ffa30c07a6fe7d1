"""Images of a data set as an exported network takes them."""

from __future__ import annotations

import torch

from csgresnet_mm.apis.run_images import Array, normalise
from csgresnet_mm.apis.trained import Trained
from csgresnet_mm.programs.onnx_export.export import Options


def to_input(trained: Trained, options: Options, pixels: Array) -> Array:
    """What the exported network takes, of pixels with blue first.

    Args:
        trained: The network.
        options: Of its export.
        pixels: uint8, shape (n, channels, H, W).

    Returns:
        The same shape.
    """
    x = torch.from_numpy(pixels)
    if options.normalisation:  # red first
        return x.flip(1).to(getattr(torch, options.input_type)).numpy()
    return normalise(trained, x).numpy()
