"""The checkpoints that ``init_cfg`` names, and their parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mmengine.model import PretrainedInit
from mmengine.runner import CheckpointLoader
from torch import nn

from .unwrap import unwrap


def pretrained_entries(
    model: nn.Module,
) -> Iterator[tuple[str, nn.Module, Mapping[str, Any]]]:
    """(name, module, entry) of each ``init_cfg`` that names a checkpoint.

    Args:
        model: May be wrapped; its own name is empty.
    """
    for name, module in unwrap(model).named_modules():
        init_cfg = getattr(module, 'init_cfg', None)
        for entry in (
            init_cfg if isinstance(init_cfg, (list, tuple)) else [init_cfg]
        ):
            if isinstance(entry, Mapping) and entry.get('type') in (
                'Pretrained',
                PretrainedInit,
            ):
                yield name, module, entry


def load_part(
    prefix: str, filename: str, map_location: Any = None
) -> dict[str, Any]:
    """As MMEngine's own, which names no file where it finds nothing.

    Args:
        prefix: Of the keys, with or without a final dot.
        filename: Path or address.
        map_location: As in :func:`torch.load`.

    Returns:
        The weights, their keys without the prefix.

    Raises:
        ValueError: The checkpoint holds no such part, or no weights.
    """
    state = weights_of(
        CheckpointLoader.load_checkpoint(filename, map_location), filename
    )
    start = prefix if prefix.endswith('.') else f'{prefix}.'
    part = {
        key[len(start) :]: value
        for key, value in state.items()
        if key.startswith(start)
    }
    if not part:
        parts = sorted({str(key).partition('.')[0] for key in state})
        raise ValueError(
            f'checkpoint {filename}: no key begins with prefix={prefix!r}; '
            f'its keys begin with {", ".join(parts[:10]) or "nothing"}'
        )
    return part


def weights_of(checkpoint: dict[str, Any], filename: str) -> dict[str, Any]:
    """The weights of a checkpoint, which may be nothing else.

    Raises:
        ValueError: They are no dict.
    """
    state = checkpoint.get('state_dict', checkpoint)
    if not isinstance(state, dict):
        raise ValueError(
            f'state_dict of checkpoint {filename} is {type(state).__name__}; '
            'a dict of name to tensor is expected'
        )
    return state
