"""What somebody who has a network alone must know to use it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import ge
from typing import Any, get_args

from mmengine.config import Config
from mmpretrain.registry import DATASETS

from csgresnet_mm.apis.config_reading import (
    find_type,
    leaf_settings,
    type_name,
)
from csgresnet_mm.apis.plain_config import plain_model
from csgresnet_mm.apis.preparation import read_test_pipeline
from csgresnet_mm.engine.class_order import find_classes
from csgresnet_mm.engine.fingerprint import META_KEY
from csgresnet_mm.plain_json import parse_json

UNKNOWN = 'unknown'
"""The alignment where neither checkpoint nor data set tells it."""
SYNTHETIC = 'DemoFaces'
CHANNEL_ORDERS = ('rgb', 'bgr', 'grey')
MAX_SIDE = 1024
"""Pixels: a file that came from elsewhere may ask for any memory else."""


@dataclass(frozen=True)
class ModelInfo:
    """What goes in, what comes out, and what it was trained on.

    Args:
        classes: Their names, in the order of the outputs.
        input_size: (height, width) in pixels.
        channel_order: That the network takes: 'rgb', 'bgr' or 'grey'.
        mean: Of each channel in that order, subtracted from 0..255.
        std: Of each channel, divided by afterwards.
        resize: (height, width) to which an aligned face is resized; where it
            is larger than ``input_size``, a centre crop follows.
        interpolation: How it is resized, in OpenCV's names.
        alignment: How the faces of its data are aligned, or 'unknown'.
        synthetic: Whether it was trained on drawn faces: no use on photos.
        fingerprint: Of the training data; None where it is not known.
        config: JSON of the model's config, see
            :func:`~csgresnet_mm.apis.plain_config.build_plain`. It is data,
            never run.
        grey_data: Whether it saw pictures without colour only, in three equal
            channels: colours are taken off what it is shown.

    Raises:
        ValueError: A value is out of its range: naming it.
    """

    classes: tuple[str, ...]
    input_size: tuple[int, int]
    channel_order: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    resize: tuple[int, int]
    interpolation: str
    alignment: str
    synthetic: bool
    fingerprint: str | None
    config: str
    grey_data: bool = False

    def __post_init__(self) -> None:
        channels = 1 if self.channel_order == 'grey' else 3
        expected = {
            'classes': (
                len(self.classes) > 1
                and len(set(self.classes)) == len(self.classes),
                'two different names or more',
            ),
            'input_size': (
                _is_size(self.input_size),
                f'two numbers of 1 to {MAX_SIDE}',
            ),
            'resize': (
                _is_size(self.resize)
                and all(map(ge, self.resize, self.input_size)),
                f'two numbers of at least input_size={self.input_size} and '
                f'at most {MAX_SIDE}',
            ),
            'channel_order': (
                self.channel_order in CHANNEL_ORDERS,
                f'one of {CHANNEL_ORDERS}',
            ),
            'mean': (len(self.mean) == channels, f'{channels} numbers'),
            'std': (
                len(self.std) == channels and min(self.std) > 0,
                f'{channels} positive numbers',
            ),
        }
        for name, (fits, wanted) in expected.items():
            if not fits:
                raise ValueError(
                    f'{name}={getattr(self, name)!r}; expected {wanted}'
                )

    @classmethod
    def from_config(
        cls,
        config: Config,
        meta: Mapping[str, Any],
        classes: Sequence[str] | None = None,
    ) -> ModelInfo:
        """Read it from a run's config and its checkpoint's ``meta``.

        Args:
            config: With a model, a data preprocessor and a test data set.
            meta: Of the checkpoint.
            classes: For a checkpoint that names none.

        Raises:
            ValueError: The classes are not known, or the test pipeline or
                the data preprocessor does something that is not done by
                those who read this: naming it.
        """
        found = find_classes({'meta': dict(meta)}) or tuple(classes or ())
        if not found:
            raise ValueError(
                "meta['dataset_meta']['classes'] is not in the checkpoint; "
                'expected the names of the classes: give them yourself'
            )
        prepared = read_test_pipeline(config)
        order, mean, std = _read_preprocessor(config)
        return cls(
            classes=found,
            input_size=prepared.input_size,
            channel_order=order,
            mean=mean,
            std=std,
            resize=prepared.resize,
            interpolation=prepared.interpolation,
            alignment=_find_alignment(config, meta),
            synthetic=is_synthetic(config, meta),
            fingerprint=_find_fingerprint(meta),
            config=json.dumps(plain_model(config), sort_keys=True),
            grey_data=_is_grey(config),
        )

    def to_json(self) -> str:
        """As JSON text; equal information gives equal text."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> ModelInfo:
        """Read what :meth:`to_json` wrote; nothing in it is run.

        Raises:
            ValueError: Naming the key, what was found and what is expected.
        """
        try:
            found = parse_json(text)
        except ValueError as error:
            raise ValueError(f'model info is not JSON: {error}') from error
        if not isinstance(found, dict):
            raise ValueError(
                f'model info is a {type(found).__name__}; expected an object'
            )
        names = {field.name for field in dataclasses.fields(cls)}
        older = names - {'grey_data'}  # which files of version 0.1 lack
        if set(found) not in (names, older):
            raise ValueError(
                f'model info has the keys {sorted(found)}; expected '
                f'{sorted(names)}'
            )
        return cls(
            **{
                name: _read_value(name, found[name], kind)
                for name, kind in _KINDS.items()
                if name in found
            }
        )


