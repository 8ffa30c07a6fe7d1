"""A file's weights, each of which a network takes once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from csgresnet_mm.apis.predictor.folding import fold_norm
from csgresnet_mm.weight_faults import (
    listed,
    missing,
    unexpected,
    wrong_shape,
)

ANGLE_TOLERANCE = 1e-2
"""Radians, as in :mod:`csgresnet_mm.functional`: halves round them."""


class TakenWeights:
    """Gives weights away until none is left.

    Args:
        state: Weights by name, as in the file.
    """

    def __init__(self, state: Mapping[str, np.ndarray]) -> None:
        self._state = dict(state)

    def take(
        self, key: str, shape: tuple[int, ...], kind: type = np.float32
    ) -> np.ndarray:
        """Take a weight.

        Args:
            key: Its name.
            shape: That it must have.
            kind: Of the numbers that are given.

        Raises:
            ValueError: It is not there, or has another shape.
        """
        if key not in self._state:
            raise ValueError(missing(key))
        value = self._state.pop(key)
        if value.shape != shape:
            raise ValueError(wrong_shape(key, value.shape, shape))
        return np.array(value, kind, order='C')

    def take_norm(
        self, name: str, channels: int, eps: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Take a batch norm, as the scale and bias that it comes to.

        Args:
            name: Of the norm.
            channels: How many it has.
            eps: Added to its variance.

        Returns:
            Two arrays of shape (channels,).
        """
        mean, variance, weight, bias = (
            self.take(f'{name}.{part}', (channels,))
            for part in ('running_mean', 'running_var', 'weight', 'bias')
        )
        self._state.pop(f'{name}.num_batches_tracked', None)
        return fold_norm(mean, variance, weight, bias, eps)

    def check_angles(self, expected: Sequence[float]) -> None:
        """Take the angles of the orientations.

        Raises:
            ValueError: They are not those of the config.
        """
        key = 'backbone.orientations'
        found = self.take(key, (len(expected),), np.float64)
        for one, other in zip(found, expected, strict=True):
            most = max(ANGLE_TOLERANCE, abs(other) * 2**-8)
            if not abs(one - other) <= most:
                raise ValueError(
                    f'{key}: the file was made with the angles '
                    f'{tuple(found)}, its config has {expected} (radians)'
                )

    def check_rest(self) -> None:
        """Refuse a file whose weights were not all taken.

        Raises:
            ValueError: Naming the first.
        """
        if self._state:
            extra = [unexpected(key) for key in sorted(self._state)]
            raise ValueError(listed(extra, '; '))
