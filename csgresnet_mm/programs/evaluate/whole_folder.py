"""Folders that are written whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_folder(out: Path, mark: str) -> Iterator[Path]:
    """Write a folder beside its place, and move it there once it is whole.

    Args:
        out: Of the folder; an earlier one is replaced.
        mark: A file that an earlier one has, by which it is known.

    Yields:
        An empty folder to write into.

    Raises:
        ValueError: Something else is there.
    """
    strange = out.exists() and not (
        out.is_dir() and ((out / mark).is_file() or not any(out.iterdir()))
    )
    if strange:
        raise ValueError(
            f'{out}: is there already and holds no {mark}; expected a new '
            'folder, or one that this tool wrote'
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=out.parent, prefix=f'.{out.name}-'))
    try:
        new, old = scratch / 'new', scratch / 'old'
        new.mkdir()
        yield new
        if out.exists():
            out.rename(old)
        new.rename(out)
    finally:
        shutil.rmtree(scratch)
