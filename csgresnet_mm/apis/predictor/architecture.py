"""Which networks of a safetensors file become a graph without torch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

BLOCKS = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}
"""Depth -> blocks of each stage; from 50 they are bottlenecks."""
MAX_ORIENTATIONS = 64
"""A dense kernel is so many times as large as what a stranger's file holds."""

_TRAINING = frozenset(
    (
        'execution',
        'frozen_stages',
        'norm_eval',
        'with_cp',
        'zero_init_residual',
        'drop_path_rate',
    )
)
"""Arguments that do not change what is computed."""
_RESNET = {
    'depth': int,
    'in_channels': int,
    'stem_channels': int,
    'base_channels': int,
    'style': str,
    'norm_cfg': dict,
}
_GABOR = {
    'num_orientations': int,
    'scale': int,
    'orientations': (list, type(None)),
    'bank': str,
}
_SHIFT = {
    'stage': int,
    'placement': str,
    'divisor': int,
    'position': (str, int),
    'directions': list,
    'num_orientations': int,
    'seed': int,
}


class UnsupportedNetworkError(ValueError):
    """Torch can run this network; a graph of it cannot be made here."""


@dataclass(frozen=True)
class Gabor:
    """How convolutions are modulated.

    Args:
        angles: In radians.
        scale: The scale index v.
        bank: ``'gabor'``, ``'ones'`` or ``'random'``.
        stored: Whether the file has the angles, too.
    """

    angles: tuple[float, ...]
    scale: int
    bank: str
    stored: bool


@dataclass(frozen=True)
class ShiftSettings:
    """A channel shift before a block, as its layer takes it."""

    divisor: int = 16
    position: str | int = 'start'
    directions: tuple[str, ...] = ('right', 'left')
    num_orientations: int = 1
    seed: int = 0


@dataclass(frozen=True)
class Architecture:
    """A ResNet, CSResNet or GResNet with its neck and head.

    Args:
        depth: 18, 34, 50, 101 or 152.
        in_channels: Of the image.
        stem_channels: Of the first convolution.
        base_channels: Of the first stage.
        caffe: Whether a bottleneck's first convolution has its stride.
        eps: Of the batch norms.
        stem_kernel: Its size in pixels.
        max_pool: Whether one follows the stem.
        gabor: None where convolutions are ordinary.
        expand_stem: Whether the stem expands whatever goes in.
        shifts: (stage, block) -> shift before it, both from 0.
        pooled_orientations: Whose maximum the neck takes; 1 has none.
        num_classes: Outputs.
        features: Inputs of the classifier.
    """

    depth: int
    in_channels: int
    stem_channels: int
    base_channels: int
    caffe: bool
    eps: float
    stem_kernel: int
    max_pool: bool
    gabor: Gabor | None
    expand_stem: bool
    pooled_orientations: int
    num_classes: int
    features: int
    shifts: Mapping[tuple[int, int], ShiftSettings] = field(
        default_factory=dict
    )

    @property
    def blocks(self) -> tuple[int, ...]:
        """Of each stage."""
        return BLOCKS[self.depth]

    @property
    def bottleneck(self) -> bool:
        """Whether blocks have three convolutions."""
        return self.depth >= 50


def read_architecture(model: Any) -> Architecture:
    """Read a safetensors file's config.

    Args:
        model: The JSON of :attr:`ModelInfo.config`; it need not be trusted.

    Raises:
        UnsupportedNetworkError: It is another network, or has an argument
            that is not known here: naming it.
    """
    parts = _dict(model, 'model')
    backbone = _dict(parts.get('backbone'), 'model.backbone')
    head = _dict(parts.get('head'), 'model.head')
    kind = backbone.get('type')
    _check(parts.get('type') == 'ImageClassifier', 'model.type', parts)
    _check(head.get('type') == 'LinearClsHead', 'model.head.type', head)
    if kind == 'GResNet':
        found = _read_gresnet(backbone)
    elif kind in ('ResNet', 'CSResNet'):
        found = _read_resnet(backbone, kind)
    else:
        raise UnsupportedNetworkError(f'model.backbone.type={kind!r:.80}')
    return Architecture(
        **found,
        pooled_orientations=_read_neck(parts.get('neck')),
        num_classes=_number(head, 'num_classes', 'model.head'),
        features=_number(head, 'in_channels', 'model.head'),
    )


def _read_gresnet(backbone: Mapping[str, Any]) -> dict[str, Any]:
    own = {'stem_kernel_size': int, 'with_max_pool': bool}
    values = _read(
        backbone,
        'model.backbone',
        {**_RESNET, **_GABOR, **own, 'channel_shift': _SHIFTS},
    )
    gabor = _read_gabor(values, stored=True)
    shifts = values.get('channel_shift')
    return _common(values, shifts, len(gabor.angles)) | {
        'gabor': gabor,
        'expand_stem': True,
        'stem_kernel': values.get('stem_kernel_size', 5),
        'max_pool': values.get('with_max_pool', False),
    }


_SHIFTS = (dict, list, type(None))


