"""What lies in and beside the class folders, and is not read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from csgresnet_mm.apis.config_data.parts import Part
from csgresnet_mm.datasets.own_folders import is_picture
from csgresnet_mm.file_names import is_hidden
from csgresnet_mm.programs.audit.finding import (
    ERROR,
    WARNING,
    Finding,
    show_some,
)


def about_folders(parts: Sequence[Part]) -> Iterator[Finding]:
    """Findings about pictures that a data set passes over."""
    for part in parts:
        if part.place.folder and os.path.isdir(part.place.folder):
            yield from _beside(part)
            yield from _left_out(part)


def _beside(part: Part) -> Iterator[Finding]:
    folder = part.place.folder
    found = sorted(
        entry.name
        for entry in os.scandir(folder)
        if entry.is_file() and _is_users_picture(entry.name)
    )
    if found:
        yield Finding(
            WARNING,
            'beside-folders',
            len(found),
            f'{part.name}: {folder}: pictures beside the class folders, of '
            f'no class: {len(found)} ({show_some(found)})',
        )


def _left_out(part: Part) -> Iterator[Finding]:
    """Pictures in class folders whose suffix is not read."""
    found: dict[str, list[str]] = {}
    for name in part.place.classes:
        if is_hidden(name):
            continue
        for path in _pictures(os.path.join(part.place.folder, name)):
            if not path.lower().endswith(part.place.suffixes):
                suffix = os.path.splitext(path)[1].lower()
                found.setdefault(suffix, []).append(path)
    for suffix, paths in sorted(found.items()):
        yield Finding(
            ERROR,
            'suffix-left-out',
            len(paths),
            f'{part.name}: pictures that are not read, for their suffix '
            f'{suffix}: {len(paths)} ({show_some(paths)}); read are '
            f'{" ".join(sorted(part.place.suffixes))}',
        )


def _pictures(folder: str) -> Iterator[str]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(x for x in folders if not is_hidden(x))
        for name in sorted(filter(_is_users_picture, files)):
            yield os.path.join(place, name)


def _is_users_picture(name: str) -> bool:
    return is_picture(name) and not is_hidden(name)
