"""Parameters and operations of the networks, counted on the built model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from mmengine.registry import init_default_scope
from mmpretrain.registry import MODELS
from torch import Tensor, nn

from csgresnet_mm.layers import GConv, set_execution

SHAPE = (3, 112, 112)
"""The paper's input: channels, height, width."""


@dataclass(frozen=True)
class Operations:
    """Of one image.

    Args:
        parameters: Neck and head included.
        multiply_adds: Of the convolutions, dense, the image not repeated.
        norms: Two an element that a batch norm gives.
        activations: One an element that a ReLU gives.
    """

    parameters: int
    multiply_adds: int
    norms: int
    activations: int

    @property
    def all_operations(self) -> int:
        """Convolutions, batch norms and ReLUs together."""
        return self.multiply_adds + self.norms + self.activations


def build(model: Mapping[str, Any]) -> nn.Module:
    """A classifier with random weights, in evaluation mode."""
    init_default_scope('mmpretrain')
    settings = dict(model)
    settings['backbone'] = dict(settings['backbone'], init_cfg=None)
    return MODELS.build(settings).eval()


def count(
    model: Mapping[str, Any], shape: tuple[int, int, int] = SHAPE
) -> Operations:
    """Count a classifier.

    Args:
        model: Its config.
        shape: Of an image: channels, height, width.
    """
    built = build(model)
    set_execution(built, 'dense')
    found = {'conv': 0, 'norm': 0, 'relu': 0}
    handles = [
        module.register_forward_hook(_counter(found))
        for module in built.modules()
    ]
    with torch.no_grad():
        built(torch.zeros(1, *shape), mode='tensor')
    for handle in handles:
        handle.remove()
    return Operations(
        sum(parameter.numel() for parameter in built.parameters()),
        found['conv'],
        found['norm'],
        found['relu'],
    )


def _counter(found: dict[str, int]) -> Callable[..., None]:
    def add(module: nn.Module, inputs: tuple[Any, ...], out: Any) -> None:
        if isinstance(module, nn.Conv2d | GConv):
            found['conv'] += _convolution(module, inputs[0], out)
        elif isinstance(module, nn.modules.batchnorm._BatchNorm):
            found['norm'] += 2 * out.numel()
        elif isinstance(module, nn.ReLU):
            found['relu'] += out.numel()

    return add


def _convolution(module: Any, x: Tensor, out: Tensor) -> int:
    """Multiply-adds: taps, times channels in, for each element given."""
    height, width = module.kernel_size
    return height * width * x.shape[1] * out.numel()


def shift_cost(
    planes: int, orientations: int, height: int, width: int
) -> tuple[int, int]:
    """Parameters and multiply-adds of the shift as a frozen convolution.

    The paper's Algorithm 1, with its Table 2's reading: a depth-wise Conv1d
    of three taps over the planes, one group a position. Ours has none.

    Args:
        planes: C / M.
        orientations: M.
        height: Of the features.
        width: Of the features.

    >>> shift_cost(16, 4, 56, 56), shift_cost(64, 4, 14, 14)
    ((37632, 602112), (2352, 150528))
    """
    positions = orientations * height * width
    return 3 * positions, 3 * positions * planes
