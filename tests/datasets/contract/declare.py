"""What a data set's test declares: its layouts, and how a copy goes bad."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Found = Sequence[tuple[str, str, int]]
"""(split, path below the root, label) of every image, as it was written."""
Edit = Callable[[Path], object]
"""Does something to a copy that lies at a root."""


@dataclass(frozen=True)
class Layout:
    """A way in which the set goes round, and how to write it.

    Args:
        write: Root, images a class and a seed; returns what was written.
        name: Its ``layout=``.
        options: That its reader needs.
        lists: Its label files, below the root.
        named: Whether something else names every image: one label file each.
        relabel: A label file, and a change of it to another label that
            leaves its size as it is: (file, old, new).
        ordered: Whether it is read in the order in which it was written.
        images: Of each class.
        below: Folders that it may lie in, seen from the root.
        splits_off: Whether ``val_ratio`` splits val off train.
        folds: Whether train and test are folds of subjects.
        splits: Those that it has; all of the set's by default.
        rows: Whether its images are rows of a table, and no files.
    """

    write: Callable[[Path, int, int], Found]
    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    lists: Sequence[str] = ()
    named: bool = False
    relabel: tuple[str, str, str] | None = None
    ordered: bool = False
    images: int = 4
    below: Sequence[str] = ('a', 'a/b')
    splits_off: bool = True
    folds: bool = False
    rows: bool = False
    splits: Sequence[str] = ()


@dataclass(frozen=True)
class Bad:
    """Something that is wrong with a copy.

    Args:
        edit: What is done to a good copy.
        error: A part of what is raised, or several with ``...`` between;
            ``{root}`` stands for the root, and
            ``{list}`` for the first label file.
        cause: What ``on_error='skip'`` counts it as; '' if it is refused
            all the same.
        lost: Patterns of the paths of images that are left out with it.
        more: What is read beside what was written.
        layouts: In which it is seen; all by default.
        splits: Those that report it.
        options: Of the reader.
        count: How many entries are left out.
        moves: Whether it moves subjects to other folds, so that what is read
            is known of train and test together.
    """

    edit: Edit
    error: str
    cause: str = ''
    lost: Sequence[str] = ()
    more: Found = ()
    layouts: Sequence[str] = ()
    splits: Sequence[str] = ('train', 'test')
    options: Mapping[str, Any] = field(default_factory=dict)
    count: int = 1
    moves: bool = False

    def left(self, found: Found) -> Found:
        """What is read of a copy with ``on_error='skip'``."""
        return [
            *(
                item
                for item in found
                if not any(re.search(part, item[1]) for part in self.lost)
            ),
            *self.more,
        ]