def _read_resnet(backbone: Mapping[str, Any], kind: str) -> dict[str, Any]:
    own = {'conv_cfg': (dict, type(None))}
    if kind == 'CSResNet':
        own['channel_shift'] = _SHIFTS
    values = _read(backbone, 'model.backbone', {**_RESNET, **own})
    settings = values.get('conv_cfg')
    gabor = None
    if settings is not None:
        name = 'model.backbone.conv_cfg'
        _check(settings.get('type') == 'GConv', f'{name}.type', settings)
        gabor = _read_gabor(_read(settings, name, _GABOR), stored=False)
    return _common(values, values.get('channel_shift'), 1) | {
        'gabor': gabor,
        'expand_stem': False,
        'stem_kernel': 7,
        'max_pool': True,
    }


def _common(
    values: Mapping[str, Any], shifts: Any, orientations: int
) -> dict[str, Any]:
    depth = values.get('depth')
    _check(depth in BLOCKS, 'model.backbone.depth', values)
    norm = values.get('norm_cfg', {})
    name = 'model.backbone.norm_cfg'
    _check(norm.get('type', 'BN') in ('BN', 'BN2d', 'SyncBN'), name, norm)
    known = {'eps': float, 'momentum': float, 'requires_grad': bool}
    style = values.get('style', 'pytorch')
    _check(style in ('pytorch', 'caffe'), 'model.backbone.style', values)
    return {
        'depth': depth,
        'in_channels': values.get('in_channels', 3),
        'stem_channels': values.get('stem_channels', 64),
        'base_channels': values.get('base_channels', 64),
        'caffe': style == 'caffe',
        'eps': _read(norm, name, known).get('eps', 1e-5),
        'shifts': _read_shifts(shifts, BLOCKS[depth], orientations),
    }


def _read_gabor(values: Mapping[str, Any], stored: bool) -> Gabor:
    count = values.get('num_orientations', 4)
    # before they are listed: the file need not be trusted
    _check(1 <= count <= MAX_ORIENTATIONS, 'orientations', values)
    angles = values.get('orientations')
    if angles is None:
        angles = [(u + 1) * math.pi / count for u in range(count)]
    fits = (
        len(angles) == count
        and all(type(angle) in (int, float) for angle in angles)
        and all(map(math.isfinite, angles))
    )
    _check(fits, 'orientations', values)
    return Gabor(
        tuple(map(float, angles)),
        values.get('scale', 3),
        values.get('bank', 'gabor'),
        stored,
    )


def _read_shifts(
    given: Any, blocks: Sequence[int], orientations: int
) -> dict[tuple[int, int], ShiftSettings]:
    name = 'model.backbone.channel_shift'
    given = [given] if isinstance(given, dict) else given or []
    found = {}
    for settings in given:
        values = _read(_dict(settings, name), name, _SHIFT)
        stage = values.pop('stage', 3) - 1
        places = {'last_block': -1, 'stage_input': 0}
        place = places.get(values.pop('placement', 'last_block'))
        _check(stage in range(4) and place is not None, name, settings)
        values['directions'] = tuple(
            values.get('directions', ('right', 'left'))
        )
        fits = len(values['directions']) == 2 and set(
            values['directions']
        ) <= {'right', 'left'}
        _check(fits, f'{name}.directions', values)
        key = stage, range(blocks[stage])[place]
        _check(key not in found, name, settings)
        found[key] = ShiftSettings(
            **{'num_orientations': orientations, **values}
        )
    return found


def _read_neck(neck: Any) -> int:
    necks = neck if isinstance(neck, list) else [neck]
    kinds = [_dict(part, 'model.neck').get('type') for part in necks]
    if kinds == ['GlobalAveragePooling']:
        _read(necks[0], 'model.neck', {})
        return 1
    expected = ['GlobalAveragePooling', 'OrientationMaxPooling']
    if kinds != expected:
        raise UnsupportedNetworkError(f'model.neck={kinds!r:.200}')
    _read(necks[0], 'model.neck', {})
    known = {'num_orientations': int}
    return _read(necks[1], 'model.neck', known).get('num_orientations', 4)


def _read(
    settings: Mapping[str, Any], name: str, known: Mapping[str, Any]
) -> dict[str, Any]:
    """The arguments that are known; others raise."""
    found = {}
    for key, value in settings.items():
        if key == 'type' or key in _TRAINING:
            continue
        kinds = known.get(key, ())
        kinds = kinds if isinstance(kinds, tuple) else (kinds,)
        fits = type(value) in kinds
        if fits and type(value) is int:
            fits = key in ('position', 'seed') or value >= 1
        if not fits:
            raise UnsupportedNetworkError(f'{name}.{key}={value!r:.80}')
        found[key] = value
    return found


def _number(settings: Mapping[str, Any], key: str, name: str) -> int:
    value = settings.get(key)
    _check(type(value) is int and value >= 1, f'{name}.{key}', settings)
    return int(value)


def _dict(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise UnsupportedNetworkError(f'{name}={value!r:.80}')
    return value


def _check(fits: bool, name: str, found: Any) -> None:
    if not fits:
        raise UnsupportedNetworkError(f'{name} of {found!r:.200}')
