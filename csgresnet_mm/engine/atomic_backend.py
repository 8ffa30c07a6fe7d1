"""A file backend that never leaves half a file under a file's name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from mmengine.fileio import LocalBackend, register_backend

from .checksums import sign

NAME = 'atomic'
"""Of the backend, in ``backend_args=dict(backend=...)``."""


class AtomicBackend(LocalBackend):
    """Local files that are written beside their place and then renamed.

    A file has its old content or its new one at any time, whenever the
    process is killed or the disk is full, and after a rename the content is
    on the disk. The temporary name is fixed, one a file: what a killed
    process left is overwritten by the next. A checkpoint gets a checksum, see
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
        temporary = path.with_name(f'.{path.name}.tmp')
        try:
            with open(temporary, 'wb') as stream:
                self._write(stream, obj)
                stream.flush()
                os.fsync(stream.fileno())
            self._rename(temporary, path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise OSError(
                error.errno,
                f'{len(obj)} bytes could not be written, what was there is '
                f'kept: {error.strerror}',
                str(path),
            ) from error

    def put_text(
        self, obj: str, filepath: str | Path, encoding: str = 'utf-8'
    ) -> None:
        """Write a file of text; see :meth:`put`."""
        self.put(obj.encode(encoding), filepath)

    def _write(self, stream: BinaryIO, obj: bytes) -> None:
        stream.write(obj)

    def _rename(self, temporary: Path, path: Path) -> None:
        os.replace(temporary, path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


register_backend(NAME, AtomicBackend)
