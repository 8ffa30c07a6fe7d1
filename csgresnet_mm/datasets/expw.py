"""ExpW: faces of photographs found by searching the web."""

from __future__ import annotations

import math
import os
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from mmpretrain.registry import DATASETS
from numpy.typing import NDArray

from .base import FERDataset
from .base.arguments import check_label_base
from .errors import DatasetError
from .reading.checks import Review, boxes_with_area, images_present, sizes_of
from .reading.columns import (
    file_names,
    find_base,
    labels_from_zero,
    numbers,
    whole_numbers,
)
from .reading.files import FolderIndex, describe
from .reading.layouts import Layout
from .reading.lists import Form, read_list, require_rows
from .reading.report import ReadReport
from .reading.splits import choose_groups
from .reading.table import Table

DOCUMENTED = 'top left right bottom'
FORM = Form(
    ('image_name', 'face_id', *DOCUMENTED.split(), 'confidence', 'label'),
    separated=False,
)
_LISTS = ('label/label.lst', 'label.lst', 'label/label/label.lst')
_PHOTOGRAPHS = ('image/origin', 'origin')
_PACKED = re.compile(r'.*\.(7z|zip|rar|tar|gz|tgz)(\.[0-9]+)*')


def find_list(home: Path) -> Path | None:
    """``label.lst`` below a folder, if it is there."""
    paths = [home / name for name in _LISTS]
    return next((path for path in paths if path.is_file()), None)


def read_faces(
    path: Path, text: str, report: ReadReport, base: int | str = 'auto'
) -> Table:
    """Read the lines of ``label.lst``.

    Args:
        path: Named in errors.
        text: What it holds, with LF ends.
        report: Takes malformed lines.
        base: 0, 1 or 'auto': a list with a 0 counts from 0 (as published),
            one with a 7 from 1; both or neither is an error.

    Returns:
        Faces in the order of the file, without images; ``name`` is the
        photograph's and the face's, ``group`` the photograph's.

    Raises:
        DatasetError: The list holds no face, its base is not clear, its
            columns are in another order, or (``on_error='raise'``) a line
            is malformed.
    """
    listed = read_list(path, text, FORM)
    review = Review(listed.table, report, listed.problems)
    expected = f'; expected {FORM.shown()!r}'
    names = file_names(review, 'image_name')
    ids = whole_numbers(review, 'face_id', expected=expected)
    labels = whole_numbers(review, 'label', expected=expected)
    box = np.stack(
        [
            numbers(review, side, expected)
            for side in ('left', 'top', 'right', 'bottom')
        ],
        axis=1,
    )
    sure = numbers(review, 'confidence', expected)
    faces = review.done(
        name=[f'{n}/{i}' for n, i in zip(names, ids, strict=True)],
        group=names,
        label=labels,
        box=box,
        extra={'confidence': sure},
    )
    require_rows(path, listed, faces, FORM, report)
    _check_columns(path, faces.box)
    first = find_base(faces, 7, base, ' (as published)')
    review = Review(faces, report)
    labels = labels_from_zero(review, faces.group, 7, first)

    def show(row: int) -> str:
        left, top, right, bottom = faces.box[row]
        return f'top {top:g} left {left:g} right {right:g} bottom {bottom:g}'

    boxes_with_area(review, faces.box, faces.group, show)
    return review.done(label=labels)


