"""ExpW's list of faces: one face a line, eight fields, no header."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from .errors import DatasetError
from .reading.report import ReadReport

DOCUMENTED = 'top left right bottom'
FORM = f'image_name face_id {DOCUMENTED} confidence label'
_INTEGER = re.compile(r'[+-]?[0-9]{1,9}')
_NUMBER = re.compile(r'[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?')
_CONTROL = re.compile(r'[\x00-\x1f\x7f]')

Box = tuple[float, float, float, float]


class Face(NamedTuple):
    """A line of the list; ``label`` counts from 0 once it is returned.

    ``box`` is (left, top, right, bottom) in pixels: not the order of the
    file, which is top, left, right, bottom.
    """

    line: int
    name: str
    face_id: int
    box: Box
    confidence: float
    label: int


def read_faces(
    path: Path,
    text: str,
    problems: ReadReport,
    *,
    num_classes: int = 7,
    base: int | str = 'auto',
) -> list[Face]:
    """Read the lines of ``label.lst``.

    Args:
        path: Named in errors.
        text: What it holds, with LF ends.
        problems: Takes malformed lines.
        num_classes: Labels are base .. base + num_classes - 1.
        base: 0, 1 or 'auto': a list with a 0 counts from 0 (as published),
            one with ``num_classes`` from 1; both or neither is an error.

    Returns:
        Faces in the order of the file, labels from 0.

    Raises:
        DatasetError: The list holds no face, its base is not clear, its
            columns are in another order, or (``on_error='raise'``) a line
            is malformed.
    """
    faces = []
    blank = 0
    lines = text.removesuffix('\n').split('\n')
    for number, line in enumerate(lines, 1):
        if not line.strip():
            blank += 1
            continue
        face = _parse(path, number, line.split(), problems)
        if face is not None:
            faces.append(face)
    if not faces:
        raise DatasetError(f'{path}: holds no line "{FORM}"')
    if blank:
        problems.note(f'{path}: passed over {blank} blank lines')
    _check_columns(path, faces)
    faces = _rebase(path, faces, num_classes, base, problems)
    return [face for face in faces if _has_area(path, face, problems)]


def _parse(
    path: Path, number: int, fields: Sequence[str], problems: ReadReport
) -> Face | None:
    """Fields to a face, its label as written; None for a problem."""
    where = f'{path}, line {number}'
    if len(fields) != 8:
        problems.add(
            'wrong number of fields',
            f'{where}: {len(fields)} fields {" ".join(fields)!r}; expected '
            f'8: {FORM!r}',
        )
        return None
    name = fields[0]
    if '/' in name or '\\' in name or name in ('.', '..'):
        problems.add(
            'path escape',
            f'{where}: {name!r} is a path; a file name is expected',
        )
        return None
    if _CONTROL.search(name):
        problems.add('bad name', f'{where}: {name!r} is no file name')
        return None
    for what, field in (('face_id', fields[1]), ('label', fields[7])):
        if not _INTEGER.fullmatch(field):
            problems.add(
                f'{what} not an integer',
                f'{where}: {what} {field!r} is not an integer; expected '
                f'{FORM!r}',
            )
            return None
    numbers = [_number(field) for field in fields[2:7]]
    if None in numbers:
        bad = fields[2 + numbers.index(None)]
        problems.add(
            'not a number',
            f'{where}: {bad!r} is not a number; expected {FORM!r}',
        )
        return None
    top, left, right, bottom, confidence = (
        n for n in numbers if n is not None
    )
    box = (left, top, right, bottom)
    return Face(number, name, int(fields[1]), box, confidence, int(fields[7]))


def _number(field: str) -> float | None:
    value = float(field) if _NUMBER.fullmatch(field) else math.inf
    return value if math.isfinite(value) else None


# ---- the order of the columns ----------------------------------------


def _check_columns(path: Path, faces: Sequence[Face]) -> None:
    """Refuse a list whose boxes are faces in another order of columns only.

    A face is about as wide as high. Where that holds for most lines if the
    four columns are read as another usual order, and does not hold as they
    are documented, the crops would show no faces.

    Raises:
        DatasetError: It is so.
    """
    if len(faces) < 10:
        return
    columns = [
        (face.box[1], face.box[0], face.box[2], face.box[3]) for face in faces
    ]
    readings = {
        f'"{DOCUMENTED}"': [(c - b, d - a) for a, b, c, d in columns],
        '"left top right bottom" or "top left bottom right"': [
            (c - a, d - b) for a, b, c, d in columns
        ],
        '"left top width height"': [(c, d) for _, _, c, d in columns],
    }
    shares = {
        order: sum(map(_is_face, sizes)) / len(sizes)
        for order, sizes in readings.items()
    }
    (_, documented), *others = shares.items()
    order, share = max(others, key=lambda item: item[1])
    if documented < 0.5 and share > 0.9:
        raise DatasetError(
            f'{path}: columns 3 to 6 are expected to be "{DOCUMENTED}", but '
            f'only {documented:.0%} of {len(faces)} boxes would then have '
            f'the shape of a face; as {order} {share:.0%} would: another '
            'list, or an altered one'
        )


def _is_face(size: tuple[float, float]) -> bool:
    width, height = size
    return min(width, height) > 0 and 0.5 < width / height < 2


def _has_area(path: Path, face: Face, problems: ReadReport) -> bool:
    """Whether a box has an area, some of it at positive pixels."""
    left, top, right, bottom = face.box
    where = f'{path}, line {face.line}'
    found = f'top {top:g} left {left:g} right {right:g} bottom {bottom:g}'
    if left >= right or top >= bottom:
        problems.add(
            'bad box',
            f'{where}: box of {face.name!r} is {found}; expected left < '
            'right and top < bottom',
        )
        return False
    if right <= 0 or bottom <= 0:
        problems.add(
            'box outside the image',
            f'{where}: box of {face.name!r} is {found}: outside any image',
        )
        return False
    return True


# ---- labels ----------------------------------------------------------


def _rebase(
    path: Path,
    faces: Sequence[Face],
    num_classes: int,
    base: int | str,
    problems: ReadReport,
) -> list[Face]:
    """Labels from 0; those out of range become problems."""
    if base == 'auto':
        base = _find_base(path, faces, num_classes)
    first = int(base)
    last = first + num_classes - 1
    kept = []
    for face in faces:
        if first <= face.label <= last:
            kept.append(face._replace(label=face.label - first))
            continue
        problems.add(
            'label out of range',
            f'{path}, line {face.line}: label {face.label} of {face.name!r} '
            f'is outside {first}..{last}',
        )
    return kept


def _find_base(path: Path, faces: Sequence[Face], num_classes: int) -> int:
    """0 or 1, where the labels tell."""
    lines = {face.label: face.line for face in reversed(faces)}
    low, high = lines.get(0), lines.get(num_classes)
    if low is not None and high is not None:
        raise DatasetError(
            f'{path}: labels 0 (line {low}) and {num_classes} (line {high}) '
            'both occur, so it counts neither from 0 nor from 1; mend it, '
            'or set label_base=0 (as published)'
        )
    if low is None and high is None:
        raise DatasetError(
            f'{path}: neither label 0 nor {num_classes} occurs, so whether '
            'it counts from 0 or from 1 is ambiguous; set label_base=0 (as '
            'published) or label_base=1'
        )
    return 0 if high is None else 1
