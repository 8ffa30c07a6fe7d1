"""Hashes of images' contents, kept by ``tools/check_dataset.py``.

Reading every image of a data set takes minutes, so a training run does not:
its fingerprint takes the hashes from here, where the files are still those
that were read. The hashes of one root lie in one zip of plain arrays, never a
pickle; one that is damaged counts as none.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from csgresnet_mm.atomic_write import atomic_write
from csgresnet_mm.stored_zip import require_stored

from ..errors import note
from .archive import DAMAGED
from .index import cache_folder

DIGEST_BYTES = 16
_UTF8 = ('utf-8', 'surrogateescape')


class FileHash(NamedTuple):
    """What a file was when it was read.

    ``mtime_ns`` is its time of change; ``digest`` is BLAKE2b of its bytes,
    :data:`DIGEST_BYTES` long.
    """

    size: int
    mtime_ns: int
    digest: bytes


def content_digest(data: bytes | memoryview) -> bytes:
    """BLAKE2b of the bytes of a file, :data:`DIGEST_BYTES` long."""
    return hashlib.blake2b(data, digest_size=DIGEST_BYTES).digest()


def hash_file(path: str | os.PathLike[str]) -> FileHash:
    """Read a file of any size and hash it.

    Raises:
        OSError: It cannot be read.
    """
    summary = hashlib.blake2b(digest_size=DIGEST_BYTES)
    with open(path, 'rb') as file:
        status = os.fstat(file.fileno())
        while block := file.read(1 << 20):
            summary.update(block)
    return FileHash(status.st_size, status.st_mtime_ns, summary.digest())


def find_content_hashes(
    root: str | os.PathLike[str], paths: Iterable[str]
) -> list[bytes] | None:
    """The digests of files, if every one is known and unchanged.

    Args:
        root: The data set's root, as it was given to
            :func:`keep_content_hashes`.
        paths: Of files.

    Returns:
        A digest a path, in their order; None if one was never read, or has
        another size or time of change than then.
    """
    known = read_content_hashes(root)
    digests: list[bytes] = []
    for path in paths if known else ():
        item = known.get(os.path.abspath(path))
        if item is None or item[:2] != _stamp(path):
            return None
        digests.append(item.digest)
    return digests if known else None


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def keep_content_hashes(
    root: str | os.PathLike[str], found: Mapping[str, FileHash]
) -> None:
    """Add to what is known of the files below a root.

    A cache that cannot be written is logged only.

    Args:
        root: The data set's root.
        found: Path to what its file is.
    """
    known = read_content_hashes(root)
    known.update((os.path.abspath(path), item) for path, item in found.items())
    path = _cache_file(root)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as file:
            _write(file, known)
    except OSError as error:
        note(f'{path}: the content hashes cannot be kept: {error}')


def read_content_hashes(
    root: str | os.PathLike[str],
) -> dict[str, FileHash]:
    """All that is known of the files below a root: absolute path to hash."""
    path = _cache_file(root)
    if not os.path.isfile(path):  # nor where nobody may look
        return {}
    try:
        require_stored(path)
        with open(path, 'rb') as file:
            with np.load(file, allow_pickle=False) as arrays:
                return _unpack(arrays)
    except DAMAGED as error:
        note(f'{path}: unreadable content hashes, not used: {error}')
        return {}


def _cache_file(root: str | os.PathLike[str]) -> Path:
    absolute = os.path.abspath(os.path.expanduser(root))
    name = content_digest(absolute.encode(*_UTF8)).hex()
    return Path(cache_folder(), f'content-{name}.npz')


def _write(file: BinaryIO, known: Mapping[str, FileHash]) -> None:
    joined = '\0'.join(known).encode(*_UTF8)
    stamps = [item[:2] for item in known.values()]
    digests = b''.join(item.digest for item in known.values())
    np.savez(
        file,
        paths=np.frombuffer(joined, np.uint8),
        stamps=np.array(stamps, np.int64).reshape(-1, 2),
        digests=np.frombuffer(digests, np.uint8),
    )


def _unpack(arrays: Mapping[str, np.ndarray]) -> dict[str, FileHash]:
    joined = arrays['paths'].tobytes().decode(*_UTF8)
    paths = joined.split('\0') if joined else []
    stamps = arrays['stamps'].tolist()
    digests = arrays['digests'].tobytes()
    if len(stamps) != len(paths) or len(digests) != DIGEST_BYTES * len(paths):
        raise ValueError(
            f'{len(paths)} paths, {len(stamps)} stamps, {len(digests)} bytes '
            'of digests'
        )
    return {
        path: FileHash(
            size,
            mtime,
            digests[number * DIGEST_BYTES : (number + 1) * DIGEST_BYTES],
        )
        for number, (path, (size, mtime)) in enumerate(
            zip(paths, stamps, strict=True)
        )
    }
