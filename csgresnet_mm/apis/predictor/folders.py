"""The photographs below a folder, and what is left out."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from csgresnet_mm.apis.predictor.file_kinds import (
    NO_PHOTOS,
    OWN,
    PICTURE_SUFFIXES,
    VIDEOS,
    find_format,
    find_kind,
    try_head,
)
from csgresnet_mm.file_names import is_hidden

SHOWN = 3
"""Hidden entries that are named; and suffixes, twice as many."""


class LeftOut:
    """Counts what a folder holds beside photographs."""

    def __init__(self) -> None:
        self.suffixes: Counter[str] = Counter()
        self.videos: Counter[str] = Counter()
        self.hidden: list[str] = []
        self.own = 0
        self.broken = 0
        self.closed: list[str] = []

    def add_closed(self, error: OSError) -> None:
        """A folder that cannot be opened."""
        self.closed.append(str(error.filename))

    def __str__(self) -> str:
        """In one line, without its end; '' where nothing was left out."""
        kinds = list(_count(self.suffixes))
        if self.videos:
            shown = ', '.join(_count(self.videos))
            count = self.videos.total()
            name = 'video' if count == 1 else 'videos'
            kinds.append(f'{count} {name} ({shown}: give each by itself)')
        if self.own:
            kinds.append(f'{self.own} that this program drew')
        if self.broken:
            kinds.append(f'{self.broken} no files, or links to none')
        for names, kind in (
            (self.hidden, 'hidden'),
            (self.closed, 'not to be opened'),
        ):
            if names:
                shown = sorted(names)[:SHOWN] + ['...'] * (len(names) > SHOWN)
                kinds.append(f'{len(names)} {kind} ({", ".join(shown)})')
        return f'left out: {", ".join(kinds)}' if kinds else ''


def _count(found: Counter[str]) -> Iterator[str]:
    order = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    for suffix, count in order[: 2 * SHOWN]:
        yield f'{count} {suffix or "without suffix"}'
    rest = order[2 * SHOWN :]
    if rest:
        count = sum(count for _, count in rest)
        yield f'{count} of {len(rest)} other suffixes'


def list_photos(folder: str) -> tuple[list[Path], LeftOut]:
    """The photographs below a folder, sorted; links to folders stay closed.

    A file's content decides, see :func:`~.file_kinds.find_kind`. Not taken
    are hidden entries, raw files and cameras' previews, and pictures that
    this package drew.

    Raises:
        FileNotFoundError: There are none: telling what there is.
    """
    left = LeftOut()
    found = []
    for place, folders, files in os.walk(folder, onerror=left.add_closed):
        left.hidden += [name for name in folders if is_hidden(name)]
        folders[:] = [name for name in folders if not is_hidden(name)]
        found += [
            Path(place, name) for name in files if _is_photo(place, name, left)
        ]
    if not found:
        left_out = f'; {left}' if str(left) else ''
        raise FileNotFoundError(
            f'{folder}: no image files{left_out}; these are read: '
            f'{" ".join(sorted(PICTURE_SUFFIXES))}, whatever they are called'
        )
    return sorted(found), left


def _is_photo(place: str, name: str, left: LeftOut) -> bool:
    path = os.path.join(place, name)
    suffix = os.path.splitext(name)[1].lower()
    if is_hidden(name):
        left.hidden.append(name)
    elif not os.path.isfile(path):
        left.broken += 1
    elif suffix in NO_PHOTOS:
        left.suffixes[suffix] += 1
    else:
        head = try_head(path)
        if OWN.encode() in head:
            left.own += 1
            return False
        if find_kind(path, head) == 'image':
            return True
        # by its content alone: .ts is TypeScript's, too
        is_video = find_format(head) in VIDEOS
        (left.videos if is_video else left.suffixes)[suffix] += 1
    return False
