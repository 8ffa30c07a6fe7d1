"""Which of its known layouts a data set lies in."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import DatasetError
from .files import describe, is_hidden, locate, unpack_hint
from .report import ReadReport
from .table import Table

_LOOK_AT = 5000
"""Names looked at to find the nearest layout of a wrong root."""


def _no_reader(data: Any, home: Path, split: str, report: ReadReport) -> Table:
    raise NotImplementedError(f'{type(data).__name__} has no reader')


class Layout(NamedTuple):
    """One way a data set lies on disk.

    ``expects`` holds relative paths, with wild cards, that are shown to the
    user; the last part of each also shows how near a wrong root is. ``read``
    gives the table of a split: it is called with the data set, the folder
    that matched, the split and the report.
    """

    name: str
    matches: Callable[[Path], bool]
    expects: tuple[str, ...]
    read: Callable[[Any, Path, str, ReadReport], Table] = _no_reader


def recognise(
    root: Path, dataset: str, layouts: Sequence[Layout], wanted: str = 'auto'
) -> tuple[Layout, Path]:
    """The first layout that is found at a root, or one or two levels below.

    Args:
        root: An existing folder.
        dataset: Named in errors.
        layouts: In order of preference.
        wanted: 'auto', or the name of the one to take.

    Returns:
        The layout and the folder that matches it.

    Raises:
        ValueError: No layout has the name wanted.
        DatasetError: None is there, or several folders match.
    """
    names = [layout.name for layout in layouts]
    if wanted != 'auto' and wanted not in names:
        raise ValueError(
            f"{dataset}: layout={wanted!r} is unknown; expected 'auto' or "
            f'one of {", ".join(names)}'
        )
    tried = [item for item in layouts if wanted in ('auto', item.name)]
    for layout in tried:
        what = f'{dataset} in the layout {layout.name!r}'
        folder = locate(root, layout.matches, what)
        if folder is not None:
            return layout, folder
    raise DatasetError(_wrong_root(root, dataset, tried))


def _wrong_root(root: Path, dataset: str, layouts: Sequence[Layout]) -> str:
    near = max(layouts, key=lambda layout: _nearness(root, layout))
    others = [layout.name for layout in layouts if layout is not near]
    more = f'; other layouts: {", ".join(others)}' if others else ''
    return (
        f'{root}: no {dataset} found here. It holds {describe(root)}; the '
        f'nearest known layout is {near.name!r}: '
        f'{", ".join(near.expects)}{more}{unpack_hint(root)}'
    )


def _nearness(root: Path, layout: Layout) -> int:
    """How many of the expected names occur at most three levels down."""
    names = _names_below(root)
    return sum(
        bool(fnmatch.filter(names, Path(pattern).name.lower()))
        for pattern in layout.expects
    )


def _names_below(root: Path) -> set[str]:
    names: set[str] = set()
    level = [root]
    for _ in range(3):
        below: list[Path] = []
        for folder in level:
            if not os.access(folder, os.R_OK | os.X_OK):
                continue
            with os.scandir(folder) as entries:
                for entry in entries:
                    if len(names) >= _LOOK_AT:
                        return names
                    if is_hidden(entry.name):
                        continue
                    names.add(entry.name.lower())
                    if entry.is_dir():
                        below.append(Path(entry.path))
        level = below
    return names
