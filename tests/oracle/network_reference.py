"""GResNet forward in numpy loops, from the paper's Table 1 and Section 2.

Reads the state dict of a network as plain arrays under MMPretrain's ResNet
key names. Same rules as ``gabor_reference``: float64, written from the text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .gabor_reference import (
    channel_shift,
    default_orientations,
    gabor_bank,
    gabor_conv,
    tap_views,
)

BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}


def batch_norm(
    x: np.ndarray, state: Mapping[str, np.ndarray], key: str, eps: float = 1e-5
) -> np.ndarray:
    """Evaluation-mode batch norm, a loop over channels."""
    out = np.zeros_like(x)
    for c in range(x.shape[1]):
        mean = state[f'{key}.running_mean'][c]
        deviation = np.sqrt(state[f'{key}.running_var'][c] + eps)
        normal = (x[:, c] - mean) / deviation
        out[:, c] = (
            normal * state[f'{key}.weight'][c] + state[f'{key}.bias'][c]
        )
    return out


def relu(x: np.ndarray) -> np.ndarray:
    """max(x, 0)."""
    return np.where(x > 0, x, 0.0)


def max_pool(x: np.ndarray) -> np.ndarray:
    """3x3 maximum, stride 2, padding 1 (padding never wins)."""
    edges = ((0, 0), (0, 0), (1, 1), (1, 1))
    padded = np.pad(x, edges, constant_values=-np.inf)
    pooled = []
    for views in tap_views(padded, (3, 3), stride=2):
        best = views[0]
        for view in views[1:]:
            best = np.maximum(best, view)
        pooled.append(best)
    return np.stack(pooled, axis=1)


def global_average_pool(x: np.ndarray) -> np.ndarray:
    """(B, C, H, W) -> (B, C)."""
    return x.sum(axis=(2, 3)) / (x.shape[2] * x.shape[3])


def orientation_max(x: np.ndarray, num_orientations: int) -> np.ndarray:
    """(B, C, ...) -> (B, C/M, ...): the largest orientation of each plane."""
    planes = []
    for plane in range(x.shape[1] // num_orientations):
        best = x[:, plane * num_orientations]
        for u in range(1, num_orientations):
            best = np.maximum(best, x[:, plane * num_orientations + u])
        planes.append(best)
    return np.stack(planes, axis=1)


def linear(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """(B, F) -> (B, classes), a loop over the classes."""
    scores = [(x * weight[j]).sum(axis=1) + bias[j] for j in range(len(bias))]
    return np.stack(scores, axis=1)


@dataclass
class GResNetReference:
    """A GResNet with a linear head, evaluated without any framework.

    Args:
        depth: 18, 34 (basic blocks) or 50 (bottlenecks).
        state: arrays under ``backbone.*`` and ``head.fc.*``.
        num_orientations: M.
        scale: the paper's v.
        orientations: M angles, the paper's by default.
        with_max_pool: keep ResNet's pooling after the stem.
        shifts: dicts of ``stage`` (1 to 4), ``divisor`` and, at will,
            ``position``, ``directions``, ``num_orientations`` (M by default),
            ``order``, ``placement`` ('last_block' or 'stage_input').
    """

    depth: int
    state: Mapping[str, np.ndarray]
    num_orientations: int = 4
    scale: int = 3
    orientations: Sequence[float] | None = None
    with_max_pool: bool = False
    shifts: Sequence[Mapping[str, Any]] = ()

    def conv(
        self, x: np.ndarray, key: str, stride: int, expand: bool = False
    ) -> np.ndarray:
        weight = self.state[f'{key}.weight'].astype(np.float64)
        size = weight.shape[2]
        angles = self.orientations
        if angles is None:
            angles = default_orientations(self.num_orientations)
        bank = gabor_bank(size, size, angles, self.scale)
        return gabor_conv(
            x,
            weight,
            bank,
            self.state.get(f'{key}.bias'),
            stride=stride,
            padding=size // 2,
            expand=expand,
        )

    def conv_bn(
        self, x: np.ndarray, prefix: str, index: int, stride: int = 1
    ) -> np.ndarray:
        x = self.conv(x, f'{prefix}.conv{index}', stride)
        return batch_norm(x, self.state, f'{prefix}.bn{index}')

    def shifted(
        self, x: np.ndarray, stage: int, block: int, num_blocks: int
    ) -> np.ndarray:
        for shift in self.shifts:
            options = {'num_orientations': self.num_orientations, **shift}
            placement = options.pop('placement', 'last_block')
            target = num_blocks - 1 if placement == 'last_block' else 0
            if options.pop('stage') == stage and block == target:
                x = channel_shift(x, **options)
        return x

    def block(self, x: np.ndarray, prefix: str, stride: int) -> np.ndarray:
        identity = x
        if f'{prefix}.downsample.0.weight' in self.state:
            identity = self.conv(x, f'{prefix}.downsample.0', stride)
            identity = batch_norm(
                identity, self.state, f'{prefix}.downsample.1'
            )
        if self.depth < 50:
            out = relu(self.conv_bn(x, prefix, 1, stride))
            out = self.conv_bn(out, prefix, 2)
        else:
            out = relu(self.conv_bn(x, prefix, 1))
            out = relu(self.conv_bn(out, prefix, 2, stride))
            out = self.conv_bn(out, prefix, 3)
        return relu(out + identity)

    def features(self, x: np.ndarray) -> list[np.ndarray]:
        """Images (B, 3, H, W) -> the outputs of the four stages."""
        x = self.conv(x, 'backbone.conv1', 2, expand=True)
        x = relu(batch_norm(x, self.state, 'backbone.bn1'))
        if self.with_max_pool:
            x = max_pool(x)
        outputs = []
        for stage, num_blocks in enumerate(BLOCKS[self.depth], start=1):
            for block in range(num_blocks):
                stride = 2 if stage > 1 and block == 0 else 1
                x = self.shifted(x, stage, block, num_blocks)
                prefix = f'backbone.layer{stage}.{block}'
                x = self.block(x, prefix, stride)
            outputs.append(x)
        return outputs

    def logits(self, x: np.ndarray) -> np.ndarray:
        """Images (B, 3, H, W) -> scores (B, classes)."""
        pooled = global_average_pool(self.features(x)[-1])
        plane_features = orientation_max(pooled, self.num_orientations)
        return linear(
            plane_features,
            self.state['head.fc.weight'],
            self.state['head.fc.bias'],
        )
