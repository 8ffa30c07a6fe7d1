"""Where AffectNet's first release lies: its lists, and its folders."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from ..errors import DatasetError
from ..reading.columns import parse_whole
from ..reading.delimited import find_delimiter, split_fields
from ..reading.files import (
    MAX_LINE,
    list_files,
    list_folders,
    unpack_hint,
)
from ..reading.names import find_split
from .annotations import BIG_FOLDERS

COLUMNS = (
    'subDirectory_filePath',
    'face_x',
    'face_y',
    'face_width',
    'face_height',
    'facial_landmarks',
    'expression',
    'valence',
    'arousal',
)
BOX = COLUMNS[1:5]
NEEDED = (COLUMNS[0], 'expression', *BOX)
IMAGES = 'Manually_Annotated/Manually_Annotated_Images'
_PARTS = 'manually_annotated'
"""How the folders of the release begin, in lower case."""
_NAMES = ('training.csv', 'validation.csv')


def release_folders(home: Path) -> list[Path]:
    """A folder and those of the release below it, by their names.

    Archives make ``Manually_Annotated_compressed``, and may hold each other.
    """
    places, level = [home], [home]
    for _ in range(3):
        level = [
            folder / name
            for folder in level
            for name in list_folders(folder)
            if name.lower().startswith(_PARTS)
        ]
        places += level
    return places


def find_lists(home: Path) -> dict[str, Path]:
    """Split to its list, in any folder of the release that is here.

    The validation images are what is tested on.

    Raises:
        DatasetError: A split has two lists.
    """
    lists: dict[str, Path] = {}
    for place in release_folders(home):
        if place.name in BIG_FOLDERS:
            continue
        for path in list_files(place, '.csv'):
            split = find_split(path.stem)
            if split is None or not (path.name in _NAMES or _is_list(path)):
                continue
            split = 'test' if split == 'val' else split
            if split in lists:
                raise DatasetError(
                    f'{home}: {lists[split]} and {path} are both the list of '
                    f'{split!r}; keep one'
                )
            lists[split] = path
    return lists


def _is_list(path: Path) -> bool:
    """Whether a CSV begins with the header, or a row, of the release."""
    with open(path, 'rb') as file:
        line = file.readline(MAX_LINE).decode('utf-8-sig', 'replace')
    try:
        fields = split_fields(
            line.strip('\r\n'), find_delimiter(line, len(NEEDED))
        )
    except csv.Error:
        return False
    names = {field.lower() for field in fields}
    if len(fields) != len(COLUMNS):
        return COLUMNS[0].lower() in names
    label = fields[COLUMNS.index('expression')]
    return COLUMNS[0].lower() in names or parse_whole(label) is not None


def find_images(path: Path, home: Path, names: Iterable[str]) -> str:
    """The folder of the release that holds one of the folders of names.

    Args:
        path: Of the list, named in errors.
        home: Holds the release.
        names: Of images, below the folder that is looked for.

    Raises:
        DatasetError: There is none.
    """
    wanted = {name.rpartition('/')[0] for name in names}
    places = release_folders(home)
    for place in reversed(places):
        if any((place / folder).is_dir() for folder in wanted if folder):
            return str(place)
    raise DatasetError(
        f'{home}: the images of {path} are not here: none of '
        f'{", ".join(map(str, places))} holds the folder {min(wanted)!r} '
        f'that it names; expected {IMAGES}/{min(wanted)}'
        + unpack_hint(*places)
    )
