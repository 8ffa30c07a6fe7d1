"""Which outputs were asked for, and that none of them costs a photograph."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from csgresnet_mm.apis.predictor.draw import annotate
from csgresnet_mm.apis.predictor.faces import Frame
from csgresnet_mm.apis.predictor.file_kinds import (
    PICTURES,
    VIDEOS,
    find_format,
    try_head,
)
from csgresnet_mm.apis.predictor.outputs import (
    Weights,
    Writer,
    csv_table,
    image_folder,
    json_lines,
    save_image,
    video_file,
)
from csgresnet_mm.apis.predictor.sources import Source


@dataclass(frozen=True)
class Outputs:
    """Files that are to be written.

    Args:
        jsonl: A line a picture.
        csv: A row a face.
        annotated: A picture, a video, or the folder of a folder's pictures.
    """

    jsonl: Path | None = None
    csv: Path | None = None
    annotated: Path | None = None

    def check(self, source: Source) -> None:
        """Refuse what would write over what is read, or over each other.

        Args:
            source: What is read.

        Raises:
            ValueError: An output is the source, a photograph or a video, a
                folder where a file is expected, or another output.
        """
        given = [path for path in (self.jsonl, self.csv) if path]
        for path in given:
            _check_text(path)
        if self.annotated:
            given.append(self.annotated)
        names = [os.path.realpath(path) for path in given]
        for path, name in zip(given, names, strict=True):
            if names.count(name) > 1:
                raise ValueError(f'{path} is named for two outputs')
            _check_source(path, source)
        if self.annotated:
            _check_annotated(self.annotated, source.kind == 'folder')

    def open(
        self,
        source: Source,
        fps: float | None,
        classes: Sequence[str],
        weights: Callable[[], Weights],
        note: str,
    ) -> Iterator[AbstractContextManager[Writer]]:
        """The writers.

        Args:
            source: What is read.
            fps: Pictures in a second of a video.
            classes: Of the network.
            weights: Tells what answers.
            note: See :func:`~.draw.annotate`.
        """
        if self.jsonl:
            yield json_lines(self.jsonl, weights())
        if self.csv:
            yield csv_table(self.csv, classes, weights())
        if not self.annotated:
            return
        if source.is_stream:
            yield video_file(self.annotated, fps or 0, note)
        elif source.kind == 'folder':
            yield image_folder(self.annotated, Path(source.path), note)
        else:
            yield _one_image(self.annotated, note)


def _check_text(path: Path) -> None:
    if path.is_dir():
        raise ValueError(f'{path} is a folder; expected the name of a file')
    kind = find_format(try_head(path))
    if kind in PICTURES or kind in VIDEOS:
        raise ValueError(f'{path} is there, and is {kind}: name another file')


def _check_source(path: Path, source: Source) -> None:
    if source.kind not in ('image', 'video') or not path.exists():
        return
    if path.samefile(source.path):
        kind = 'photo' if source.kind == 'image' else 'video'
        raise ValueError(f'{path} is the {kind} itself: name another file')


def _check_annotated(path: Path, is_folder: bool) -> None:
    if is_folder and path.exists() and not path.is_dir():
        raise ValueError(f'{path} is a file; expected a folder for pictures')
    if not is_folder and path.is_dir():
        raise ValueError(f'{path} is a folder; expected the name of a file')


@contextmanager
def _one_image(path: Path, note: str) -> Iterator[Writer]:
    if path.suffix.lower() not in ('.jpg', '.jpeg', '.png'):
        raise ValueError(f'{path}: an annotated picture ends in .jpg or .png')

    def write(frame: Frame) -> None:
        if frame.image is not None:
            save_image(path, annotate(frame.image, frame.faces, note))

    yield write
