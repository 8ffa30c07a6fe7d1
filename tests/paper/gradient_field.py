"""How many pixels one output of the last stage sees, by its gradient."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from csgresnet_mm.layers import GConv


def measured_receptive_field(backbone: nn.Module, image: int) -> int:
    """The receptive field, from the gradient of one output.

    Every weight is made positive, norms pass their input, and the maximum of
    the pool is replaced by the mean: then nothing cancels and no path is
    hidden, and a pixel has a gradient exactly where the output depends on it.

    Args:
        backbone: Of MMPretrain's form; it is copied.
        image: Side of the image in pixels, larger than the field and enough
            that the central output sees no border.

    Returns:
        The larger side of the box of pixels with a gradient.

    Raises:
        ValueError: If the box reaches the image's border.
    """
    probe = _positive(copy.deepcopy(backbone)).double()
    probe.eval()  # MMPretrain's ResNet returns None
    x = torch.ones(1, 3, image, image, dtype=torch.double, requires_grad=True)
    output: Tensor = probe(x)[-1]
    middle = output.shape[-1] // 2
    output[0, :, middle, middle].sum().backward()
    seen = x.grad[0].sum(0) > 0
    sides = []
    for axis in (0, 1):
        hit = seen.any(axis).nonzero()
        first, last = int(hit.min()), int(hit.max())
        if first == 0 or last == image - 1:
            raise ValueError(
                f'image={image}: the receptive field reaches the border '
                f'(pixels {first} to {last}), expected a larger image'
            )
        sides.append(last - first + 1)
    return max(sides)


@torch.no_grad()
def _positive(backbone: nn.Module) -> nn.Module:
    for module in backbone.modules():
        if isinstance(module, (nn.Conv2d, GConv)):
            fan_in = module.weight[0].numel()
            module.weight.fill_(1 / fan_in)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
            module.reset_running_stats()
    for name, module in list(backbone.named_modules()):
        if isinstance(module, nn.MaxPool2d):
            pool = nn.AvgPool2d(
                module.kernel_size, module.stride, module.padding
            )
            backbone.set_submodule(name, pool)
    return backbone
