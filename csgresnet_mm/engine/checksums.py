"""A checksum inside a checkpoint file, and what is wrong with a file.

The format of ``torch.save`` is a zip archive, and an archive ends with the
length of a comment and the comment. torch leaves it empty and reads past it;
here it holds the SHA-256 of all bytes before, so that the checksum is written,
renamed and copied with the file.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zipfile
import zlib
from pathlib import Path

MARK = b'sha256:'
COMMENT = len(MARK) + 64
"""Bytes of the comment: the mark and 64 hexadecimal digits."""

LENGTH = struct.pack('<H', COMMENT)
"""As which the comment's length is written."""

END = b'PK\x05\x06'
"""How an archive's last record begins, 22 bytes before its end."""

LEGACY = b'\x80\x02'
"""How files of torch before 1.6 begin, which are no archives."""

DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    LookupError,
    ValueError,
    RuntimeError,
)
"""What reading a damaged archive raises."""


def sign(content: bytes) -> bytes:
    """Content with its checksum, if it is an archive without a comment."""
    if content[-22:-18] != END or content[-2:] != b'\0\0':
        return content
    signed = memoryview(content)[:-2]  # a slice of bytes would be a copy
    digest = hashlib.sha256(signed).hexdigest()
    return b''.join((signed, LENGTH, MARK, digest.encode()))


def find_damage(path: str | Path) -> str | None:
    """What is wrong with a checkpoint file, or None.

    Without our checksum the archive's own are taken: a CRC-32 of each tensor,
    at which torch does not look when it loads. A file of torch before 1.6 has
    none and is not judged.

    Args:
        path: Of the file.
    """
    try:
        with open(path, 'rb') as stream:
            head = stream.read(len(LEGACY))
            signed = max(os.path.getsize(path) - COMMENT - len(LENGTH), 0)
            stream.seek(signed)
            tail = stream.read()
        if tail.startswith(LENGTH + MARK):
            fits = tail[-64:].decode() == _digest(path, signed)
            return None if fits else 'its checksum does not fit'
        return None if head == LEGACY else _check_records(path)
    except DAMAGES as error:
        return f'{type(error).__name__}: {error}'


def _digest(path: str | Path, size: int) -> str:
    """The SHA-256 of a file's first ``size`` bytes."""
    digest = hashlib.sha256()
    with open(path, 'rb') as stream:
        while size > 0 and (block := stream.read(min(size, 1 << 20))):
            digest.update(block)
            size -= len(block)
    return digest.hexdigest()


def _check_records(path: str | Path) -> str | None:
    with zipfile.ZipFile(path) as archive:
        for record in archive.infolist():
            if record.compress_type != zipfile.ZIP_STORED:
                return f'{record.filename} is compressed'
        if archive.comment.startswith(MARK):
            return 'its checksum is cut off'
        name = archive.testzip()
    return None if name is None else f'the checksum of {name} does not fit'
