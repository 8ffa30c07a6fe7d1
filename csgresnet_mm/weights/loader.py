"""Importing this module lets MMEngine load ``csgresnet://NAME``."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.runner import CheckpointLoader

from csgresnet_mm.safe_json import parse_json
from csgresnet_mm.safetensors_file import INFO_KEY, read_safetensors
from csgresnet_mm.weights import SCHEME, find_weights


@CheckpointLoader.register_scheme(prefixes=SCHEME, force=True)
def load_shipped(
    filename: str, map_location: str | torch.device | None = None
) -> dict[str, Any]:
    """Read weights that ship, as a checkpoint of MMEngine.

    Args:
        filename: ``csgresnet://NAME``.
        map_location: A device; None: the CPU.

    Returns:
        ``state_dict``, in float32, and ``meta`` with the names of the
        classes.

    Raises:
        ValueError: There are none of that name.
    """
    path = find_weights(filename.removeprefix(SCHEME))
    state, metadata = read_safetensors(path)
    classes = parse_json(metadata[INFO_KEY])['classes']
    return {
        'state_dict': {
            key: (value.float() if value.is_floating_point() else value).to(
                map_location or 'cpu'
            )
            for key, value in state.items()
        },
        'meta': {'dataset_meta': {'classes': tuple(classes)}},
    }
