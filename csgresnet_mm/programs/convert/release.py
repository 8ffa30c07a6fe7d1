"""The authors' checkpoint under our names.

The release keeps a Gabor convolution's weight as (O, I, M, k, k), its filters
as buffers, one batch norm for the M chunks of a feature map, and the channel
shift as a frozen depth-wise convolution, from which it is read back.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from csgresnet_mm.engine.strict_loading import load_strictly
from csgresnet_mm.functional import gabor_filter_bank, resolve_orientations
from csgresnet_mm.models import GResNet
from csgresnet_mm.programs.convert.frozen_shift import read_shift
from csgresnet_mm.weight_faults import bare_name

BLOCKS = {(2, 2, 2, 2): 18, (3, 4, 6, 3): 34}
SCALES = range(1, 9)
FILTER_TOLERANCE = 1e-4
WRAPPERS = ('state_dict', 'net', 'model')
"""Keys under which training scripts keep a state dict."""
NORM = r'(weight|bias|running_mean|running_var|num_batches_tracked)'
BLOCK = r'(layer[1-4]\.\d+)\.(?:net\.)?'
RENAMED = (
    (r'(conv1)\.weight', r'backbone.\1.weight'),
    (rf'(bn1)\.bn\.{NORM}', r'backbone.\1.\2'),
    (rf'{BLOCK}(conv[12])\.weight', r'backbone.\1.\2.weight'),
    (rf'{BLOCK}(bn[12])\.bn\.{NORM}', r'backbone.\1.\2.\3'),
    (
        rf'{BLOCK}downsample\.conv1x1\.weight',
        r'backbone.\1.downsample.0.weight',
    ),
    (rf'{BLOCK}downsample\.bn\.bn\.{NORM}', r'backbone.\1.downsample.1.\2'),
    (r'fc\.(weight|bias)', r'head.fc.\1'),
)
"""The release's names and ours, as patterns of a whole key."""
SHIFT = re.compile(r'layer([1-4])\.(\d+)\.conv\.weight')


@dataclass(frozen=True)
class Converted:
    """What came of a release checkpoint.

    Args:
        state: Under our keys, for ImageClassifier.
        backbone: Arguments of the GResNet that takes it.
        classes: Number of outputs.
    """

    state: dict[str, Tensor]
    backbone: dict[str, Any]
    classes: int


def convert_release(checkpoint: Mapping[str, Any]) -> Converted:
    """Give a release checkpoint our names and shapes.

    Args:
        checkpoint: As loaded: a state dict, or one in a dict.

    Returns:
        The state and the backbone's arguments, checked against each other.

    Raises:
        ValueError: A key is unknown, missing or of another shape, the
            filters are not a Gabor bank of one scale, or the shift is none
            that can be expressed: naming the key.
    """
    state = _read_state(checkpoint)
    stem = _take(state, 'conv1.weight')
    if stem.ndim != 5:
        raise ValueError(
            f'conv1.weight: shape {tuple(stem.shape)}; expected five axes, '
            '(O, I, M, k, k)'
        )
    planes, channels, orientations, _, size = stem.shape
    scale, angles = _read_bank(state, orientations)
    backbone: dict[str, Any] = {
        'type': 'GResNet',
        'depth': _read_depth(state),
        'in_channels': channels,
        'num_orientations': orientations,
        'scale': scale,
        'orientations': angles,
        'stem_kernel_size': size,
        'stem_channels': planes * orientations,
        'base_channels': _take(state, 'layer1.0.conv1.weight').shape[0]
        * orientations,
    }
    shifts = [
        _shift_arguments(key, value, state, orientations)
        for key, value in state.items()
        if SHIFT.fullmatch(key)
    ]
    if shifts:
        backbone['channel_shift'] = shifts[0] if len(shifts) == 1 else shifts
    renamed = _rename(state, orientations)
    return Converted(
        _check(renamed, backbone), backbone, _take(state, 'fc.weight').shape[0]
    )


def _read_state(checkpoint: Mapping[str, Any]) -> dict[str, Tensor]:
    for key in WRAPPERS:
        if isinstance(checkpoint.get(key), Mapping):
            checkpoint = checkpoint[key]
            break
    state = {}
    for key, value in checkpoint.items():
        if not isinstance(value, Tensor):
            raise ValueError(
                f'{key} is a {type(value).__name__}; expected a state dict '
                f'of tensors, or one under {", ".join(WRAPPERS)}'
            )
        state[bare_name(key)] = value
    return state


def _take(state: Mapping[str, Tensor], key: str) -> Tensor:
    if key not in state:
        raise ValueError(f'{key} is not in the checkpoint; expected it')
    return state[key]


