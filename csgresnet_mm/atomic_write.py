"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
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


def _set_mode(path: str, mode: int) -> None:
    try:
        os.chmod(path, mode)
    except OSError as error:
        if error.errno not in NO_MODES:
            raise
