"""How many pixels one output of the last stage sees, layer by layer."""

from __future__ import annotations

from collections.abc import Iterable

from mmpretrain.models.backbones.resnet import ResNet
from torch import nn

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
