"""AffectNet as first released: two CSV lists and whole photographs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import DatasetError, UnreadableImageError
from ..loading import LoadFace
from ..reading.checks import Review
from ..reading.columns import parse_whole
from ..reading.delimited import Row, read_rows
from ..reading.files import MAX_LINE, FolderIndex
from ..reading.layouts import Layout
from ..reading.report import ParseProblem, ReadReport
from ..reading.table import Table
from .annotations import (
    annotated,
    image_columns,
    is_plain_path,
    written_labels,
)
from .release_files import (
    BOX,
    COLUMNS,
    IMAGES,
    NEEDED,
    find_images,
    find_lists,
)

if TYPE_CHECKING:
    from .dataset import AffectNet

_PROBED = 16


# ---- reading ---------------------------------------------------------


def read_release(
    data: AffectNet, home: Path, split: str, report: ReadReport
) -> Table:
    """The images of a split's list.

    Raises:
        DatasetError: The split is not there, or see :func:`read_csv`.
    """
    path = data.choose(home, find_lists(home), split)
    table, images = read_csv(
        path, home, crop=data.crop, files=data.files, report=report
    )
    table = annotated(data, table, path, report)
    if data.crop:
        _check_boxes(images, table, data.files, report)
    report.where = f'{report.layout}: {path} with {images}'
    return table


def read_csv(
    path: Path,
    home: Path,
    *,
    crop: bool,
    files: FolderIndex,
    report: ReadReport,
) -> tuple[Table, str]:
    """The rows of ``training.csv`` or ``validation.csv``, and their images.

    The columns are found by the header's names; without a header, which is
    common for ``validation.csv``, by their published order. A box is given
    as left, top, width, height and becomes (left, top, right, bottom);
    a box that begins outside the image is cut to it at access.

    Args:
        path: The list.
        home: Holds the images, in a folder of the release.
        crop: Whether to read boxes.
        files: Remembers the list.
        report: Takes malformed rows.

    Returns:
        Rows with labels as written, and the folder of the images.

    Raises:
        DatasetError: The list is no such list, or no folder holds its
            images.
    """
    files.mark(path)
    listed, problems = _read_columns(path, report)
    review = Review(listed, report, problems)
    shown = listed.extra['image']
    labels = written_labels(review, 'expression', shown)
    review.drop(
        np.array([not is_plain_path(name) for name in shown], bool),
        'path escape',
        lambda row: f'{shown[row]!r} is no path below the folder of images',
    )
    box = listed.box
    if crop:
        box = _to_boxes(review, labels < 8)
    listed = review.done(label=labels, box=box, extra={'image': shown})
    if not len(listed):
        raise DatasetError(f'{path}: holds no rows of images')
    names = listed.extra['image']
    images = find_images(path, home, names[:1000])
    paths = [f'{images}/{name}' for name in names]
    return listed.replace(**image_columns(paths)), images


class _Places(NamedTuple):
    """Where the needed fields of a row are, and how many there are."""

    needed: tuple[int, ...]
    width: int


def _read_columns(
    path: Path, report: ReadReport
) -> tuple[Table, list[ParseProblem]]:
    """Image, label and box as they are written; the rest is not kept."""
    columns: list[list[str]] = [[] for _ in NEEDED]
    numbers: list[int] = []
    problems: list[ParseProblem] = []
    places: _Places | None = None
    for row in read_rows(path, _lines(path), report, len(NEEDED)):
        wrong = 'bad quotes', f'no CSV: {row.error}: {row.text[:60]!r}'
        if not row.error:
            if places is None:
                places, is_header = _find_places(path, row)
                if is_header:
                    continue
            if len(row.fields) == places.width:
                numbers.append(row.line)
                for column, place in zip(columns, places.needed, strict=True):
                    column.append(row.fields[place])
                continue
            wrong = (
                'wrong number of fields',
                f'{len(row.fields)} fields; expected {places.width}',
            )
        where = len(numbers), str(path), row.line
        problems.append(ParseProblem(*where, wrong[0], row.text, wrong[1]))
    if places is None:
        _find_places(path, Row(1, [''], ''))
    names = ('image', 'label', *BOX)
    table = Table.of(
        [''] * len(numbers),
        file=str(path),
        line=numbers,
        extra=dict(zip(names, columns, strict=True)),
    )
    return table, problems


def _lines(path: Path) -> Iterator[str]:
    """The lines of the 400 MB, as a stream."""
    number = 0
    with open(path, encoding='utf-8-sig') as file:
        try:
            while line := file.readline(MAX_LINE):
                number += 1
                if len(line) == MAX_LINE:
                    raise DatasetError(
                        f'{path}, line {number}: {MAX_LINE} characters or '
                        'more; expected a row'
                    )
                yield line
        except UnicodeDecodeError as error:
            raise DatasetError(
                f'{path}: not UTF-8 text after line {number} (byte '
                f'0x{error.object[error.start]:02x})'
            ) from error


def _find_places(path: Path, row: Row) -> tuple[_Places, bool]:
    """Where the fields are, and whether the first row says so.

    Raises:
        DatasetError: It is neither a header nor a row of the release.
    """
    fields = row.fields
    names = [field.lower() for field in fields]
    lower = [name.lower() for name in NEEDED]
    if set(lower) <= set(names):
        return _Places(tuple(map(names.index, lower)), len(fields)), True
    if (
        len(fields) == len(COLUMNS)
        and parse_whole(fields[COLUMNS.index('expression')]) is not None
        and is_plain_path(fields[0])
    ):
        return _Places(tuple(map(COLUMNS.index, NEEDED)), len(COLUMNS)), False
    text = ','.join(fields)
    raise DatasetError(
        f'{path}, line {row.line}: first row is {text[:80]!r}; expected the '
        f'header {",".join(COLUMNS)!r}, or a row of these {len(COLUMNS)} '
        'fields'
    )


# ---- boxes -----------------------------------------------------------


def _to_boxes(review: Review, faces: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Left, top, width, height to left, top, right, bottom.

    Args:
        review: Of the list, as it was read.
        faces: Mask of the rows whose box must be one: those of a class.
    """
    extra = review.table.extra
    written = np.array(
        [[_number(text) for text in extra[name]] for name in BOX], np.float64
    )
    written[:, ~np.isfinite(written).all(axis=0)] = np.nan
    left, top, width, height = written
    with np.errstate(over='ignore'):
        right, bottom = left + width, top + height
    good = (width > 0) & (height > 0) & (right > 0) & (bottom > 0)

    def message(row: int) -> str:
        box = ','.join(extra[name][row] for name in BOX)
        return (
            f'box {box!r} of {extra["image"][row]!r}; expected numbers '
            "'face_x,face_y,face_width,face_height' with a positive width "
            'and height'
        )

    review.drop(faces & ~good, 'bad box', message)
    box = np.stack([left, top, right, bottom], axis=1)
    box[~faces] = np.nan
    return box


