"""Files and folders that are written whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

NO_MODES = {errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
"""What chmod raises on file systems without permissions (FAT, SMB, FUSE)."""
NAME_PART = 40
"""Characters of the name that the temporary one takes: the system's limit is
one of both."""


@contextmanager
def atomic_write(path: Path, mode: int = 0o600) -> Iterator[BinaryIO]:
    """Write a file beside its place and rename it once it is complete.

    If the block raises, a file that was there is untouched and nothing else
    is left.

    Args:
        path: Of the file; its folder exists.
        mode: Permissions of the file, where the file system has them.

    Yields:
        A file to write to.

    Raises:
        OSError: It cannot be written.
    """
    with atomic_path(path, mode) as scratch, open(scratch, 'wb') as file:
        yield file


@contextmanager
def atomic_path(
    path: Path, mode: int = 0o600, suffix: str = ''
) -> Iterator[str]:
    """As :func:`atomic_write`, for what opens its file by name.

    Args:
        path: Of the file; its folder exists.
        mode: Permissions of the file.
        suffix: Of the temporary name, where the writer goes by it.

    Yields:
        Path of an empty file, to be written.

    Raises:
        OSError: It cannot be written.
    """
    handle, scratch = tempfile.mkstemp(
        dir=path.parent, prefix=path.name[:NAME_PART], suffix=suffix
    )
    os.close(handle)
    try:
        yield scratch
        _set_mode(scratch, mode)
        os.replace(scratch, path)
    except BaseException:  # what is interrupted leaves nothing either
        os.unlink(scratch)
        raise


@contextmanager
def atomic_folder(out: Path, mark: str) -> Iterator[Path]:
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


def _set_mode(path: str, mode: int) -> None:
    try:
        os.chmod(path, mode)
    except OSError as error:
        if error.errno not in NO_MODES:
            raise
