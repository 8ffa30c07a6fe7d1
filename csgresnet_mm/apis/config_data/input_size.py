"""The size of the images that a config's network is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SIZES = {
    'CenterCrop': 'crop_size',
    'RandomCrop': 'crop_size',
    'RandomResizedCrop': 'scale',
    'Resize': 'scale',
}
"""Transforms that leave one size, and the argument that tells it."""


def find_input_size(
    config: Mapping[str, Any], loader: str = 'test_dataloader'
) -> tuple[int, int] | None:
    """Read it from the last step of a pipeline that gives a size.

    Args:
        config: Of a run.
        loader: Whose data set's pipeline is read.

    Returns:
        Height and width; None where the pipeline tells none.
    """
    dataset = (config.get(loader) or {}).get('dataset') or {}
    while 'pipeline' not in dataset and dataset.get('dataset'):
        dataset = dataset['dataset']
    found = None
    for step in dataset.get('pipeline', ()):
        kind = step.get('type')
        name = kind if isinstance(kind, str) else getattr(kind, '__name__', '')
        key = _SIZES.get(name.rpartition('.')[2])
        value = step.get(key) if key and not step.get('keep_ratio') else None
        if isinstance(value, int):
            found = (value, value)
        elif value is not None:
            width, height = value
            found = (int(height), int(width))
    return found