def _check_columns(path: Path, box: NDArray[np.float64]) -> None:
    """Refuse a list whose boxes are faces in another order of columns only.

    A face is about as wide as high. Where that holds for most lines if the
    four columns are read as another usual order, and does not hold as they
    are documented, the crops would show no faces.

    Raises:
        DatasetError: It is so.
    """
    if len(box) < 10:
        return
    b, a, c, d = box.T  # the columns of the file are a, b, c, d
    readings = {
        f'"{DOCUMENTED}"': (c - b, d - a),
        '"left top right bottom" or "top left bottom right"': (c - a, d - b),
        '"left top width height"': (c, d),
    }
    shares = {}
    for order, (width, height) in readings.items():
        face = (np.minimum(width, height) > 0) & (height < 2 * width)
        shares[order] = float(np.mean(face & (width < 2 * height)))
    (_, documented), *others = shares.items()
    order, share = max(others, key=lambda item: item[1])
    if documented < 0.5 and share > 0.9:
        raise DatasetError(
            f'{path}: columns 3 to 6 are expected to be "{DOCUMENTED}", but '
            f'only {documented:.0%} of {len(box)} boxes would then have '
            f'the shape of a face; as {order} {share:.0%} would: another '
            'list, or an altered one'
        )


def _find_photographs(home: Path, files: FolderIndex) -> Path:
    """The folder of the photographs; ``origin`` may be in ``origin``."""
    above = [home.parent] if home.name in ('data', 'label') else []
    bases = [home, home / 'data', *above]
    folders = [base / name for base in bases for name in _PHOTOGRAPHS]
    for folder in folders:
        for place in (folder, folder / 'origin'):
            if files.images(place):
                return place
    places = dict.fromkeys(p for f in folders for p in (f.parent, f))
    packed = [
        str(place / name)
        for place in places
        for name in sorted(files.sizes(place))
        if _PACKED.fullmatch(name.lower())
    ]
    raise DatasetError(
        f'{home}: no photographs; expected image/origin/*.jpg, or '
        f'origin/*.jpg; it holds {describe(home)}'
        + (f'; not unpacked: {", ".join(packed)}' if packed else '')
    )


def _read(data: ExpW, home: Path, split: str, report: ReadReport) -> Table:
    """The faces of a split, of the one list of all."""
    path = find_list(home) or home / _LISTS[0]
    folder = _find_photographs(home, data.files)
    report.where = f'{path} with {folder}'
    faces = read_faces(path, data.files.text(path), report, data.label_base)
    in_test = _choose_test(data, path, split, faces.group.tolist())
    paths = [f'{folder}/{name}' for name in faces.group]
    faces = faces.replace(
        path=paths,
        size=sizes_of(paths, data.files.images),
        split=np.where(in_test, 'test', 'train'),
    )
    review = Review(faces, report)
    images_present(review, faces, faces.group)
    faces = review.done()
    data.check_counts('the list', faces, data.PUBLISHED['all'], report)
    faces = faces.take(_repeated(path, faces, data.drop_duplicates, report))
    low = data.min_confidence
    if low is not None:
        sure = faces.extra['confidence'] >= low
        report.note(
            f'{path}: min_confidence={low} leaves out '
            f'{(~sure).sum()} of {len(faces)} faces'
        )
        faces = faces.take(sure)
    return faces.take(faces.split == split)


def _choose_test(
    data: ExpW, path: Path, split: str, names: list[str]
) -> NDArray[np.bool_]:
    """Mask of the faces of test: whole photographs."""
    if split == 'val':
        raise DatasetError(
            f'{path}: ExpW has no validation split; set val_ratio (0.1, '
            'say) to split one off train'
        )
    if data.test_ratio == 0:
        if split == 'test':
            raise DatasetError(
                f"{path}: split='test' with test_ratio=0: all is train"
            )
        return np.zeros(len(names), bool)
    return np.array(choose_groups(names, data.test_ratio, data.seed), bool)


