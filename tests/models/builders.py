"""Small networks for the tests, built through MMPretrain's registry."""

from typing import Any

import torch
from mmpretrain.registry import MODELS
from torch import Tensor, nn

import csgresnet_mm  # noqa: F401
from csgresnet_mm.models import GResNet

NARROW = {'stem_channels': 16, 'base_channels': 16}


def backbone(depth: int = 18, kind: str = 'GResNet', **options: Any) -> Any:
    """A backbone, 16 channels wide unless told."""
    return MODELS.build({'type': kind, 'depth': depth, **NARROW, **options})


def classifier(
    channels: int, head_channels: int, classes: int = 7, **backbone: Any
) -> Any:
    """A classifier; fewer ``head_channels`` mean the orientation maximum."""
    neck = [{'type': 'GlobalAveragePooling'}]
    if head_channels != channels:
        m = channels // head_channels
        neck.append({'type': 'OrientationMaxPooling', 'num_orientations': m})
    return MODELS.build(
        {
            'type': 'ImageClassifier',
            'backbone': backbone,
            'neck': neck,
            'head': {
                'type': 'LinearClsHead',
                'num_classes': classes,
                'in_channels': head_channels,
                'loss': {'type': 'CrossEntropyLoss'},
            },
        }
    )


def evaluated(model: Any) -> Any:
    """The model in eval mode; that method of MMPretrain's gives None."""
    model.eval()
    return model


def images(
    batch: int = 2, size: int = 32, channels: int = 3, seed: int = 1
) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, channels, size, size, generator=generator)


def randomise(model: nn.Module, seed: int = 0) -> nn.Module:
    """Draw every parameter and statistic, so that none is neutral."""
    generator = torch.Generator().manual_seed(seed)

    def normal(like: Tensor) -> Tensor:
        return torch.randn(like.shape, generator=generator).to(like)

    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 4:
                fan_in = parameter[0].numel()
                parameter.copy_(normal(parameter) * 2 / fan_in**0.5)
            else:
                parameter.copy_(1 + 0.3 * normal(parameter))
        for name, buffer in model.named_buffers():
            if name.endswith('running_mean'):
                buffer.copy_(0.3 * normal(buffer))
            elif name.endswith('running_var'):
                buffer.copy_(0.5 + normal(buffer).abs())
    return model


def randomised(**options: Any) -> GResNet:
    """A GResNet for evaluation in which nothing is neutral."""
    torch.manual_seed(0)  # what the test draws next, too
    return evaluated(randomise(GResNet(**options)))
