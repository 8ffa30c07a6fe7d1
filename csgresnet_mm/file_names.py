"""Which files are pictures, and which are none of the data's."""

from __future__ import annotations

import os

IMAGE_SUFFIXES = (
    '.apng',
    '.avif',
    '.avifs',
    '.bmp',
    '.dib',
    '.gif',
    '.j2c',
    '.j2k',
    '.jfif',
    '.jp2',
    '.jpc',
    '.jpe',
    '.jpeg',
    '.jpf',
    '.jpg',
    '.jpx',
    '.mpo',
    '.pbm',
    '.pgm',
    '.png',
    '.pnm',
    '.ppm',
    '.ras',
    '.sr',
    '.tif',
    '.tiff',
    '.webp',
)
"""Of the 8-bit pictures that both OpenCV and Pillow read."""
_LITTER = frozenset(
    (
        'desktop.ini',
        'ehthumbs.db',
        'icon\r',
        'lost+found',
        'system volume information',
        'thumbs.db',
    )
)
"""What systems put into folders without a mark in front, in lower case."""


def image_stem(name: str) -> str:
    """File name without a known image suffix (any case)."""
    stem, suffix = os.path.splitext(name)
    return stem if suffix.lower() in IMAGE_SUFFIXES else name


def is_hidden(name: str) -> bool:
    """Whether a file or folder is a system's or a tool's, never the data's.

    The one judge of that for all readers.

    >>> [is_hidden(name) for name in ('.ipynb_checkpoints', '__MACOSX')]
    [True, True]
    >>> [is_hidden(name) for name in ('@eaDir', 'Thumbs.db', 'happy')]
    [True, True, False]
    """
    return (
        name.startswith(('.', '__', '@', '#', '$', '~'))
        or name.lower() in _LITTER
    )
