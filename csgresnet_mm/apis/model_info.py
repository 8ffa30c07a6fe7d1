"""What somebody who has a network alone must know to use it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import ge
from typing import Any, get_args

import cv2
import numpy as np

from csgresnet_mm.safe_json import parse_json

UNKNOWN = 'unknown'
"""The alignment where neither checkpoint nor data set names it."""
CHANNEL_ORDERS = ('rgb', 'bgr', 'grey')
INTERPOLATIONS: Mapping[str, int] = {
    'nearest': cv2.INTER_NEAREST,
    'bilinear': cv2.INTER_LINEAR,
    'bicubic': cv2.INTER_CUBIC,
    'area': cv2.INTER_AREA,
    'lanczos': cv2.INTER_LANCZOS4,
}
"""MMCV's names; how a picture is resized."""
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
        interpolation: How it is resized, one of :data:`INTERPOLATIONS`.
        alignment: How the faces of its data are aligned, or 'unknown'.
        synthetic: Whether it was trained on drawn faces: no use on photos.
        fingerprint: Of the training data; None where it is not known.
        config: JSON of the model's config, see
            :func:`~csgresnet_mm.apis.safe_config.build_safely`. It is data,
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
            'interpolation': (
                self.interpolation in INTERPOLATIONS,
                f'one of {", ".join(INTERPOLATIONS)}',
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


def fixed_input(info: ModelInfo, batch: int = 1, seed: int = 0) -> np.ndarray:
    """The same normalised noise on every machine.

    Args:
        info: Of the network.
        batch: Number of images.
        seed: Chooses among inputs.

    Returns:
        Shape (batch, channels, *input_size), float32, values of pixels.
    """
    shape = (batch, len(info.mean), *info.input_size)
    index = np.arange(np.prod(shape), dtype=np.int64) + seed * 7919
    # numbers below 2**53: float64 holds each exactly
    pixels = (index * 1103515245 + 12345) % 2147483647 % 256
    mean, std = (
        np.array(values, np.float64)[:, None, None]
        for values in (info.mean, info.std)
    )
    return ((pixels.reshape(shape) - mean) / std).astype(np.float32)


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
