"""The published face boxes of RAF-DB's whole photographs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from .errors import DatasetError
from .raf_official import ListedImage
from .reading.files import FolderIndex, read_text, unnested, unpack_hint
from .reading.report import ReadReport

Box = tuple[float, float, float, float]


def read_boxes(
    home: Path,
    images: Sequence[ListedImage],
    problems: ReadReport,
    index: FolderIndex,
) -> dict[str, Box]:
    """Path of an image to its box; images without one are problems.

    ``Annotation/boundingbox/train_00001_boundingbox.txt`` holds one line
    ``left top right bottom`` in pixels. The publisher's own description was
    not at hand: public readers of the set agree on this, and a box whose
    right or bottom does not exceed its left or top is refused.

    Args:
        home: Holds Annotation.
        images: Whose boxes to read.
        problems: Takes missing and malformed boxes.
        index: Scans folders.

    Raises:
        DatasetError: There is no folder of boxes.
    """
    folder = unnested(unnested(home / 'Annotation') / 'boundingbox')
    if not folder.is_dir():
        raise DatasetError(
            f"{folder}: no such folder; alignment='original' needs it"
            + unpack_hint(home / 'Annotation', home)
        )
    present = index.sizes(str(folder))
    index.mark_files(folder, '_boundingbox.txt')
    boxes = {}
    for image in images:
        path = folder / f'{image.stem}_boundingbox.txt'
        if path.name not in present:
            problems.add(
                'missing box', f'{path}: missing, so {image.path} has no box'
            )
            continue
        text = read_text(path)
        box = parse_box(text)
        if box is None:
            problems.add(
                'bad box',
                f'{path}: found {text[:60]!r}; expected four numbers "left '
                'top right bottom" with left < right and top < bottom',
            )
            continue
        boxes[image.path] = box
    return boxes


def parse_box(text: str) -> Box | None:
    """The box of a file, or None if it holds something else."""
    fields = text.split()
    if len(fields) != 4:
        return None
    try:
        left, top, right, bottom = map(float, fields)
    except ValueError:
        return None
    whole = all(map(math.isfinite, (left, top, right, bottom)))
    if not whole or left >= right or top >= bottom:
        return None
    return left, top, right, bottom
