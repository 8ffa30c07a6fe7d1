"""AffectNet as first released: two CSV lists and whole photographs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .affectnet_entries import Box, Entry, is_plain_path
from .affectnet_release import (
    COLUMNS,
    IMAGES,
    NEEDED,
    find_lists,
    release_folders,
)
from .errors import DatasetError, UnreadableImageError
from .loading import LoadFace
from .reading.files import MAX_LINE, FolderIndex, unpack_hint
from .reading.layouts import Layout
from .reading.report import ReadReport
from .reading.tables import Row, good_rows, parse_whole, read_rows
from .sample import Sample

_PROBED = 16
_LABELS = {str(label): label for label in range(11)}


@dataclass(frozen=True)
class _Columns:
    """Where the fields of a row are."""

    path: int
    box: tuple[int, int, int, int]
    label: int
    width: int


class CsvList:
    """Reads ``training.csv`` or ``validation.csv``.

    The columns are found by the header's names; without a header, which is
    common for ``validation.csv``, by their published order. A box is given
    as left, top, width, height and becomes (left, top, right, bottom);
    a box that begins outside the image is cut to it at access.

    Args:
        path: The list.
        home: Holds the images, in a folder of the release.
        crop: Whether to read boxes.
        files: Scans folders.
        problems: Takes malformed rows.
    """

    def __init__(
        self,
        path: Path,
        home: Path,
        *,
        crop: bool,
        files: FolderIndex,
        problems: ReadReport,
    ) -> None:
        self.path = path
        self.home = home
        self.crop = crop
        self.files = files
        self.problems = problems
        self.images = ''

    def read(self) -> list[Entry]:
        """Rows as entries, labels as written.

        Raises:
            DatasetError: The list is no such list, or no folder holds its
                images.
        """
        rows = self._rows()
        number, fields, *_ = next(rows, Row(1, [''], ''))
        columns = self._find_columns(number, fields)
        entries = []
        if columns is None:
            columns = self._published_columns()
            entries += self._entry(number, fields, columns)
        for number, fields, _, _ in rows:
            entries += self._entry(number, fields, columns)
        if not entries:
            raise DatasetError(f'{self.path}: holds no rows of images')
        self.images = self._find_images(entries)
        folders = {
            entry.folder: f'{self.images}/{entry.folder}'.rstrip('/')
            for entry in entries
        }
        return [
            Entry(folders[folder], name, label, line, box)
            for folder, name, label, line, box in entries
        ]

    # ---- rows --------------------------------------------------------

    def _rows(self) -> Iterator[Row]:
        """The rows; the 400 MB are read as a stream."""
        self.files.mark(self.path)
        rows = read_rows(self.path, self._lines(), self.problems, len(NEEDED))
        return good_rows(self.path, rows, self.problems)

    def _lines(self) -> Iterator[str]:
        number = 0
        with open(self.path, encoding='utf-8-sig') as file:
            try:
                while line := file.readline(MAX_LINE):
                    number += 1
                    if len(line) == MAX_LINE:
                        raise DatasetError(
                            f'{self.path}, line {number}: {MAX_LINE} '
                            'characters or more; expected a row'
                        )
                    yield line
            except UnicodeDecodeError as error:
                raise DatasetError(
                    f'{self.path}: not UTF-8 text after line {number} (byte '
                    f'0x{error.object[error.start]:02x})'
                ) from error

    def _find_columns(
        self, number: int, fields: Sequence[str]
    ) -> _Columns | None:
        """The header's columns, or None if the first row is data."""
        names = [field.lower() for field in fields]
        lower = [name.lower() for name in NEEDED]
        if set(lower) <= set(names):
            where = [names.index(name) for name in lower]
            return _Columns(
                where[0],
                (where[1], where[2], where[3], where[4]),
                where[5],
                len(fields),
            )
        data = len(fields) == len(COLUMNS)
        if data and parse_whole(fields[COLUMNS.index('expression')]) is None:
            data = False
        if data and is_plain_path(fields[0]):
            return None
        text = ','.join(fields)
        raise DatasetError(
            f'{self.path}, line {number}: first row is {text[:80]!r}; '
            f'expected the header {",".join(COLUMNS)!r}, or a row of these '
            f'{len(COLUMNS)} fields'
        )

    @staticmethod
    def _published_columns() -> _Columns:
        return _Columns(
            0, (1, 2, 3, 4), COLUMNS.index('expression'), len(COLUMNS)
        )

    def _entry(
        self, number: int, fields: Sequence[str], columns: _Columns
    ) -> list[Entry]:
        """The row as an entry; nothing if it is malformed."""
        if len(fields) != columns.width:
            self._add(
                number,
                'wrong number of fields',
                f'{len(fields)} fields; expected {columns.width}',
            )
            return []
        text = fields[columns.label]
        label = _LABELS.get(text)
        if label is None:
            label = parse_whole(text)
        name = fields[columns.path]
        if label is None:
            self._add(
                number,
                'label not an integer',
                f'expression {text!r} of {name!r} is not an integer',
            )
            return []
        if not is_plain_path(name):
            self._add(
                number,
                'path escape',
                f'{name!r} is no path below the folder of images',
            )
            return []
        box = None
        if self.crop and label < 8:
            box = _to_box([fields[index] for index in columns.box])
            if box is None:
                found = ','.join(fields[index] for index in columns.box)
                self._add(
                    number,
                    'bad box',
                    f'box {found!r} of {name!r}; expected numbers '
                    "'face_x,face_y,face_width,face_height' with a positive "
                    'width and height',
                )
                return []
        folder, _, name = name.rpartition('/')
        return [Entry(folder, name, label, number, box)]

    def _add(self, number: int, cause: str, text: str) -> None:
        self.problems.add(cause, f'{self.path}, line {number}: {text}')

    # ---- images ------------------------------------------------------

    def _find_images(self, entries: Sequence[Entry]) -> str:
        """The folder of the release with a folder that the list names."""
        wanted = {entry.folder for entry in entries[:1000]}
        places = release_folders(self.home)
        for place in reversed(places):
            if any((place / folder).is_dir() for folder in wanted if folder):
                return str(place)
        raise DatasetError(
            f'{self.home}: the images of {self.path} are not here: none of '
            f'{", ".join(map(str, places))} holds the folder {min(wanted)!r} '
            f'that it names; expected {IMAGES}/{min(wanted)}'
            + unpack_hint(*places)
        )

    def check_boxes(self, samples: Sequence[Sample]) -> None:
        """Warn where boxes reach beyond images: those are cropped already."""
        step = max(1, len(samples) // _PROBED)
        probed = samples[::step][:_PROBED]
        beyond = [s.path for s in probed if _reaches_beyond(s)]
        for sample in probed:
            self.files.mark(sample.path)
        if 2 * len(beyond) > len(probed):
            self.problems.warn(
                f'{self.images}: {len(beyond)} of {len(probed)} boxes looked '
                f'at reach beyond their image (first: {beyond[0]}); if the '
                'images are faces already, set crop=False'
            )


def _reaches_beyond(sample: Sample) -> bool:
    try:
        image = LoadFace().transform(dict(img_path=sample.path))['img']
    except UnreadableImageError:  # told when it is used
        return False
    if sample.box is None:
        return False
    height, width = image.shape[:2]
    return bool(sample.box[2] > width or sample.box[3] > height)


def _to_box(fields: Sequence[str]) -> Box | None:
    """Left, top, width, height to left, top, right, bottom."""
    try:
        left, top, width, height = (
            float(field.replace(',', '.')) for field in fields
        )
    except ValueError:
        return None
    finite = all(map(math.isfinite, (left, top, width, height)))
    if not finite or width <= 0 or height <= 0:
        return None
    if left + width <= 0 or top + height <= 0:
        return None
    return left, top, left + width, top + height


LAYOUT = Layout(
    'csv',
    lambda folder: bool(find_lists(folder)),
    ('training.csv', 'validation.csv', IMAGES),
)
