"""The size of the images that a config's network is given."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from csgresnet_mm.apis.config_reading import type_name

LOADER = 'test_dataloader'
LONGEST = 2**20
"""Characters of a config that is read."""
_SIZES = {
    'CenterCrop': 'crop_size',
    'RandomCrop': 'crop_size',
    'RandomResizedCrop': 'scale',
    'Resize': 'scale',
}
"""Transforms that leave one size, and the argument that has it."""


def find_input_size(config: Mapping[str, Any]) -> tuple[int, int] | None:
    """Read it from the last step of the test pipeline that gives a size.

    Args:
        config: Of a run.

    Returns:
        Height and width; None where the pipeline names none.
    """
    dataset = (config.get(LOADER) or {}).get('dataset') or {}
    while 'pipeline' not in dataset and dataset.get('dataset'):
        dataset = dataset['dataset']
    found = None
    for step in dataset.get('pipeline', ()):
        key = _SIZES.get(type_name(step.get('type')))
        value = step.get(key) if key and not step.get('keep_ratio') else None
        if isinstance(value, int):
            found = (value, value)
        elif value is not None:
            width, height = value
            found = (int(height), int(width))
    return found


def check_input_size(
    config: Mapping[str, Any], meta: Mapping[str, Any], source: str
) -> None:
    """Refuse a checkpoint of images of another size than the config's.

    Args:
        config: That it is used with.
        meta: Of the checkpoint, where MMEngine keeps the text of its config,
            which is read as data, never run.
        source: Of the checkpoint, for the error.

    Raises:
        ValueError: The sizes differ: naming both.
    """
    text = meta.get('cfg')
    before = _size_in_text(text) if isinstance(text, str) else None
    now = find_input_size(config)
    if before is None or now is None or before == now:
        return
    raise ValueError(
        f'{source} was made with a config whose test images are '
        f'{before[0]}x{before[1]}; those of this config are {now[0]}x{now[1]}:'
        ' expected the config of its run'
    )


def _size_in_text(text: str) -> tuple[int, int] | None:
    """None also where the text is no dumped config, whatever it is."""
    if len(text) > LONGEST:
        return None
    try:
        for part in ast.parse(text).body:
            if (
                isinstance(part, ast.Assign)
                and isinstance(part.targets[0], ast.Name)
                and part.targets[0].id == LOADER
            ):
                return find_input_size({LOADER: _as_data(part.value)})
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return None  # not a dumped config: then nothing is known of it
    return None


def _as_data(node: ast.expr) -> Any:
    """Literals, and ``dict(...)``, as MMEngine writes them."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id != 'dict' or node.args:
            raise ValueError(f'{node.func.id}(...) is no data')
        return {str(k.arg): _as_data(k.value) for k in node.keywords}
    if isinstance(node, (ast.List, ast.Tuple)):
        return [_as_data(part) for part in node.elts]
    if isinstance(node, ast.Dict):
        return None  # what is no identifier is no part of a pipeline
    return ast.literal_eval(node)