def _read_depth(state: Mapping[str, Tensor]) -> int:
    matches = (re.match(r'layer([1-4])\.(\d+)\.', key) for key in state)
    there = {(match[1], match[2]) for match in matches if match}
    blocks = Counter(stage for stage, _ in there)
    found = tuple(blocks[stage] for stage in '1234')
    if found not in BLOCKS:
        raise ValueError(
            f'layer1 to layer4 have {found} blocks; expected one of '
            f'{tuple(BLOCKS)}'
        )
    return BLOCKS[found]


def _read_bank(
    state: Mapping[str, Tensor], orientations: int
) -> tuple[int, tuple[float, ...]]:
    """Scale and angles of the filters, which must agree in all layers."""
    filters = {k: v for k, v in state.items() if k.endswith('.MFilters')}
    release = tuple(u * torch.pi / orientations for u in range(orientations))
    candidates = [
        (scale, angles)
        for angles in (release, resolve_orientations(orientations))
        for scale in (3, *(v for v in SCALES if v != 3))
    ]
    if not filters:  # a release without buffers: its own constants
        return candidates[0]
    for key, value in filters.items():
        candidates = [
            (scale, angles)
            for scale, angles in candidates
            if _is_bank(value, orientations, scale, angles)
        ]
        if not candidates:
            raise ValueError(
                f'{key}: shape {tuple(value.shape)}, values '
                f'{value.flatten()[:9].tolist()} are no Gabor bank of '
                f'{orientations} orientations and one scale in all layers; '
                'expected angles from 0 or from pi/M, scale 1 to 8'
            )
    return candidates[0]


def _is_bank(
    value: Tensor, orientations: int, scale: int, angles: Sequence[float]
) -> bool:
    height, width = value.shape[-2:]
    bank = gabor_filter_bank(
        (height, width), orientations, scale=scale, orientations=angles
    )
    if value.numel() != bank.numel():
        return False
    found = value.double().reshape(bank.shape)
    return bool((found - bank).abs().max() <= FILTER_TOLERANCE)


def _shift_arguments(
    key: str, weight: Tensor, state: Mapping[str, Tensor], orientations: int
) -> dict[str, Any]:
    match = SHIFT.fullmatch(key)
    if match is None:
        raise ValueError(f'{key} is no channel shift')
    stage, block = int(match[1]), int(match[2])
    last = not any(k.startswith(f'layer{stage}.{block + 1}.') for k in state)
    if not last and block != 0:
        raise ValueError(
            f'{key}: a shift before block {block}; expected the first or '
            f'the last block of layer{stage}'
        )
    arguments = read_shift(key, weight)
    return {
        'stage': stage,
        'placement': 'last_block' if last else 'stage_input',
        'num_orientations': orientations,
        **arguments,
    }


def _rename(
    state: Mapping[str, Tensor], orientations: int
) -> dict[str, Tensor]:
    renamed: dict[str, Tensor] = {}
    for key, value in state.items():
        if key.endswith('.MFilters') or SHIFT.fullmatch(key):
            continue
        name = _our_name(key)
        if value.ndim == 5:
            if value.shape[2] != orientations:
                raise ValueError(
                    f'{key}: shape {tuple(value.shape)}; expected '
                    f'{orientations} orientations on axis 2, as in '
                    'conv1.weight'
                )
            value = value.flatten(1, 2)  # (O, I, M, k, k) to (O, I*M, k, k)
        elif value.ndim not in (0, 1) and not key.startswith('fc.'):
            raise ValueError(
                f'{key}: shape {tuple(value.shape)}; expected five axes, '
                '(O, I, M, k, k)'
            )
        renamed[name] = value
    return renamed


def _our_name(key: str) -> str:
    for pattern, name in RENAMED:
        match = re.fullmatch(pattern, key)
        if match:
            return match.expand(name)
    raise ValueError(
        f"{key} is not one of the release's names; expected conv1, bn1.bn, "
        'layerA.B.convC, layerA.B.bnC.bn, '
        'layerA.B.downsample.{conv1x1,bn.bn}, MFilters and fc'
    )


def _check(
    state: dict[str, Tensor], backbone: Mapping[str, Any]
) -> dict[str, Tensor]:
    """Tile shared batch norms, and hold every key against the network."""
    arguments = {k: v for k, v in backbone.items() if k != 'type'}
    network = GResNet(**arguments)
    orientations = backbone['num_orientations']
    expected = network.state_dict()
    tiled = {}
    for key, value in state.items():
        own = expected.get(key.removeprefix('backbone.'))
        shared = (
            own is not None
            and own.ndim == 1
            and value.shape == (len(own) // orientations,)
        )
        # one norm for M chunks of the channels, not for M neighbours
        tiled[key] = value.repeat(orientations) if shared else value.clone()
    tiled['backbone.orientations'] = expected['orientations']
    load_strictly(
        network,
        {
            key.removeprefix('backbone.'): value
            for key, value in tiled.items()
            if key.startswith('backbone.')
        },
        'the release checkpoint',
    )
    return tiled
