"""Indexes of data sets, kept between runs.

An index holds what reading a split found: paths, labels, boxes, and what was
said about them. It is used again while every annotation file has its size,
time of change and number on the disk, and every folder its time of change and
its names; else it is made anew. It is a zip of plain arrays and JSON, never a
pickle.

An image that is overwritten in place, under its name, changes neither its
folder nor the index: what is wrong with it is found when it is read.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from csgresnet_mm.atomic_write import atomic_write
from csgresnet_mm.stored_zip import require_stored

from ..errors import note
from ..reading.files import FolderIndex
from ..reading.report import ReadReport
from ..reading.stamps import make_stamp
from ..reading.table import Table
from .archive import DAMAGED, pack, unpack

OPTIONS = (
    'data_root',
    'split',
    'layout_wanted',
    'on_error',
    'val_ratio',
    'seed',
    'native',
)
"""Attributes of every data set that decide what is read, or refused."""
NO_HOME = Path(os.devnull, 'no home folder; set CSGRESNET_DATA_CACHE')
"""A place where no file can be: nothing is kept, and the log says why."""
_SIMPLE = (str, int, float, tuple, list, range, os.PathLike, type(None))


def options_key(dataset: Any, source: str) -> dict[str, Any] | None:
    """All that decides what a data set reads.

    Args:
        dataset: With ``data_root``, and ``OPTIONS``: the names of those of
            its attributes that decide it, beside :data:`OPTIONS`.
        source: The split that is read.

    Returns:
        A key for :class:`IndexCache`; None if the class declares no options,
        or if one is no plain value, so that no key can name it.
    """
    if dataset.OPTIONS is None:
        return None
    names = (*OPTIONS, *dataset.OPTIONS)
    options = {name: getattr(dataset, name) for name in names}
    if not all(isinstance(value, _SIMPLE) for value in options.values()):
        return None
    kind = type(dataset)
    return dict(
        {name: repr(value) for name, value in options.items()},
        dataset=f'{kind.__module__}.{kind.__qualname__}',
        place=os.path.abspath(dataset.data_root),
        source=source,
    )


def cache_folder() -> Path:
    """Where indexes lie.

    In ``CSGRESNET_DATA_CACHE``, else ``CSGRESNET_CACHE``, else the user's
    cache folder; :data:`NO_HOME` where this user has none.
    """
    asked = os.environ.get('CSGRESNET_DATA_CACHE')
    asked = asked or os.environ.get('CSGRESNET_CACHE')
    home = os.environ.get('XDG_CACHE_HOME') or '~/.cache'
    folder = Path(asked) if asked else Path(home) / 'csgresnet_mm'
    try:
        return folder.expanduser() / 'indexes'
    except RuntimeError:  # a container's user that has no entry
        return NO_HOME / 'indexes'


@functools.cache
def _code_version() -> str:
    """A hash of the code that reads: a new release trusts no old index."""
    summary = hashlib.blake2b(digest_size=16)
    for path in sorted(Path(__file__).parents[1].rglob('*.py')):
        summary.update(path.read_bytes())
    return summary.hexdigest()


class IndexCache:
    """The index of one split, as one set of options reads it.

    Args:
        key: Names class, root, split and options.
    """

    def __init__(self, key: dict[str, Any]) -> None:
        self.key = json.dumps(
            dict(key, code=_code_version()), sort_keys=True, default=str
        )
        name = hashlib.blake2b(self.key.encode(), digest_size=16).hexdigest()
        self.path = cache_folder() / f'{name}.zip'

    def load(self, report: ReadReport) -> Table | None:
        """The table, if it is there, whole and still right."""
        if not os.path.isfile(self.path):  # nor where nobody may look
            return None
        try:
            require_stored(self.path)
            with zipfile.ZipFile(self.path) as archive:
                head = json.loads(archive.read('head.json'))
                if head['key'] != self.key or not _is_current(head['stamps']):
                    return None
                table = unpack(head, archive)
            report.replay(head['report'])
        except DAMAGED as error:
            note(f'{self.path}: unreadable index, made anew: {error}')
            return None
        return table

    def save(
        self, table: Table, files: FolderIndex, root: Path, report: ReadReport
    ) -> None:
        """Keep a table; a cache that cannot be written is logged only.

        None is kept of what was changed while it was read.
        """
        stamps = [
            make_stamp(
                path, files.small[path][4] if path in files.small else ''
            )
            for path in _with_parents(files, root)
        ]
        for stamp in stamps:
            path, time = stamp[:2]
            before = files.small.get(path, stamp)
            if files.times.get(path, time) != time or before != stamp:
                note(f'{path}: changed while it was read; no index is kept')
                return
        head = dict(key=self.key, stamps=stamps, report=report.to_plain())
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(self.path) as file:
                pack(head, table, file)
        except OSError as error:
            note(f'{self.path}: the index cannot be kept: {error}')


def _with_parents(files: FolderIndex, root: Path) -> list[str]:
    """What was read, and the folders between it and the root."""
    paths = set()
    for name in files.times:
        paths.add(name)
        for parent in Path(name).parents:
            if parent != root and root not in parent.parents:
                break
            paths.add(str(parent))
    paths.add(str(root))
    return sorted(paths)


def _is_current(stamps: Sequence[Sequence[Any]]) -> bool:
    return all(
        tuple(stamp) == make_stamp(stamp[0], stamp[4]) for stamp in stamps
    )
