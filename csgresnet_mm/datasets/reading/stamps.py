"""What shows that a file or a folder is what it was when it was read."""

from __future__ import annotations

import hashlib
import os

Stamp = tuple[str, int, int, str, str]
"""Path, time of change in ns (-1: missing), size or number of names; a file's
number on its disk, or a hash of a folder's names; and the suffix of those
files in a folder that were read too: their times, sizes and numbers are in
the hash."""


def make_stamp(path: str, suffix: str = '') -> Stamp:
    """The stamp of what lies at a path now.

    A file that is overwritten in place changes its time or size, one that is
    put in its place its number too; neither changes the time of its folder.
    """
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return path, -1, 0, '', suffix
    if not os.path.isdir(path):
        number = str(status.st_ino)
        return path, status.st_mtime_ns, status.st_size, number, suffix
    names = os.listdir(path)  # its order changes with the folder only
    joined = '\0'.join(names).encode('utf-8', 'surrogateescape')
    summary = hashlib.blake2b(joined, digest_size=16)
    if suffix:
        summary.update(_stat_files(path, names, suffix))
    digest = summary.hexdigest()
    return path, status.st_mtime_ns, len(names), digest, suffix


def _stat_files(folder: str, names: list[str], suffix: str) -> bytes:
    """Times, sizes and numbers of many files: 3 us each."""
    numbers: list[int] = []
    for name in names:
        if name.endswith(suffix):
            try:
                status = os.stat(f'{folder}/{name}')
            except FileNotFoundError:  # taken away meanwhile, or a dead link
                numbers += (-1, 0, 0)
                continue
            numbers += (status.st_mtime_ns, status.st_size, status.st_ino)
    return ','.join(map(str, numbers)).encode()
