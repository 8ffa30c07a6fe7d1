"""Zip archives that cannot hold more than their own length."""

from __future__ import annotations

import os
import zipfile
from typing import IO


def require_stored(file: str | os.PathLike[str] | IO[bytes]) -> None:
    """Refuse an archive with a compressed member.

    What torch and this package write is never compressed, and what is can
    grow a thousandfold when it is read.

    Args:
        file: Path, or an open file, which is read from its beginning after.

    Raises:
        ValueError: A member is compressed.
        zipfile.BadZipFile: It is no archive.
    """
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            if member.compress_type != zipfile.ZIP_STORED:
                raise ValueError(
                    f'its member {member.filename!r:.80} is compressed; '
                    'plain ones are expected'
                )
    if not isinstance(file, (str, os.PathLike)):
        file.seek(0)
