"""Predictions as JSON lines, CSV, annotated images or an annotated video."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from csgresnet_mm.apis.predictor.draw import annotate
from csgresnet_mm.apis.predictor.faces import Frame
from csgresnet_mm.printable import ESCAPED, to_bytes
from csgresnet_mm.whole_file import whole_file, whole_path

Writer = Callable[[Frame], None]
POINTS = ('left_eye', 'right_eye', 'nose', 'left_mouth', 'right_mouth')
BOX = ('left', 'top', 'right', 'bottom')


@contextmanager
def json_lines(path: Path) -> Iterator[Writer]:
    """A line a picture: ``{"image": ..., "faces": [...]}``.

    The file is there once all is written; so with the other writers.

    Args:
        path: To write.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path, 0o644) as file:

        def write(frame: Frame) -> None:
            line = json.dumps(frame.to_dict(), ensure_ascii=False)
            file.write(to_bytes(f'{line}\n'))

        yield write


@contextmanager
def csv_table(path: Path, classes: Sequence[str]) -> Iterator[Writer]:
    """A row a face; a picture without a face has none.

    A picture that could not be read has a row with its error alone.

    Args:
        path: To write.
        classes: A column of probabilities each.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    names = [f'{point}_{axis}' for point in POINTS for axis in 'xy']
    header = [
        'image',
        'face',
        'label',
        'detection_score',
        *BOX,
        *names,
        *classes,
    ]
    with whole_file(path, 0o644) as file:
        text = io.TextIOWrapper(
            file, 'utf-8', ESCAPED, newline='', write_through=True
        )
        table = csv.writer(text, lineterminator='\n')
        table.writerow([*header, 'error'])

        def write(frame: Frame) -> None:
            if frame.error:
                blank = [''] * (len(header) - 1)
                table.writerow([frame.name, *blank, frame.error])
            for number, face in enumerate(frame.faces):
                told = face.to_dict()
                points = np.ravel(told['landmarks'] or [[''] * 10]).tolist()
                values = told['probabilities'].values()
                score = (
                    ''
                    if told['detection_score'] is None
                    else told['detection_score']
                )
                row = [frame.name, number, face.label, score, *told['box']]
                table.writerow([*row, *points, *values, ''])

        yield write
        text.detach()


@contextmanager
def image_folder(folder: Path, root: Path, note: str = '') -> Iterator[Writer]:
    """An annotated picture a picture, of the same name, as JPEG or PNG.

    Args:
        folder: To write to.
        root: Folder of the source: the names below it are kept.
        note: See :func:`~.draw.annotate`.

    Raises:
        ValueError: ``folder`` is the folder of the source: it would write
            over the photographs.
    """
    # which two spellings of a name may be, where case does not count
    if folder.exists() and folder.samefile(root):
        raise ValueError(
            f'{folder} holds the photographs themselves: annotated ones go '
            'to another folder'
        )

    def write(frame: Frame) -> None:
        if frame.image is None:
            return
        path = folder / Path(frame.name).relative_to(root)
        png = path.suffix.lower() in ('.png', '.bmp', '.gif', '.ppm', '.pgm')
        if path.suffix.lower() not in ('.jpg', '.jpeg', '.png'):
            # a.bmp and a.jpg may lie side by side
            path = path.with_name(path.name + ('.png' if png else '.jpg'))
        save_image(path, annotate(frame.image, frame.faces, note))

    yield write


def save_image(path: Path, image: np.ndarray) -> None:
    """Write a picture, whole or not at all.

    Args:
        path: Ends in .png, else it becomes a JPEG.
        image: RGB, shape (height, width, 3), uint8.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = 'png' if path.suffix.lower() == '.png' else 'jpeg'
    with whole_file(path, 0o644) as file:
        Image.fromarray(image).save(file, kind, quality=92)


@contextmanager
def video_file(path: Path, fps: float, note: str = '') -> Iterator[Writer]:
    """An annotated video, MPEG-4 without sound.

    Its frame rate is constant: a picture stays until the time of the next,
    and of two within one frame the first is written.

    Args:
        path: Ends in .mp4.
        fps: Pictures in a second.
        note: See :func:`~.draw.annotate`.

    Raises:
        ValueError: Another ending, or the codec is missing.
        OSError: The video was not written.
    """
    if path.suffix.lower() != '.mp4':
        raise ValueError(f'{path}: an annotated video ends in .mp4')
    path.parent.mkdir(parents=True, exist_ok=True)
    drawing: cv2.VideoWriter | None = None
    written = 0
    shown = np.zeros(0)

    def write(frame: Frame) -> None:
        nonlocal drawing, written, shown
        if frame.image is None:
            return
        due = written if frame.time is None else round(frame.time * fps)
        if due < written:
            return
        drawn = annotate(frame.image, frame.faces, note)
        if drawing is None:
            size = (drawn.shape[1], drawn.shape[0])
            codec = cv2.VideoWriter.fourcc(*'mp4v')
            drawing = cv2.VideoWriter(scratch, codec, fps, size)
            if not drawing.isOpened():
                raise ValueError(f'{path}: OpenCV cannot write MPEG-4 here')
        drawn = cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR)
        for _ in range(due - written):
            drawing.write(shown if written else drawn)
        drawing.write(drawn)
        written, shown = due + 1, drawn

    with whole_path(path, 0o644, '.mp4') as scratch:
        try:
            yield write
        finally:
            if drawing is not None:
                drawing.release()
        if drawing is None:
            raise OSError(f'{path}: there was no picture to write')
