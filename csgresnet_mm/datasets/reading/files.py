"""Looking at folders: one scandir each, and errors that say what is there."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from csgresnet_mm.file_names import IMAGE_SUFFIXES as IMAGE_SUFFIXES
from csgresnet_mm.file_names import image_stem as image_stem
from csgresnet_mm.file_names import is_hidden as is_hidden

from ..errors import DatasetError
from .stamps import Stamp, make_stamp

_DEEPEST = 3
"""Folders of one name inside each other, or of one split."""
MAX_TEXT = 2**26
"""Bytes of the longest annotation file that is read as a whole."""
MAX_LINE = 2**20
"""Bytes of its longest line."""
ARCHIVE_SUFFIXES = ('.zip', '.rar', '.7z', '.tar', '.gz', '.tgz', '.bz2')


def list_files(folder: Path, suffix: str) -> list[Path]:
    """Sorted files of a suffix (any case) in a folder, hidden ones not."""
    with os.scandir(folder) as entries:
        return sorted(
            Path(entry.path)
            for entry in entries
            if entry.name.lower().endswith(suffix)
            and not is_hidden(entry.name)
            and entry.is_file()
        )


def read_text(path: Path) -> str:
    """Text of a file, with line ends as LF and no byte-order mark.

    Raises:
        DatasetError: The file is missing, is not UTF-8, is longer than
            :data:`MAX_TEXT`, or has a line longer than :data:`MAX_LINE`.
    """
    if not path.is_file():
        raise DatasetError(f'{path}: no such file')
    with open(path, 'rb') as file:
        data = file.read(MAX_TEXT + 1)
    if len(data) > MAX_TEXT:
        raise DatasetError(
            f'{path}: {path.stat().st_size} bytes; a list of at most '
            f'{MAX_TEXT} is expected'
        )
    _check_lines(path, data)
    try:
        text = data.decode('utf-8-sig')
    except UnicodeDecodeError as error:
        raise DatasetError(
            f'{path}: not UTF-8 text (byte {error.start} is '
            f'0x{data[error.start]:02x})'
        ) from error
    return text.replace('\r\n', '\n').replace('\r', '\n')


def text_lines(text: str) -> list[str]:
    """The lines of a file's text; a blank last one is none."""
    lines = text.split('\n')
    if not lines[-1].strip():
        del lines[-1]
    return lines


def _check_lines(path: Path, data: bytes) -> None:
    """Refuse a line that no error could show, and that is held twice."""
    start = 0
    while len(data) - start > MAX_LINE:
        stop = start + MAX_LINE
        end = max(data.rfind(mark, start, stop) for mark in (b'\n', b'\r'))
        if end < 0:
            line = 1 + data.count(b'\n', 0, start)
            raise DatasetError(
                f'{path}, line {line}: longer than {MAX_LINE} bytes; no line '
                'of a list is'
            )
        start = end + 1


def list_folders(folder: Path) -> list[str]:
    """Sorted names of the sub-folders, without hidden ones."""
    with os.scandir(folder) as entries:
        return sorted(
            entry.name
            for entry in entries
            if not is_hidden(entry.name) and entry.is_dir()
        )


def list_archives(folder: Path) -> list[str]:
    """Sorted names of archives that lie in a folder."""
    with os.scandir(folder) as entries:
        return sorted(
            entry.name
            for entry in entries
            if entry.name.lower().endswith(ARCHIVE_SUFFIXES)
            and not is_hidden(entry.name)
        )


