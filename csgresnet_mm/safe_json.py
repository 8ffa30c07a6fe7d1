"""JSON that strangers may have written: read, or a ValueError."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

MAX_BYTES = 2**26
"""Of a file that is read as a whole."""


def parse_json(text: str | bytes) -> Any:
    """Parse JSON.

    Raises:
        ValueError: It is none, or nested deeper than Python can follow, for
            which json raises RecursionError.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError(f'nested too deep: {error}') from error


def read_json(path: str | os.PathLike[str]) -> Any:
    """Read a JSON file.

    Raises:
        OSError: It cannot be read.
        ValueError: It is longer than :data:`MAX_BYTES`, or no JSON: naming
            the file.
    """
    with Path(path).open('rb') as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(
            f'{path}: {os.path.getsize(path)} bytes; JSON of at most '
            f'{MAX_BYTES} is expected'
        )
    try:
        return parse_json(data)
    except ValueError as error:
        raise ValueError(f'{path}: not JSON: {error}') from error
