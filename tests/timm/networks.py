"""Networks of timm with weights that tell something.

timm and what needs it are imported inside: without the extra these modules
are collected and deselected.
"""

import torch
from torch import nn

NAMES = (
    'csgresnet18',
    'csgresnet34',
    'gresnet18',
    'gresnet34',
    'csgresnet18_half',
)
SIZE = 64


def create(name: str, **kwargs: object) -> nn.Module:
    import timm

    import csgresnet_mm.timm  # noqa: F401

    torch.manual_seed(0)
    return timm.create_model(name, **kwargs)


def randomise(model: nn.Module) -> nn.Module:
    """Let norms neither be the identity nor shrink what passes."""
    stream = torch.Generator().manual_seed(1)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor, low, high in (
                (module.weight, 0.7, 1.3),
                (module.bias, -0.3, 0.3),
                (module.running_mean, -0.3, 0.3),
                (module.running_var, 0.5, 1.0),
            ):
                values = torch.rand(tensor.shape, generator=stream)
                tensor.data.copy_(low + (high - low) * values)
    return model


def images(batch: int = 2, channels: int = 3, size: int = SIZE):
    stream = torch.Generator().manual_seed(2)
    return torch.randn(batch, channels, size, size, generator=stream)
