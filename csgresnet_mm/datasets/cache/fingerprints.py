"""Naming the data that a run was made on."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

from ..reading.table import Table


def fingerprint(
    table: Table,
    root: str,
    classes: Sequence[str],
    choices: Sequence[object],
) -> str:
    """A hash of names, sizes and labels, whatever the place and order.

    Args:
        table: The split as it was read.
        root: The folder of the data set; names are relative to it.
        classes: The native classes.
        choices: What else decides the split: the order of classes, the
            part that is split off.
    """
    folders: dict[str, str] = {}
    lines = []
    for path, size, label in zip(
        table.path, table.size.tolist(), table.label.tolist(), strict=True
    ):
        folder, name = os.path.split(path)
        if folder not in folders:
            folders[folder] = os.path.relpath(folder, root)
        lines.append(f'{folders[folder]}/{name}\0{size}\0{classes[label]}')
    lines.sort()
    text = '\n'.join([*map(str, choices), *lines])
    data = text.encode('utf-8', 'surrogateescape')
    return hashlib.blake2b(data, digest_size=16).hexdigest()