_KINDS: dict[str, Any] = {
    'classes': [str],
    'input_size': [int],
    'channel_order': str,
    'mean': [float],
    'std': [float],
    'resize': [int],
    'interpolation': str,
    'alignment': str,
    'synthetic': bool,
    'fingerprint': str | None,
    'config': str,
    'grey_data': bool,
}


def _is_size(size: Sequence[int]) -> bool:
    return len(size) == 2 and min(size) > 0 and max(size) <= MAX_SIDE


def _read_value(name: str, value: Any, kind: Any) -> Any:
    if isinstance(kind, list):
        if not isinstance(value, list):
            raise ValueError(f'{name}={value!r}; expected a list')
        return tuple(_read_value(name, part, kind[0]) for part in value)
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) not in (get_args(kind) or (kind,)):
        wanted = getattr(kind, '__name__', kind)
        raise ValueError(f'{name}={value!r}; expected {wanted}')
    return value


def _read_preprocessor(
    config: Config,
) -> tuple[str, tuple[float, ...], tuple[float, ...]]:
    """Channel order, mean and standard deviation."""
    model = config['model']
    settings = model.get('data_preprocessor') or config.get(
        'data_preprocessor', {}
    )
    if settings.get('pad_size_divisor', 1) != 1:
        raise ValueError(
            f'data_preprocessor.pad_size_divisor='
            f'{settings["pad_size_divisor"]!r} is done by tools/test.py '
            'only: expected 1, else the scores would be others'
        )
    channels = model['backbone'].get('in_channels', 3)
    order = 'rgb' if settings.get('to_rgb') else 'bgr'
    if channels == 1:
        order = 'grey'
    mean = settings.get('mean') or [0.0] * channels
    std = settings.get('std') or [1.0] * channels
    return order, tuple(map(float, mean)), tuple(map(float, std))


def _find_alignment(config: Config, meta: Mapping[str, Any]) -> str:
    told = (meta.get('dataset_meta') or {}).get('alignment')
    if told is None:
        leaf = next(leaf_settings(config['test_dataloader']['dataset']))
        kind = find_type(leaf.get('type'), DATASETS)
        told = getattr(kind, 'METAINFO', {}).get('alignment')
    return UNKNOWN if told is None else str(told)


def _is_grey(config: Config) -> bool:
    leaf = next(leaf_settings(config['test_dataloader']['dataset']))
    return bool(getattr(find_type(leaf.get('type'), DATASETS), 'GREY', False))


def is_synthetic(config: Config, meta: Mapping[str, Any]) -> bool:
    """Whether a network was trained on drawn faces."""
    parts = (meta.get(META_KEY) or {}).get('train', ())
    if parts:
        return any(part.get('dataset') == SYNTHETIC for part in parts)
    settings = (config.get('train_dataloader') or {}).get('dataset') or {}
    return any(
        type_name(leaf.get('type')) == SYNTHETIC
        for leaf in leaf_settings(settings)
    )


def _find_fingerprint(meta: Mapping[str, Any]) -> str | None:
    parts = (meta.get(META_KEY) or {}).get('train', ())
    found = [str(part['fingerprint']) for part in parts]
    return '+'.join(found) or None
