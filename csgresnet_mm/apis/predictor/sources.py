"""Pictures out of a file, a folder, a video or a camera."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from csgresnet_mm.apis.predictor.faces import Frame
from csgresnet_mm.apis.predictor.images import (
    SUFFIXES,
    ImageError,
    read_image,
)
from csgresnet_mm.apis.predictor.videos import (
    VIDEO_SUFFIXES,
    Pictures,
    open_video,
)


@dataclass(frozen=True)
class Source:
    """Where pictures come from.

    Args:
        kind: 'image', 'folder', 'video' or 'camera'.
        path: Of the file or folder; the camera's number.
    """

    kind: str
    path: str

    @property
    def is_stream(self) -> bool:
        """Whether the pictures follow each other in time."""
        return self.kind in ('video', 'camera')


def find_source(given: str | os.PathLike[str] | int) -> Source:
    """Tell what a path, or a camera's number, is.

    Args:
        given: Path of an image, a folder or a video; or 0, 1, ... ('0' as
            well, unless there is a file of this name) for a camera.

    Raises:
        FileNotFoundError: There is no such file.
    """
    text = str(given) if isinstance(given, int) else os.fspath(given)
    path = Path(text).expanduser()
    if path.is_dir():
        return Source('folder', str(path))
    if path.is_file():
        is_video = path.suffix.lower() in VIDEO_SUFFIXES
        return Source('video' if is_video else 'image', str(path))
    if text.isdecimal():
        return Source('camera', text)
    raise FileNotFoundError(
        f'{text}: no such file or folder, and no number of a camera'
    )


def list_images(folder: Path) -> list[Path]:
    """The image files below a folder, sorted.

    Raises:
        FileNotFoundError: There are none.
    """
    found = sorted(
        path
        for path in folder.rglob('*')
        if path.suffix.lower() in SUFFIXES and path.is_file()
    )
    if not found:
        raise FileNotFoundError(
            f'{folder}: no image files; these are read: '
            f'{" ".join(sorted(SUFFIXES))}'
        )
    return found


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
        with open_video(
            source.path, max_pixels, camera=source.kind == 'camera'
        ) as pictures:
            yield pictures
    elif source.kind == 'image':
        image = read_image(source.path, max_pixels)
        yield Pictures(iter([Frame(source.path, image)]), 1)
    else:
        paths = list_images(Path(source.path))
        yield Pictures((_read(path, max_pixels) for path in paths), len(paths))


def _read(path: Path, max_pixels: int) -> Frame:
    try:
        return Frame(str(path), read_image(path, max_pixels))
    except ImageError as error:
        return Frame(str(path), None, str(error))
