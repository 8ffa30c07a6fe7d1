"""The layout in which RAF-DB is distributed: EmoLabel, Image, Annotation."""

from __future__ import annotations

import math
import os
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DatasetError
from ..reading.checks import Review, each_once, images_present, sizes_of
from ..reading.files import (
    FolderIndex,
    describe,
    image_stem,
    list_files,
    read_text,
    unnested,
    unpack_hint,
)
from ..reading.label_list import read_label_list
from ..reading.names import find_split
from ..reading.report import ReadReport
from ..reading.table import Table
from .names import plain_stem, rafdb_split

if TYPE_CHECKING:
    from .dataset import RAFDB

OFFICIAL_LIST = 'list_patition_label.txt'
Box = tuple[float, float, float, float]


def is_official(folder: Path) -> bool:
    """Whether a folder looks like ``basic/``."""
    return not _is_part(folder, 'compound') and _has_lists(folder)


def is_compound(folder: Path) -> bool:
    """Whether a folder looks like ``compound/``."""
    return not _is_part(folder, 'basic') and _has_lists(folder)


def _is_part(folder: Path, part: str) -> bool:
    """Whether a folder's name says that it is one part of RAF-DB."""
    return bool(
        re.fullmatch(rf'(raf(-?db)?[-_ ]?)?{part}', folder.name.lower())
    )


def _has_lists(folder: Path) -> bool:
    images = unnested(folder / 'Image')
    return (folder / 'EmoLabel').is_dir() or any(
        (images / name).is_dir() for name in ('aligned', 'original')
    )


def read_official(
    data: RAFDB, home: Path, split: str, report: ReadReport
) -> Table:
    """The images of a split, of the first list that names some.

    Raises:
        DatasetError: No list has lines of this split, or see :class:`RAFDB`.
    """
    if split == 'val':
        raise data.no_val(home)
    folder = _find_image_folder(home, data.alignment)
    path, rows = _read_lists(data, home, split, report)
    table = _with_images(data, home, folder, rows, report)
    report.where = f'{path} with {folder}'
    data.look_for_copies(table.name, report)
    if data.alignment == 'original':
        table = _with_boxes(home, table, data.files, report)
    return table


# ---- lists -----------------------------------------------------------


def _read_lists(
    data: RAFDB, home: Path, split: str, report: ReadReport
) -> tuple[Path, Table]:
    """The first list with lines of a split, and these.

    Raises:
        DatasetError: There is none.
    """
    for path, file_split in _lists(data, home, split):
        rows = read_label_list(
            path,
            report,
            files=data.files,
            num_classes=len(data.native),
            base=data.label_base,
            hint=data.HINT,
        )
        rows = _with_splits(rows, file_split, report)
        rows = rows.take(rows.split == split)
        if len(rows):
            return path, rows
        report.note(f'{path}: no lines of the split {split!r}')
    labels = unnested(home / 'EmoLabel')
    holds = 'nothing: it does not exist'
    if labels.is_dir():
        holds = describe(labels) + unpack_hint(labels)
    raise DatasetError(
        f'{home}: no label list with lines of the split {split!r}; '
        f'expected EmoLabel/{OFFICIAL_LIST}, EmoLabel/{split}.txt or '
        f'label_file=; EmoLabel holds {holds}'
    )


def _lists(
    data: RAFDB, home: Path, split: str
) -> list[tuple[Path, str | None]]:
    """Lists to try in turn, each with the split it is of, if it is."""
    labels = unnested(home / 'EmoLabel')
    lists: list[tuple[Path, str | None]] = []
    if data.label_file is not None:
        name = Path(data.label_file).expanduser()
        places = (data.root, home, labels)
        paths = [place / name for place in places]
        path = next((path for path in paths if path.is_file()), None)
        if path is None:
            raise DatasetError(
                f'label_file={str(data.label_file)!r} does not exist, neither '
                f'itself nor in {", ".join(str(place) for place in places)}'
            )
        lists.append((path, None))
    official = labels / OFFICIAL_LIST
    if official.is_file():
        lists.append((official, None))
    elif labels.is_dir():
        lists += [
            (path, split)
            for path in list_files(labels, '.txt')
            if find_split(path.stem) == split
        ][:1]
    return lists