def _number(text: str) -> float:
    try:
        return float(text.replace(',', '.'))
    except ValueError:
        return np.nan


def _check_boxes(
    images: str, table: Table, files: FolderIndex, report: ReadReport
) -> None:
    """Warn where boxes reach beyond images: those are cropped already."""
    step = max(1, len(table) // _PROBED)
    probed = table.take(slice(None, None, step)).take(slice(_PROBED))
    for path in probed.path:
        files.mark(path)
    beyond = [
        path
        for path, box in zip(probed.path, probed.box, strict=True)
        if _reaches_beyond(path, box)
    ]
    if 2 * len(beyond) > len(probed):
        report.warn(
            f'{images}: {len(beyond)} of {len(probed)} boxes looked at reach '
            f'beyond their image (first: {beyond[0]}); if the images are '
            'faces already, set crop=False'
        )


def _reaches_beyond(path: str, box: NDArray[np.float64]) -> bool:
    try:
        image = LoadFace().transform(dict(img_path=path))['img']
    except UnreadableImageError:  # an error when it is used
        return False
    height, width = image.shape[:2]
    return bool(box[2] > width or box[3] > height)


LAYOUT = Layout(
    'csv',
    lambda folder: bool(find_lists(folder)),
    ('training.csv', 'validation.csv', IMAGES),
    read_release,
)
