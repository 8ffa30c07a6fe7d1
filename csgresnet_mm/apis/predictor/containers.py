"""Whether a video file is as long as it says."""

from __future__ import annotations

import os
from typing import BinaryIO

BOXES = (b'ftyp', b'moov', b'mdat', b'wide', b'free', b'skip')
"""What an MP4 or a QuickTime file begins with."""
EBML, SEGMENT = b'\x1a\x45\xdf\xa3', b'\x18\x53\x80\x67'
MOST_PARTS = 100_000


def find_container(path: str) -> str:
    """The container of a video file, by its first bytes.

    Args:
        path: Of the file.

    Returns:
        'avi', 'mp4' (QuickTime as well), 'mkv' (WebM as well), or '' for
        those that do not say how long they are.
    """
    with open(path, 'rb') as file:
        head = file.read(12)
    if head[:4] == b'RIFF' and head[8:] == b'AVI ':
        return 'avi'
    if head[4:8] in BOXES:
        return 'mp4'
    return 'mkv' if head[:4] == EBML else ''


def missing_bytes(path: str) -> int:
    """How many bytes were cut off a video file.

    Args:
        path: Of the file.

    Returns:
        By the sizes that the file's outermost parts give; 0 where nothing
        is missing or the container does not say.
    """
    read = {'avi': _end_of_avi, 'mp4': _end_of_mp4, 'mkv': _end_of_mkv}
    kind = find_container(path)
    if not kind:
        return 0
    size = os.path.getsize(path)
    with open(path, 'rb') as file:
        return max(0, read[kind](file) - size)


def _end_of_avi(file: BinaryIO) -> int:
    """A large file is several chunks in a row."""
    end = 0
    for _ in range(MOST_PARTS):
        file.seek(end + end % 2)
        head = file.read(8)
        length = int.from_bytes(head[4:], 'little')
        # where it could not be written in the end, it is one of these
        if head[:4] != b'RIFF' or length in (0, 0xFFFFFFFF):
            break
        end += end % 2 + 8 + length
    return end


def _end_of_mp4(file: BinaryIO) -> int:
    start = 0
    for _ in range(MOST_PARTS):
        file.seek(start)
        head = file.read(16)
        length, least = int.from_bytes(head[:4], 'big'), 8
        if length == 1:
            length, least = int.from_bytes(head[8:], 'big'), 16
        # 0: up to the end of the file; and what follows may be anything
        if length < least or not head[4:8].isalnum():
            break
        start += length
    return start


def _end_of_mkv(file: BinaryIO) -> int:
    file.seek(len(EBML))
    length = _ebml_size(file)
    file.seek(length or 0, os.SEEK_CUR)
    if length is None or file.read(4) != SEGMENT:
        return 0
    length = _ebml_size(file)
    return 0 if length is None else file.tell() + length


def _ebml_size(file: BinaryIO) -> int | None:
    """None: it was not known when the file was begun, as of a recording."""
    first = int.from_bytes(file.read(1), 'big')
    more = 8 - first.bit_length()
    if more == 8:
        return None
    bits = 7 * (more + 1)
    rest = int.from_bytes(file.read(more), 'big')
    value = (first << 8 * more | rest) & ((1 << bits) - 1)
    return None if value == (1 << bits) - 1 else value