def _with_splits(
    rows: Table, file_split: str | None, report: ReadReport
) -> Table:
    """The prefix's split; a list of one split must not contradict it."""
    names = rows.extra['image']
    own = np.array(
        [rafdb_split(image_stem(os.path.basename(n))) or '' for n in names],
        object,
    )
    review = Review(rows, report)
    if file_split is None:
        review.drop(
            own == '',
            'no split',
            lambda row: (
                f'{names[row]!r} starts with neither train_ nor test_, so '
                'its split is unknown'
            ),
        )
        return review.done(split=own)
    review.drop(
        (own != '') & (own != file_split),
        'wrong split',
        lambda row: (
            f'{names[row]!r} is of {own[row]!r} by its prefix, the list is of '
            f'{file_split!r}'
        ),
    )
    return review.done(split=file_split)


# ---- images ----------------------------------------------------------


def _find_image_folder(home: Path, alignment: str) -> Path:
    """Image/original; or Image/aligned, else the one Image/aligned_N."""
    images = unnested(home / 'Image')
    folder = unnested(images / alignment)
    if folder.is_dir():
        return folder
    sized: list[Path] = []
    if alignment == 'aligned' and images.is_dir():
        sized = sorted(p for p in images.glob('aligned_*') if p.is_dir())
    if len(sized) == 1:
        return unnested(sized[0])
    if sized:
        raise DatasetError(
            f'{images}: several folders of aligned images: '
            f'{", ".join(path.name for path in sized)}; keep one'
        )
    holds = describe(images) if images.is_dir() else 'nothing'
    raise DatasetError(
        f'{folder}: no such folder; Image holds {holds}'
        + unpack_hint(images, home)
    )


def _with_images(
    data: RAFDB, home: Path, folder: Path, rows: Table, report: ReadReport
) -> Table:
    """Rows whose image exists, is not empty and is named once."""
    names = rows.extra['image']
    review = Review(rows, report)
    review.drop(
        np.array(
            ['..' in n.replace('\\', '/').split('/') for n in names], bool
        ),
        'path escape',
        lambda row: f'{names[row]!r} leaves the folder of the data set',
    )
    by_stem: dict[str, list[str]] = defaultdict(list)
    present = data.files.images(folder)
    for name in present:
        by_stem[plain_stem(image_stem(name))].append(name)

    def place(name: str) -> str:
        if '/' in name:
            return name if os.path.isabs(name) else str(home / name)
        if name in present:
            return f'{folder}/{name}'
        same = by_stem.get(plain_stem(image_stem(name)), [])
        if len(same) > 1:
            raise DatasetError(
                f'{folder}: {", ".join(sorted(same))} are all {name!r}'
            )
        return f'{folder}/{same[0] if same else name}'

    paths = [place(name) for name in names]
    stems = [plain_stem(image_stem(os.path.basename(p))) for p in paths]
    table = rows.replace(path=paths, size=sizes_of(paths, data.files.images))
    images_present(review, table, names)
    keys = [
        data.NAMES.key(stem) or path
        for stem, path in zip(stems, paths, strict=True)
    ]
    each_once(review, keys, {'label': rows.label}, names)
    review.flush()
    return table.replace(name=stems, extra={}).take(review.keep)


# ---- boxes -----------------------------------------------------------


def _with_boxes(
    home: Path, table: Table, files: FolderIndex, report: ReadReport
) -> Table:
    """The images with their published boxes; one without is a problem.

    ``Annotation/boundingbox/train_00001_boundingbox.txt`` holds one line
    ``left top right bottom`` in pixels. The publisher's own description was
    not at hand: public readers of the set agree on this, and a box whose
    right or bottom does not exceed its left or top is refused.

    Raises:
        DatasetError: There is no folder of boxes.
    """
    folder = unnested(unnested(home / 'Annotation') / 'boundingbox')
    if not folder.is_dir():
        raise DatasetError(
            f"{folder}: no such folder; alignment='original' needs it"
            + unpack_hint(home / 'Annotation', home)
        )
    present = files.sizes(folder)
    files.mark_files(folder, '_boundingbox.txt')
    paths = [folder / f'{stem}_boundingbox.txt' for stem in table.name]
    there = np.array([path.name in present for path in paths], bool)
    texts = [
        read_text(path) if here else ''
        for path, here in zip(paths, there.tolist(), strict=True)
    ]
    boxes = [parse_box(text) for text in texts]
    review = Review(table, report)
    review.drop(
        ~there,
        'missing box',
        lambda row: f'{paths[row]}: missing, so {table.path[row]} has no box',
    )
    review.drop(
        np.array([box is None for box in boxes], bool),
        'bad box',
        lambda row: (
            f'{paths[row]}: found {texts[row][:60]!r}; expected four numbers '
            '"left top right bottom" with left < right and top < bottom'
        ),
    )
    return review.done(box=[box or (np.nan,) * 4 for box in boxes])


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
