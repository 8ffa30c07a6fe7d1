"""GResNet-18 and -34 of ordinary convolutions, on torch alone.

Copy this one file to use a converted checkpoint without csgresnet_mm::

    model, classes = load_plain('plain.pth')
    scores = model(images)  # (B, 3, H, W), normalised; gives (B, classes)

``images`` are normalised as in training: see ``mean``, ``std`` and
``channel_order`` in the checkpoint's ``architecture``. Without a shift the
backbone's keys are those of ResNet in MMPretrain and torchvision.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn


class Block(nn.Module):
    """Two 3x3 convolutions beside the identity."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or channels != width:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels, width, 1, stride, bias=False),
                nn.BatchNorm2d(width),
            )

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, H, W) to (B, width, H/stride, W/stride)."""
        y = self.bn1(self.conv1(x)).relu()
        return (self.bn2(self.conv2(y)) + self.downsample(x)).relu()


class Shift(nn.Module):
    """Shifts channels by one plane at two blocks of positions."""

    def __init__(
        self,
        divisor: int,
        index: int,
        directions: tuple[str, str],
        num_orientations: int,
    ) -> None:
        super().__init__()
        self.divisor = divisor
        self.index = index
        self.directions = directions
        self.orientations = num_orientations

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to the same."""
        m = self.orientations
        batch, channels, height, width = x.shape
        # position (u*H + y)*W + x of the planes, as a flat axis
        flat = x.reshape(batch, channels // m, m * height * width)
        size = m * height * width // self.divisor
        start = self.index * size
        parts = [flat[..., :start]]
        for direction in self.directions:
            part = flat[..., start : start + size]
            edge = torch.zeros_like(part[:, :1])
            parts.append(
                torch.cat((edge, part[:, :-1]), 1)
                if direction == 'right'
                else torch.cat((part[:, 1:], edge), 1)
            )
            start += size
        parts.append(flat[..., start:])
        return torch.cat(parts, 2).reshape(x.shape)


class PlainBackbone(nn.Module):
    """Stem and four stages; the keys are ResNet's."""

    def __init__(self, architecture: Mapping[str, Any]) -> None:
        super().__init__()
        stem = architecture['stem_channels']
        size = architecture['stem_kernel_size']
        self.conv1 = nn.Conv2d(
            architecture['in_channels'], stem, size, 2, size // 2, bias=False
        )
        self.bn1 = nn.BatchNorm2d(stem)
        self.maxpool: nn.Module = nn.Identity()
        if architecture['max_pool']:
            self.maxpool = nn.MaxPool2d(3, 2, 1)
        channels = stem
        for stage, count in enumerate(architecture['blocks']):
            width = architecture['base_channels'] * 2**stage
            blocks = []
            for block in range(count):
                stride = 2 if stage and not block else 1
                blocks.append(Block(channels, width, stride))
                channels = width
            setattr(self, f'layer{stage + 1}', nn.Sequential(*blocks))
        self.shifts = {
            (shift['stage'], shift['block']): Shift(*shift['arguments'])
            for shift in architecture['shifts']
        }

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, H, W) to the last stage's features."""
        x = self.maxpool(self.bn1(self.conv1(x)).relu())
        for stage in range(1, 5):
            for index, block in enumerate(getattr(self, f'layer{stage}')):
                shift = self.shifts.get((stage, index))
                x = block(x if shift is None else shift(x))
        return x


class PlainNetwork(nn.Module):
    """Backbone, average, maximum over orientations, linear layer."""

    def __init__(self, architecture: Mapping[str, Any]) -> None:
        super().__init__()
        self.orientations = architecture['num_orientations']
        features = architecture['base_channels'] * 8 // self.orientations
        self.backbone = PlainBackbone(architecture)
        self.head = nn.ModuleDict(
            {'fc': nn.Linear(features, architecture['num_classes'])}
        )

    def forward(self, x: Tensor) -> Tensor:
        """Normalised images (B, channels, H, W) to scores (B, classes)."""
        x = self.backbone(x).mean((2, 3)).unflatten(1, (-1, self.orientations))
        return self.head['fc'](x.amax(2))


def load_plain(path: str) -> tuple[PlainNetwork, list[str]]:
    """Read a converted checkpoint: the network for inference, and classes."""
    found = torch.load(path, map_location='cpu', weights_only=True)
    model = PlainNetwork(found['architecture'])
    model.load_state_dict(found['state_dict'])
    return model.eval(), found['classes']
