"""Pictures out of a file, a folder, a video, a camera or a stream."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from csgresnet_mm.apis.predictor.captures import check_address, find_scheme
from csgresnet_mm.apis.predictor.faces import Frame
from csgresnet_mm.apis.predictor.file_kinds import find_kind
from csgresnet_mm.apis.predictor.folders import list_photos
from csgresnet_mm.apis.predictor.images import ImageError, decode
from csgresnet_mm.apis.predictor.inputs import expand
from csgresnet_mm.apis.predictor.videos import Pictures, open_video

_DIGITS = 3
"""Of a camera's number, at most."""


@dataclass(frozen=True)
class Source:
    """Where pictures come from.

    Args:
        kind: 'image', 'folder', 'video', 'camera' or 'network'.
        path: Of the file or folder; the camera's number; the stream's
            address.
    """

    kind: str
    path: str

    @property
    def is_stream(self) -> bool:
        """Whether the pictures follow each other in time."""
        return self.kind in ('video', 'camera', 'network')


def find_source(
    given: str | os.PathLike[str] | int, allow_network: bool = False
) -> Source:
    """Tell what a path, an address or a camera's number is.

    Args:
        given: Path of an image, a folder or a video; or 0, 1, ... ('0' as
            well, unless there is a file of this name) for a camera; or the
            address of a stream.
        allow_network: Whether streams may be opened.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: A stream that is not allowed, or an unknown scheme.
        ImageError: A ValueError: it is a device, a socket or a pipe.
    """
    if isinstance(given, int):
        if given < 0:
            raise ValueError(f"a camera's number is {given}; expected 0, ...")
        return Source('camera', str(given))
    text = expand(given)
    if os.path.isdir(text):
        return Source('folder', text)
    if os.path.isfile(text):
        is_video = find_kind(text) == 'video'
        return Source('video' if is_video else 'image', text)
    if os.path.exists(text):
        raise ImageError(
            f'{text} is no file but a device, a socket or a pipe; a camera '
            'is given by its number'
        )
    if find_scheme(text):
        check_address(text, allow_network)
        return Source('network', text)
    if text.isdecimal() and len(text) <= _DIGITS:
        return Source('camera', text)
    raise FileNotFoundError(
        f'{text:.300}: no such file or folder, and no number of a camera'
    )


@contextmanager
def open_source(source: Source, max_pixels: int) -> Iterator[Pictures]:
    """Open a source, and close it after.

    An image alone that cannot be read raises; in a folder it is a Frame with
    its error, and the others follow.

    Args:
        source: From :func:`find_source`.
        max_pixels: Limit of each picture.

    Raises:
        ImageError: An image cannot be read, a video or camera not opened, or
            it is too large.
        FileNotFoundError: The folder holds no images.
    """
    if source.is_stream:
        with open_video(source.path, max_pixels, kind=source.kind) as pictures:
            yield pictures
    elif source.kind == 'image':
        found = decode(source.path, max_pixels)
        frame = Frame(source.path, found.pixels, note=found.note)
        yield Pictures(iter([frame]), 1)
    else:
        paths, left_out = list_photos(source.path)
        frames = (_read(path, max_pixels) for path in paths)
        yield Pictures(frames, len(paths), left_out=str(left_out))


def _read(path: Path, max_pixels: int) -> Frame:
    try:
        found = decode(path, max_pixels)
    except (ImageError, FileNotFoundError) as error:
        # which somebody may have deleted meanwhile
        return Frame(str(path), None, str(error))
    return Frame(str(path), found.pixels, note=found.note)
