"""A file backend that never leaves half a file under a file's name."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
from pathlib import Path
from typing import BinaryIO

from mmengine.fileio import LocalBackend, register_backend
from mmengine.logging import print_log

from .checksums import sign

NAME = 'atomic'
"""Of the backend, in ``backend_args=dict(backend=...)``."""

NO_SYNC = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
"""What fsync raises where it does not exist, as on FUSE and SMB; any other
error means that the disk did not take the file."""


class AtomicBackend(LocalBackend):
    """Local files that are written beside their place and then renamed.

    A file has its old content or its new one at any time, whenever the
    process is killed or the disk is full. After a rename the content is on
    the disk, too, where the system can make sure of that: Windows, and file
    systems on FUSE or SMB, cannot for a folder. It is logged once, and costs
    nothing but a file's newest content, and that in a power failure. The
    temporary name is fixed, one a file: what a killed process left is
    overwritten by the next. A checkpoint gets a checksum, see
    :mod:`~csgresnet_mm.engine.checksums`.
    """

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Write a file.

        Args:
            obj: Its content.
            filepath: Its path; missing folders are made.

        Raises:
            OSError: It cannot be written, as on a full disk. A file that was
                there is untouched, and nothing else is left.
        """
        obj = sign(obj)
        path = Path(filepath)
        path.parent.mkdir(parents=True, exist_ok=True)
        # not atomic_write: it syncs nothing, and its temporary names differ
        temporary = path.with_name(f'.{path.name}.tmp')
        try:
            with open(temporary, 'wb') as stream:
                self._write(stream, obj)
                stream.flush()
                _sync_file(stream, path)
            self._rename(temporary, path)
        except OSError as error:
            with contextlib.suppress(OSError):  # the first one counts
                temporary.unlink()
            raise OSError(
                error.errno,
                f'{len(obj)} bytes could not be written, what was there is '
                f'kept: {error.strerror}',
                str(path),
            ) from error
        # From here on the new file is there, whatever becomes of its folder.
        _sync_folder(path.parent)

    def put_text(
        self, obj: str, filepath: str | Path, encoding: str = 'utf-8'
    ) -> None:
        """Write a file of text; see :meth:`put`."""
        self.put(obj.encode(encoding), filepath)

    def _write(self, stream: BinaryIO, obj: bytes) -> None:
        stream.write(obj)

    def _rename(self, temporary: Path, path: Path) -> None:
        os.replace(temporary, path)


def _sync_file(stream: BinaryIO, path: Path) -> None:
    try:
        os.fsync(stream.fileno())
    except OSError as error:
        if error.errno not in NO_SYNC:
            raise
        _warn_once(path.parent, str(error.strerror))


def _sync_folder(folder: Path) -> None:
    """Put a rename on the disk, where the system can."""
    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        _warn_once(folder, str(error.strerror))


@functools.cache
def _warn_once(folder: Path, reason: str) -> None:
    print_log(
        f'{folder}: its file system does not say when a file is on the disk '
        f'({reason}): what is saved there outlives a killed process, but '
        'the newest file perhaps no power failure',
        logger='current',
    )


register_backend(NAME, AtomicBackend)
