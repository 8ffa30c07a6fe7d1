"""How many pixels one output of the last stage sees, found in two ways."""

from __future__ import annotations

import copy
from collections.abc import Iterable

import torch
from mmpretrain.models.backbones.resnet import ResNet
from torch import Tensor, nn

from csgresnet_mm.layers import GConv

Layer = tuple[int, int]
"""Kernel size and stride."""


def receptive_field(layers: Iterable[Layer]) -> int:
    """The side of the square of pixels that one output depends on.

    ``1 + sum of (kernel - 1) * product of the strides before``.

    Args:
        layers: Kernel size and stride of each layer, in order.

    Example:
        >>> receptive_field([(7, 2), (3, 2)])
        11
    """
    field, jump = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * jump
        jump *= stride
    return field


def main_path(backbone: ResNet) -> list[Layer]:
    """Layers of a ResNet or GResNet on the path through all convolutions.

    Args:
        backbone: Undeployed, without ``deep_stem``.

    Raises:
        ValueError: If the backbone has a deep stem.
    """
    if backbone.deep_stem:
        raise ValueError('deep_stem=True, expected a stem of one layer')
    layers = [_layer(backbone.conv1)]
    if isinstance(backbone.maxpool, nn.MaxPool2d):
        pool = backbone.maxpool
        layers.append((int(pool.kernel_size), int(pool.stride)))
    for name in backbone.res_layers:
        for block in getattr(backbone, name):
            convs = [block.conv1, block.conv2]
            if hasattr(block, 'conv3'):
                convs.append(block.conv3)
            layers += [_layer(conv) for conv in convs]
    return layers


def _layer(conv: nn.Conv2d | GConv) -> Layer:
    return conv.kernel_size[0], conv.stride[0]


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