class FolderIndex:
    """Reads a data set's folders and files, and remembers which.

    By what is remembered an index that was made of them is known to be still
    right, see :mod:`~csgresnet_mm.datasets.cache.index`. Where there is one
    file a label, they are marked together.
    """

    def __init__(self) -> None:
        self._sizes: dict[str, dict[str, int]] = {}
        self._images: dict[str, dict[str, int]] = {}
        self.times: dict[str, int] = {}
        """What was read, to its time of change before: ns, -1 if missing."""
        self.small: dict[str, Stamp] = {}
        """Folders of one file a label, to their stamp before."""

    def sizes(self, folder: str | os.PathLike[str]) -> dict[str, int]:
        """File name to size in bytes; empty if the folder is missing."""
        key = os.fspath(folder)
        if key not in self._sizes:
            self.mark(key)
            self._sizes[key] = self._scan(key)
        return self._sizes[key]

    @staticmethod
    def _scan(folder: str) -> dict[str, int]:
        if not os.path.isdir(folder):
            return {}
        with os.scandir(folder) as entries:
            return {
                entry.name: entry.stat().st_size
                for entry in entries
                if not is_hidden(entry.name) and entry.is_file()
            }

    def images(self, folder: str | os.PathLike[str]) -> dict[str, int]:
        """Like :meth:`sizes`, images only."""
        key = os.fspath(folder)
        if key not in self._images:
            self._images[key] = {
                name: size
                for name, size in self.sizes(key).items()
                if name.lower().endswith(IMAGE_SUFFIXES)
            }
        return self._images[key]

    def folders(self, folder: str | os.PathLike[str]) -> list[str]:
        """Sorted names of the sub-folders, without hidden ones."""
        self.mark(folder)
        return list_folders(Path(folder))

    def text(self, path: str | os.PathLike[str]) -> str:
        """Text of a file, with line ends as LF and no byte-order mark.

        Raises:
            DatasetError: The file is missing or is not UTF-8.
        """
        self.mark(path)
        return read_text(Path(path))

    def mark_files(self, folder: str | os.PathLike[str], suffix: str) -> None:
        """Remember all files of a suffix, before the caller reads them."""
        self.mark(folder)
        key = os.fspath(folder)
        self.small[key] = make_stamp(key, suffix)

    def mark(self, path: str | os.PathLike[str]) -> None:
        """Remember a file or folder, before the caller reads it itself."""
        key = os.fspath(path)
        if key in self.times:
            return
        try:
            self.times[key] = os.stat(key).st_mtime_ns
        except (FileNotFoundError, NotADirectoryError):
            self.times[key] = -1


def check_root(root: str, name: str) -> Path:
    """The root as a path, if it is a folder.

    Raises:
        DatasetError: It is missing, a file or an archive.
    """
    path = Path(root)
    if path.is_dir():
        return path
    if path.name.lower().endswith(ARCHIVE_SUFFIXES) and path.exists():
        raise DatasetError(
            f'{name}: data_root={root!r} is an archive: unpack it and give '
            'the folder'
        )
    if path.exists():
        raise DatasetError(
            f'{name}: data_root={root!r} is a file; a folder is expected'
        )
    raise DatasetError(f'{name}: data_root={root!r} does not exist')


def locate(
    root: Path, matches: Callable[[Path], bool], what: str
) -> Path | None:
    """The one folder that matches: root, else one or two levels below.

    Raises:
        DatasetError: Several folders of one level match.
    """
    level = [root]
    for _ in range(3):
        homes = [folder for folder in level if matches(folder)]
        if len(homes) == 1:
            return homes[0]
        if homes:
            names = ', '.join(str(path.relative_to(root)) for path in homes)
            raise DatasetError(
                f'{root}: {len(homes)} folders look like {what}: {names}; '
                'give the one you mean as data_root, or, where they are '
                'parts of one copy, move all that they hold into one folder'
            )
        level = [
            folder / name
            for folder in level
            for name in list_folders(folder)
            if os.access(folder / name, os.R_OK | os.X_OK)
        ]
    return None


def unnested(folder: Path) -> Path:
    """A folder, or what an archive unpacked into itself left inside it.

    ``aligned/aligned`` for ``aligned``, where that holds nothing else.
    """
    for _ in range(_DEEPEST):
        inner = folder / folder.name
        if not inner.is_dir():
            break
        with os.scandir(folder) as entries:
            if any(
                e.name != folder.name and not is_hidden(e.name)
                for e in entries
            ):
                break
        folder = inner
    return folder


def describe(folder: Path, limit: int = 10) -> str:
    """What lies in a folder, for error messages."""
    names = sorted(
        entry.name + ('/' if entry.is_dir() else '')
        for entry in os.scandir(folder)
        if not is_hidden(entry.name)
    )
    if not names:
        return 'nothing'
    more = f' and {len(names) - limit} more' if len(names) > limit else ''
    return ', '.join(names[:limit]) + more


def unpack_hint(*folders: Path) -> str:
    """A sentence about archives that lie unpacked nowhere, or ''."""
    archives = [
        str(folder / name)
        for folder in folders
        if folder.is_dir()
        for name in list_archives(folder)
    ]
    if not archives:
        return ''
    return f'; archives not unpacked: {", ".join(archives)}: unpack them'
