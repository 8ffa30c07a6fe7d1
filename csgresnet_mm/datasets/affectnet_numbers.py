"""AffectNet's labels as ``number,exp,valence,arousal``, without landmarks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .affectnet_entries import Entry
from .affectnet_npy import images_by_stem
from .errors import DatasetError
from .names import find_split
from .reading.files import FolderIndex, image_stem, list_files
from .reading.folders import find_split_folders
from .reading.layouts import Layout
from .reading.report import ReadReport
from .reading.tables import (
    Row,
    find_columns,
    good_rows,
    parse_whole,
    read_rows,
    text_lines,
)

_MIDDLE = '_annotation'
"""Of ``train_set_annotation_without_lnd.csv``, behind its split."""


def find_lists(home: Path) -> dict[str, tuple[Path, Path]]:
    """Split to its list and the folder of its images; val is 'val' still.

    The list lies beside the split's folder, or in it.

    Raises:
        DatasetError: A split has two lists.
    """
    if home.name in ('images', 'annotations'):  # 290,000 names
        return {}
    splits = find_split_folders(home, _has_images)
    splits.pop('', None)
    found: dict[str, tuple[Path, Path]] = {}
    for split, folder in splits.items():
        lists = [
            path
            for place in dict.fromkeys((home, folder))
            for path in list_files(place, '.csv')
            if find_split(path.stem.lower().partition(_MIDDLE)[0]) == split
            and _MIDDLE in path.stem.lower()
        ]
        if len(lists) > 1:
            raise DatasetError(
                f'{home}: {", ".join(map(str, lists))} are lists of the '
                f'split {split!r}; keep one'
            )
        if lists:
            found[split] = lists[0], folder / 'images'
    return found


def _has_images(folder: Path) -> bool:
    return (folder / 'images').is_dir()


def read_list(
    path: Path, images: Path, files: FolderIndex, problems: ReadReport
) -> list[Entry]:
    """The rows as entries, labels as written.

    Args:
        path: The list.
        images: Holds ``<number>.jpg``, or another suffix.
        files: Reads the list, scans folders.
        problems: Takes malformed rows.

    Raises:
        DatasetError: The header lacks a number or a label.
    """
    rows = read_rows(path, text_lines(files.text(path)), problems, 2)
    header = next(rows, Row(1, [], ''))
    places = find_columns(header.fields, 'image', 'label')
    if places is None:
        raise DatasetError(
            f'{path}, line {header.line}: header is {header.text[:60]!r}; '
            "expected 'number,exp,valence,arousal'"
        )
    by_stem = images_by_stem(str(images), files)
    width = len(header.fields)
    entries = []
    for row in good_rows(path, rows, problems):
        entry = _entry(path, row, width, places, problems)
        if entry is not None:
            name = by_stem.get(entry[0], f'{entry[0]}.jpg')
            entries.append(Entry(str(images), name, entry[1], row.line))
    return entries


def _entry(
    path: Path,
    row: Row,
    width: int,
    places: Sequence[int],
    problems: ReadReport,
) -> tuple[str, int] | None:
    """Stem of the image and label; None for a malformed row."""
    where = f'{path}, line {row.line}'
    if len(row.fields) != width:
        problems.add(
            'wrong number of fields',
            f'{where}: {len(row.fields)} fields; expected {width}',
        )
        return None
    name, text = (row.fields[place] for place in places)
    number, label = parse_whole(image_stem(name)), parse_whole(text)
    if number is None or number < 0:
        problems.add(
            'bad name', f'{where}: {name!r} is not the number of an image'
        )
    elif label is None:
        problems.add(
            'label not an integer',
            f'{where}: exp {text!r} of {name!r} is not an integer',
        )
    else:
        return str(number), label
    return None


LAYOUT = Layout(
    'numbers',
    lambda folder: bool(find_lists(folder)),
    (
        'train_set_annotation_without_lnd.csv',
        'val_set_annotation_without_lnd.csv',
        'train_set/images/*.jpg',
    ),
)
