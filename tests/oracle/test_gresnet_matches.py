"""GResNet equals the loop reference, every weight and statistic random."""

from typing import Any

import numpy as np
import pytest
import torch
from mmpretrain.registry import MODELS
from torch import nn

import csgresnet_mm  # noqa: F401

from .network_reference import GResNetReference

PAPER_SHIFT = {'stage': 3, 'divisor': 16}
TOLERANCE = 1e-10
NARROW = 16


def build(depth: int, base: int, **backbone: Any) -> nn.Module:
    """A classifier whose every floating number is random, in float64."""
    expansion = 1 if depth < 50 else 4
    features = base * 8 * expansion
    model = MODELS.build(
        {
            'type': 'ImageClassifier',
            'backbone': {
                'type': 'GResNet',
                'depth': depth,
                'stem_channels': base,
                'base_channels': base,
                **backbone,
            },
            'neck': [
                {'type': 'GlobalAveragePooling'},
                {'type': 'OrientationMaxPooling'},
            ],
            'head': {
                'type': 'LinearClsHead',
                'num_classes': 7,
                'in_channels': features // 4,
            },
        }
    )
    model = model.double().eval()
    generator = torch.Generator().manual_seed(0)

    def random(like: torch.Tensor) -> torch.Tensor:
        return torch.randn(
            like.shape, generator=generator, dtype=torch.float64
        )

    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 4:  # keeps activations near one
                fan_in = parameter[0].numel()
                parameter.copy_(random(parameter) * 2 / fan_in**0.5)
            else:
                parameter.copy_(1 + 0.5 * random(parameter))
        for name, buffer in model.named_buffers():
            if name.endswith('running_mean'):
                buffer.copy_(0.3 * random(buffer))
            elif name.endswith('running_var'):
                buffer.copy_(0.5 + random(buffer).abs())
    return model


def arrays(model: nn.Module) -> dict[str, np.ndarray]:
    return {key: value.numpy() for key, value in model.state_dict().items()}


def images(batch: int, height: int, width: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(
        (batch, 3, height, width), generator=generator, dtype=torch.float64
    )


def logits(model: nn.Module, x: torch.Tensor) -> np.ndarray:
    with torch.no_grad():
        return model(x, mode='tensor').numpy()


def relative_error(found: np.ndarray, expected: np.ndarray) -> float:
    assert found.shape == expected.shape
    assert np.ptp(expected) > 1e-3  # the images and classes do differ
    return float(np.abs(found - expected).max() / np.abs(expected).max())


@pytest.mark.parametrize(
    ('depth', 'shift', 'size'),
    [
        (18, {}, (112, 112)),
        (18, PAPER_SHIFT, (97, 113)),
        (18, {'stage': 1, 'divisor': 8, 'position': 'middle'}, (64, 48)),
        (
            18,
            {**PAPER_SHIFT, 'placement': 'stage_input', 'position': 'end'},
            (97, 113),
        ),
        (
            18,
            {
                'stage': 2,
                'divisor': 8,
                'position': 3,
                'directions': ('left', 'right'),
                'num_orientations': 1,
            },
            (65, 64),
        ),
        (34, PAPER_SHIFT, (48, 64)),
        (50, {'stage': 4, 'divisor': 4}, (48, 64)),
    ],
)
def test_narrow_network(
    depth: int, shift: dict[str, Any], size: tuple[int, int]
) -> None:
    model = build(depth, NARROW, channel_shift=shift or None)
    reference = GResNetReference(
        depth, arrays(model), shifts=[shift] if shift else []
    )
    x = images(2, *size)
    expected = reference.logits(x.numpy())
    assert relative_error(logits(model, x), expected) < TOLERANCE


def test_options_reach_the_network() -> None:
    angles = (0.2, 0.9, 1.7, 2.9)
    shifts = [{'stage': 1, 'divisor': 16}, {'stage': 3, 'divisor': 8}]
    model = build(
        18,
        NARROW,
        orientations=angles,
        scale=2,
        with_max_pool=True,
        stem_kernel_size=7,
        channel_shift=shifts,
    )
    reference = GResNetReference(
        18,
        arrays(model),
        scale=2,
        orientations=angles,
        with_max_pool=True,
        shifts=shifts,
    )
    x = images(2, 75, 64)
    expected = reference.logits(x.numpy())
    assert relative_error(logits(model, x), expected) < TOLERANCE


def test_each_stage_output() -> None:
    model = build(18, NARROW, out_indices=(0, 1, 2, 3))
    x = images(1, 49, 56)
    with torch.no_grad():
        found = model.backbone(x)
    expected = GResNetReference(18, arrays(model)).features(x.numpy())
    for stage, features in zip(found, expected, strict=True):
        assert relative_error(stage.numpy(), features) < TOLERANCE


def shifted_positions(model: nn.Module, shape: torch.Size) -> list[int]:
    """Positions the stochastic shift moves right, then those it moves left.

    Every plane p holds p + 1 in all its positions, so after the shift the
    second plane tells where its values came from.
    """
    channels = shape[1]
    planes = torch.arange(channels // 4, dtype=torch.float64) + 1
    probe = planes.repeat_interleave(4)[None, :, None, None]
    probe = probe.expand(1, channels, *shape[2:]).contiguous()
    moved = model.backbone.layer3[-1].shift(probe)
    second = moved.reshape(channels // 4, -1)[1]
    right = (second == 1).nonzero().flatten().tolist()
    left = (second == 3).nonzero().flatten().tolist()
    assert len(right) == len(left)
    return right + left


def test_stochastic_shift() -> None:
    shift = {**PAPER_SHIFT, 'position': 'stochastic', 'seed': 5}
    model = build(18, NARROW, channel_shift=shift)
    x = images(2, 64, 80)
    # Layer 3 sees a 16th of 4 orientations * 8 * 10 positions.
    order = shifted_positions(model, torch.Size((1, 64, 8, 10)))
    assert len(order) == 2 * (4 * 8 * 10 // 16)
    state = arrays(model)
    reference = GResNetReference(
        18, state, shifts=[{**PAPER_SHIFT, 'order': order}]
    )
    found = logits(model, x)
    expected = reference.logits(x.numpy())
    assert relative_error(found, expected) < TOLERANCE
    plain = GResNetReference(18, state).logits(x.numpy())
    assert relative_error(found, plain) > 1e-6


@pytest.mark.slow
@pytest.mark.parametrize('size', [(112, 112), (97, 113)])
@pytest.mark.parametrize('shift', [None, PAPER_SHIFT])
def test_full_width_network(
    shift: dict[str, Any] | None, size: tuple[int, int]
) -> None:
    """The paper's GResNet-18: 11 million products, about 15 s a case."""
    model = build(18, 64, channel_shift=shift)
    reference = GResNetReference(
        18, arrays(model), shifts=[shift] if shift else []
    )
    x = images(3, *size)
    expected = reference.logits(x.numpy())
    assert relative_error(logits(model, x), expected) < TOLERANCE
    alone = logits(model, x[:1])
    assert relative_error(alone, expected[:1]) < TOLERANCE
