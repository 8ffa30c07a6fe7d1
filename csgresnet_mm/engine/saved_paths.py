"""The paths that a checkpoint's message hub holds.

CheckpointHook deletes the file or the folder that ``best_ckpt`` names when
there is a better one, and the files of ``keep_ckpt_ids`` when there are more
than it keeps. A checkpoint from elsewhere could name anything there.
"""

from __future__ import annotations

import os
from typing import Any

PATHS = ('best_ckpt', 'last_ckpt')
"""Keys, or how they begin, of paths."""

NUMBERS = 'keep_ckpt_ids'
"""Key of the epochs whose checkpoints are kept."""


def localise_paths(message_hub: Any, folder: str) -> list[str]:
    """Move the hub's paths to a folder, by their last part.

    A best checkpoint keeps its path only if its name is one that
    CheckpointHook gives, 'best_...'.

    Args:
        message_hub: Of a checkpoint; changed.
        folder: Of the run's checkpoints.

    Returns:
        One line an entry that was dropped.

    Raises:
        ValueError: The hub is not MMEngine's.
    """
    info = (
        message_hub.get('runtime_info')
        if isinstance(message_hub, dict)
        else None
    )
    if not isinstance(info, dict):
        raise ValueError(
            f"message_hub['runtime_info'] of the checkpoint is "
            f'{type(info).__name__}; a dict is expected'
        )
    dropped = []
    for key in [key for key in info if str(key).startswith(PATHS)]:
        name = _last_part(info[key])
        is_best = str(key).startswith('best')
        if info[key] is None:
            continue
        if name and (not is_best or name.startswith('best_')):
            info[key] = os.path.join(folder, name)
        else:
            dropped.append(f'{key}={info.pop(key)!r}')
    numbers = info.get(NUMBERS, [])
    if not isinstance(numbers, list) or not all(
        type(number) is int for number in numbers
    ):
        dropped.append(f'{NUMBERS}={info.pop(NUMBERS)!r}')
    return dropped


def _last_part(path: Any) -> str:
    if not isinstance(path, str) or '\0' in path:
        return ''
    name = path.replace('\\', '/').rpartition('/')[2]
    return '' if name in ('.', '..') else name
