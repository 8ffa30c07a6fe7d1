"""The list ``phase,img_path,label`` that public training code leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from .affectnet_entries import CLASSES, LABELS, Entry, is_plain_path
from .errors import DatasetError
from .names import find_class, find_split
from .reading.files import FolderIndex, list_files
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

CACHE_HEADER = ['phase', 'img_path', 'label']
_UNTOLD = ReadReport('skip', '')


def find_cache(folder: Path) -> Path | None:
    """The CSV with the header ``phase,img_path,label``, if there is one.

    Raises:
        DatasetError: There are several.
    """
    if folder.name in ('images', 'annotations'):  # 290,000 names
        return None
    found = [path for path in list_files(folder, '.csv') if _is_cache(path)]
    if len(found) > 1:
        names = ', '.join(path.name for path in found)
        raise DatasetError(
            f'{folder}: {names} all have the header '
            f'{",".join(CACHE_HEADER)!r}; keep one'
        )
    return found[0] if found else None


def _is_cache(path: Path) -> bool:
    with open(path, 'rb') as file:
        text = file.read(1000).decode('utf-8-sig', 'replace')
    rows = read_rows(path, text_lines(text.replace('\r', '\n')), _UNTOLD, 3)
    header = next(rows, None)
    return header is not None and _columns(header.fields) is not None


def _columns(fields: Sequence[str]) -> list[int] | None:
    """Where phase, image and label are."""
    return find_columns(fields, 'split', 'image', 'label')


class CacheList:
    """Reads the CSV ``phase,img_path,label``.

    The paths are those of the machine that wrote it: what counts is the part
    from the split's folder on, below the folder of the CSV. A path that
    leads elsewhere is refused.

    Args:
        path: The CSV.
        label_base: What the lowest label is: 0, 1 or 'auto'.
        files: Reads the list.
        problems: Takes malformed rows.
    """

    def __init__(
        self,
        path: Path,
        label_base: int | str,
        files: FolderIndex,
        problems: ReadReport,
    ) -> None:
        self.path = path
        self.home = path.parent
        self.label_base = label_base
        self.files = files
        self.problems = problems
        self._folders: dict[str, tuple[str, str | None] | None] = {}

    def read(self) -> dict[str, list[Entry]]:
        """Entries by split; val is 'val' still.

        Raises:
            DatasetError: The file is no such list, or whether its labels
                count from 0 is not clear.
        """
        lines = text_lines(self.files.text(self.path))
        rows = read_rows(self.path, lines, self.problems, 3)
        header = next(rows, Row(1, [], ''))
        places = _columns(header.fields)
        if places is None:
            raise DatasetError(
                f'{self.path}, line {header.line}: header is '
                f'{header.text[:60]!r}; expected {",".join(CACHE_HEADER)!r}'
            )
        width = len(header.fields)
        by_split: dict[str, list[Entry]] = {}
        for row in good_rows(self.path, rows, self.problems):
            if len(row.fields) != width:
                self._add(
                    row.line,
                    'wrong number of fields',
                    f'{len(row.fields)} fields; expected {width}',
                )
                continue
            own = [row.fields[place] for place in places]
            found = self._entry(row.line, own)
            if found is not None:
                by_split.setdefault(found[0], []).append(found[1])
        base = self._find_base(by_split)
        return {
            split: [e._replace(label=e.label - base) for e in entries]
            for split, entries in by_split.items()
        }

    def _entry(self, line: int, fields: list[str]) -> tuple[str, Entry] | None:
        """Split and entry of a row; None if it is malformed."""
        phase, path, text = fields
        split, label = find_split(phase), parse_whole(text)
        if label is None:
            label = find_class(text, CLASSES)
        if split is None:
            self._add(line, 'unknown split', f'phase {phase!r} is no split')
            return None
        if label is None:
            self._add(
                line,
                'label not an integer',
                f'label {text!r} of {path!r} is not an integer',
            )
            return None
        folder, _, name = path.rpartition('/')
        if folder not in self._folders:
            self._folders[folder] = self._find_folder(folder)
        place = self._folders[folder]
        if place is None or not is_plain_path(name):
            self._add(
                line,
                'path escape',
                f'{path!r} leads to no folder of a split in {self.home}',
            )
            return None
        if place[1] not in (None, split):
            self._add(
                line,
                'wrong split',
                f'{path!r} lies in {place[0]}, its phase is {phase!r}',
            )
            return None
        return split, Entry(place[0], name, label, line)

    def _find_folder(self, folder: str) -> tuple[str, str | None] | None:
        """The folder here and the split it is of; None if it is elsewhere."""
        parts = [part for part in folder.split('/') if part != '.']
        if '..' in parts or '\\' in folder:
            return None
        for start in reversed(range(len(parts))):
            split = find_split(parts[start])
            if split is not None and (self.home / parts[start]).is_dir():
                return str(self.home.joinpath(*parts[start:])), split
        if folder.startswith('/'):
            return None
        return str(self.home.joinpath(*parts)), None

    def _find_base(self, by_split: Mapping[str, list[Entry]]) -> int:
        if self.label_base != 'auto':
            return int(self.label_base)
        labels = {e.label for own in by_split.values() for e in own}
        if labels and 0 not in labels:
            raise DatasetError(
                f'{self.path}: label 0 does not occur ({LABELS[0]} in '
                f'AffectNet), only {sorted(labels)}, so whether it counts '
                'from 0 or from 1 is ambiguous; set label_base=0 or '
                'label_base=1'
            )
        return 0

    def _add(self, line: int, cause: str, text: str) -> None:
        self.problems.add(cause, f'{self.path}, line {line}: {text}')


LAYOUT = Layout(
    'cache',
    lambda folder: find_cache(folder) is not None,
    ('affectnet.csv',),
)
