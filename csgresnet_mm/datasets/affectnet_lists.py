"""AffectNet's labels in lists: an image and a label a line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from .affectnet_entries import (
    CLASSES,
    LABELS,
    Entry,
    is_plain_path,
)
from .errors import DatasetError
from .names import find_class, find_split
from .reading.files import FolderIndex, list_files
from .reading.folders import find_split_folders
from .reading.label_list import read_label_list
from .reading.layouts import Layout
from .reading.report import ReadReport

_LIST = re.compile(r'([a-z_-]+)_annotations_([78])class\.txt')
_HINT = ' (8, 9 and 10 are None, Uncertain and No-Face)'


def find_class_lists(folder: Path) -> dict[str, dict[int, Path]]:
    """Split to number of classes to its list; val is 'val' still.

    Raises:
        DatasetError: Two lists are of the same split and number of classes.
    """
    found: dict[str, dict[int, Path]] = {}
    for split, home in find_split_folders(folder, _has_lists).items():
        for path in _lists_in(home):
            name = _LIST.fullmatch(path.name.lower())
            if name is None or find_split(name[1]) != split:
                continue
            own = found.setdefault(split, {})
            first = own.setdefault(int(name[2]), path)
            if first != path:
                raise DatasetError(
                    f'{folder}: {first} and {path} are both the list of '
                    f'{split!r} with {name[2]} classes'
                )
    return found


def _has_lists(folder: Path) -> bool:
    return bool(_lists_in(folder))


def _lists_in(folder: Path) -> list[Path]:
    if folder.name in ('images', 'annotations'):  # 290,000 names
        return []
    return [
        path
        for path in list_files(folder, '.txt')
        if _LIST.fullmatch(path.name.lower())
    ]


def read_class_list(
    lists: Mapping[int, Path],
    num_classes: int,
    label_base: int | str,
    files: FolderIndex,
    problems: ReadReport,
) -> tuple[Path, list[Entry]]:
    """The list read and its entries; images lie in ``images`` beside it.

    Args:
        lists: Number of classes to the list with so many.
        num_classes: 7 or 8. Without a list of 7, that of 8 is read.
        label_base: What the lowest label is: 0, 1 or 'auto'.
        files: Reads the list.
        problems: Takes malformed lines.

    Raises:
        DatasetError: 8 classes are asked for, and the list has 7.
    """
    path = lists.get(num_classes) or lists.get(8)
    if path is None:
        raise DatasetError(
            f'{lists[7]}: has no Contempt; num_classes=8 needs a list '
            '..._8class.txt'
        )
    rows = read_label_list(
        path,
        problems,
        num_classes=7 if path == lists.get(7) else 8,
        base=label_base,
        hint=_HINT,
        files=files,
    )
    images = f'{path.parent}/images'
    entries = []
    columns = zip(
        rows.extra['image'],
        rows.label.tolist(),
        rows.line.tolist(),
        strict=True,
    )
    for name, label, line in columns:
        if '/' in name or not is_plain_path(name):
            problems.add(
                'path escape',
                f'{path}, line {line}: {name!r} is a path; a file '
                f'name in {images} is expected',
            )
            continue
        entries.append(Entry(images, name, label, line))
    _compare_names(path, entries, problems)
    return path, entries


def _compare_names(
    path: Path, entries: Sequence[Entry], problems: ReadReport
) -> None:
    """Labels against names such as ``happy_0012.png``, where there are any.

    Raises:
        DatasetError: Most disagree: the labels are in another order.
    """
    named = [
        (entry, label)
        for entry in entries
        if (label := find_class(entry.name.partition('_')[0], CLASSES))
        is not None
    ]
    other = [(entry, label) for entry, label in named if entry.label != label]
    if not other:
        return
    entry, label = other[0]
    text = (
        f'{path}: {len(other)} of {len(named)} images that are named after '
        f'a class are listed as another (first: line {entry.line}, '
        f'{entry.name!r} with label {entry.label}, {LABELS[entry.label]})'
    )
    if 2 * len(other) > len(named):
        raise DatasetError(
            f'{text}: its labels are not in the order {", ".join(CLASSES)}'
        )
    problems.warn(text)


LAYOUT = Layout(
    'lists',
    lambda folder: bool(find_class_lists(folder)),
    (
        'train_set/train_annotations_?class.txt',
        'valid_set/valid_annotations_?class.txt',
    ),
)