def _repeated(
    path: Path, faces: Table, drop: bool, report: ReadReport
) -> NDArray[np.bool_]:
    """Mask of the faces that are kept; warn of those listed twice."""
    everything = np.ones(len(faces), bool)
    same: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row, key in enumerate(
        zip(faces.group, *faces.box.T.tolist(), strict=True)
    ):
        same[key].append(row)
    repeated = [rows for rows in same.values() if len(rows) > 1]
    if not repeated:
        return everything
    unlike = [rows for rows in repeated if len(set(faces.label[rows])) > 1]
    once = everything.copy()
    for rows in repeated:
        once[rows[1:]] = False
    for rows in unlike:
        once[rows] = False
    count = (~once).sum()
    fate = (
        f'{count} lines are left out'
        if drop
        else f'all are kept; drop_duplicates=True leaves {count} lines out'
    )
    first, second = faces.line[repeated[0][:2]]
    report.warn(
        f'{path}: {len(repeated)} faces are listed more than once '
        f'(first: lines {first} and {second}), {len(unlike)} '
        f'of them with different labels; {fate}'
    )
    return once if drop else everything


@DATASETS.register_module()
class ExpW(FERDataset):
    """ExpW: 91,793 faces in photographs, 7 classes, no official split.

    As distributed, once the volumes ``origin.7z.001``, ... are unpacked
    (``data`` may be left out, as may ``label`` and ``image``)::

        data
        |-- label
        |   `-- label.lst      angry_actor_104.jpg 0 28 113 226 141 22.9 0
        `-- image
            `-- origin         angry_actor_104.jpg

    A line of the list is ``image_name face_id top left right bottom
    confidence label``. A photograph may hold several faces: each is a
    sample, whose ``box`` LoadFace crops with a margin, and whose ``group``
    is the photograph.

    There is no official split: test is a part of the photographs, chosen by
    their names and ``seed`` over the whole list, so that no photograph is on
    both sides and options that leave faces out move none across. ``val`` is
    split off the rest by ``val_ratio``, by photograph too. Figures are
    comparable only with the same ``test_ratio`` and ``seed``. That two files
    hold the same photograph is not seen here.

    Args:
        data_root: The folder of the data set.
        split: 'train', 'val' or 'test' (training, valid, ... are the same).
        test_ratio: Part of the faces that becomes test, in [0, 1).
        min_confidence: Faces that the detector gave less are left out. Its
            unit is the detector's own score (22.9, say), no probability.
        drop_duplicates: Leave out faces that are listed more than once: all
            but the first, or all of them where their labels differ. They
            are kept by default, and their number is logged.
        label_base: What the lowest label is in the list: 0 (as published),
            1 or 'auto'. A list with neither 0 nor 7 needs it.
        **kwargs: See :class:`FERDataset`.

    Raises: See :class:`FERDataset`.
    """

    METAINFO = {
        'classes': (
            'Angry',
            'Disgust',
            'Fear',
            'Happy',
            'Sad',
            'Surprise',
            'Neutral',
        ),
        'alignment': 'none',
    }
    PUBLISHED: ClassVar[Mapping[str, Sequence[int]]] = {
        'all': (3671, 3995, 1088, 30537, 10559, 7060, 34883)
    }
    OPTIONS = (
        'test_ratio',
        'min_confidence',
        'drop_duplicates',
        'label_base',
    )
    LAYOUTS = (
        Layout(
            'photographs',
            lambda folder: find_list(folder) is not None,
            ('label/label.lst', 'image/origin/*.jpg'),
            _read,
        ),
    )

    def __init__(
        self,
        data_root: str | os.PathLike[str],
        split: str = 'train',
        *,
        test_ratio: float = 0.1,
        min_confidence: float | None = None,
        drop_duplicates: bool = False,
        label_base: int | str = 'auto',
        **kwargs: Any,
    ) -> None:
        if not 0 <= test_ratio < 1:
            raise ValueError(f'test_ratio={test_ratio} is not in [0, 1)')
        if min_confidence is not None and not math.isfinite(min_confidence):
            raise ValueError(f'min_confidence={min_confidence} is no number')
        check_label_base(label_base)
        self.test_ratio = test_ratio
        self.min_confidence = min_confidence
        self.drop_duplicates = drop_duplicates
        self.label_base = label_base
        super().__init__(data_root, split, **kwargs)
