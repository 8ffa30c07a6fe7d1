"""Predictions as JSON lines, CSV, annotated images or an annotated video."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from csgresnet_mm.apis.predictor.draw import annotate
from csgresnet_mm.apis.predictor.faces import Face, Frame
from csgresnet_mm.apis.predictor.file_kinds import OWN, try_head
from csgresnet_mm.atomic_write import atomic_path, atomic_write
from csgresnet_mm.printable import ESCAPED, to_bytes

Writer = Callable[[Frame], None]
Weights = tuple[str, str]
"""Name and SHA-256, see :func:`csgresnet_mm.weights.identify`."""
UNKNOWN = ('', '')
POINTS = ('left_eye', 'right_eye', 'nose', 'left_mouth', 'right_mouth')
BOX = ('left', 'top', 'right', 'bottom')


@contextmanager
def json_lines(path: Path, weights: Weights = UNKNOWN) -> Iterator[Writer]:
    """A line a picture: ``{"image": ..., "faces": [...], ...}``.

    The file is there once all is written; so with the other writers. Their
    fields are described in input_output.md beside this module.

    Args:
        path: To write.
        weights: What answers.
    """
    name, digest = weights
    signed = {'weights': name or None, 'weights_sha256': digest or None}
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path, 0o644) as file:

        def write(frame: Frame) -> None:
            fields = {**frame.to_dict(), **signed}
            line = json.dumps(fields, ensure_ascii=False)
            file.write(to_bytes(f'{line}\n'))

        yield write


@contextmanager
def csv_table(
    path: Path, classes: Sequence[str], weights: Weights = UNKNOWN
) -> Iterator[Writer]:
    """A row a face; a picture without a face has none.

    A picture that could not be read has a row with its error alone.

    Args:
        path: To write.
        classes: A column of probabilities each.
        weights: What answers.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    names = [f'{point}_{axis}' for point in POINTS for axis in 'xy']
    header = [
        *('image', 'frame', 'time'),
        *('face', 'track', 'label', 'probability', 'unsure'),
        'detection_score',
        *BOX,
        *names,
        *classes,
        *('weights', 'weights_sha256', 'error'),
    ]
    with atomic_write(path, 0o644) as file:
        text = io.TextIOWrapper(
            file, 'utf-8', ESCAPED, newline='', write_through=True
        )
        table = csv.writer(text, lineterminator='\n')
        table.writerow(header)

        def write(frame: Frame) -> None:
            values = frame.to_dict()
            place = [values[key] for key in ('image', 'frame', 'time')]
            if frame.error:
                blank = [''] * (len(header) - len(place) - 3)
                table.writerow([*place, *blank, *weights, frame.error])
            for number, face in enumerate(frame.faces):
                row = [*place, number, *_face_columns(face)]
                table.writerow([*row, *weights, ''])

        yield write
        text.detach()


def _face_columns(face: Face) -> Iterator[Any]:
    """From the track to the probabilities; None is written as ''."""
    values = face.to_dict()
    for key in ('track', 'label', 'probability'):
        yield values[key]
    yield '' if face.unsure is None else int(face.unsure)
    yield values['detection_score']
    yield from values['box']
    yield from np.ravel(values['landmarks'] or [[''] * 10]).tolist()
    yield from values['probabilities'].values()


@contextmanager
def image_folder(folder: Path, root: Path, note: str = '') -> Iterator[Writer]:
    """An annotated picture a picture, of the same name, as JPEG or PNG.

    Args:
        folder: To write to.
        root: Folder of the source: the names below it are kept.
        note: See :func:`~.draw.annotate`.

    Raises:
        ValueError: ``folder`` is the folder of the source, or has another
            picture of a name that is to be written: photographs would be
            lost.
    """
    written: set[Path] = set()
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
        if path in written:  # of 'a' and 'a.jpg'
            path = path.with_name(f'{path.stem}-{len(written)}{path.suffix}')
        if path.exists() and OWN.encode() not in try_head(path):
            raise ValueError(
                f'{path} is there, and not drawn by this program: annotated '
                'pictures go to a folder of their own'
            )
        written.add(path)
        save_image(path, annotate(frame.image, frame.faces, note))

    yield write


def save_image(path: Path, image: np.ndarray) -> None:
    """Write a picture, whole or not at all.

    Args:
        path: Ends in .png, else it becomes a JPEG.
        image: RGB, shape (height, width, 3), uint8.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(image)
    with atomic_write(path, 0o644) as file:
        if path.suffix.lower() == '.png':
            texts = PngInfo()
            texts.add_text('Software', OWN)
            picture.save(file, 'png', pnginfo=texts)
        else:
            picture.save(file, 'jpeg', quality=92, comment=OWN)


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

    with atomic_path(path, 0o644, '.mp4') as scratch:
        try:
            yield write
        finally:
            if drawing is not None:
                drawing.release()
        if drawing is None:
            raise OSError(f'{path}: there was no picture to write')
