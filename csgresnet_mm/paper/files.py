"""Files of a run's folder that only this program knows, and writing them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from csgresnet_mm.atomic_write import atomic_write
from csgresnet_mm.printable import to_bytes

CONFIG, LOG = 'config.py', 'log.txt'


def lock_of(folder: Path) -> Path:
    """The file that is locked by who writes a run's folder; beside it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    return folder.with_name(f'.{folder.name}.lock')


def write_text(path: Path, text: str) -> None:
    """Write a file whole; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path, 0o644) as file:
        file.write(to_bytes(text))


def write_json(path: Path, value: Any) -> None:
    """Write JSON whole, ending in a newline."""
    write_text(path, json.dumps(value, indent=1) + '\n')
