"""Finding the newest whole checkpoint of a run."""

from __future__ import annotations

import re
from pathlib import Path

from .checksums import find_damage

POINTER = 'last_checkpoint'
"""Name of the file in which MMEngine keeps the newest checkpoint's path."""


def find_newest(
    folder: str | Path, pattern: str, pointer: str | Path
) -> tuple[Path | None, list[str]]:
    """The checkpoint to resume from, and what is wrong with newer ones.

    The one that the pointer names comes first, then the others by the time
    at which they were written (FAT knows it to two seconds: of one time, by
    their numbers). The pointer is a hint: it may be torn, or
    name the folder's former place, so only its last part counts.

    Args:
        folder: Of the checkpoints.
        pattern: Of their names, as ``'epoch_*.pth'``.
        pointer: Path of MMEngine's ``last_checkpoint``.

    Returns:
        The path, or None if there is no checkpoint; one line a file that was
        passed over.

    Raises:
        ValueError: There are checkpoints, and all are damaged.
        FileNotFoundError: There are none, and the pointer names one.
    """
    files = sorted(
        Path(folder).glob(pattern),
        key=lambda path: (path.stat().st_mtime_ns, _numbers(path.name)),
        reverse=True,
    )
    named = _read_pointer(Path(pointer))
    files.sort(key=lambda path: path.name != named)
    damages = []
    for path in files:
        damage = find_damage(path)
        if damage is None:
            return path, damages
        damages.append(f'{path} is damaged ({damage})')
    if damages:
        raise ValueError(
            f'there is no whole checkpoint to resume from: '
            f'{"; ".join(damages)}. Delete them to start anew'
        )
    if named:
        raise FileNotFoundError(
            f'{pointer} names {named}, but {folder} has no {pattern}. Delete '
            'it to start anew'
        )
    return None, damages


def _numbers(name: str) -> list[int]:
    return [int(number) for number in re.findall(r'\d+', name)]


def _read_pointer(path: Path) -> str:
    if not path.is_file():
        return ''
    text = path.read_text('utf-8', errors='replace').strip()
    return text.replace('\\', '/').rpartition('/')[2]
