"""Images whose own names say whom they show, and how."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .checks import Review, each_once
from .files import FolderIndex, image_stem, list_folders
from .names import find_class, find_split
from .report import ParseProblem, ReadReport
from .table import Table


class NameForm(NamedTuple):
    """What the names of a set's images say.

    Args:
        pattern: Of a name without suffix; its groups are ``group`` (the
            subject), ``code`` (of the expression) and columns of the set's
            own.
        codes: In native order of the classes.
        shown: An example and what its parts are, for errors.
        renamed: Names of the release that are no such names, to those meant.
    """

    pattern: re.Pattern[str]
    codes: Sequence[str]
    shown: str
    renamed: Mapping[str, str] = {}

    def parse(self, stem: str) -> dict[str, str] | None:
        """The parts of a name; None if it is no such name."""
        match = self.pattern.fullmatch(self.renamed.get(stem, stem))
        return None if match is None else match.groupdict()

    def is_own(self, name: str) -> bool:
        """Whether a file is an image with such a name."""
        stem = image_stem(name)
        return stem != name and self.parse(stem) is not None

    def matches(self, folder: Path) -> bool:
        """Whether such images lie here, or in folders."""
        return any(
            self.is_own(name)
            for place in _places(folder, list_folders)
            for name in os.listdir(place)
        )


def _places(home: Path, folders: Callable[[Path], list[str]]) -> list[Path]:
    """A folder, those in it, and those in its folders of splits."""
    places = [home]
    for name in folders(home):
        below = home / name
        if not os.access(below, os.R_OK | os.X_OK):
            continue
        places.append(below)
        if find_split(name):
            places += [below / inner for inner in folders(below)]
    return places


def read_named(
    home: Path,
    form: NameForm,
    classes: Sequence[str],
    files: FolderIndex,
    report: ReadReport,
) -> Table:
    """All images of a set by their names, each once.

    A folder that holds none is passed over. One that is named as a class
    must not contradict the names.

    Args:
        home: Holds the images, or folders of them.
        form: Of the names.
        classes: In native order.
        files: Scans folders.
        report: Takes other names, unknown codes and second copies.

    Returns:
        A table with ``extra`` columns for the form's own parts.
    """
    paths: list[str] = []
    parts: list[dict[str, str]] = []
    folder_labels: list[int] = []
    sizes: list[int] = []
    problems: list[ParseProblem] = []
    for folder in _places(home, files.folders):
        images = files.images(folder)
        if not any(map(form.is_own, images)):
            continue
        shown = None if folder == home else find_class(folder.name, classes)
        for name in sorted(images):
            found = form.parse(image_stem(name))
            if found is None:
                wrong = (
                    'the name does not say whose face it is; expected '
                    f'{form.shown}'
                )
                place = (len(paths), f'{folder}/{name}', 0)
                problems.append(ParseProblem(*place, 'bad name', name, wrong))
                continue
            paths.append(f'{folder}/{name}')
            parts.append(found)
            sizes.append(images[name])
            folder_labels.append(-1 if shown is None else shown)
    label_of = {code: label for label, code in enumerate(form.codes)}
    codes = [own.pop('code') for own in parts]
    stems = [image_stem(os.path.basename(path)) for path in paths]
    table = Table.of(
        paths,
        name=[form.renamed.get(stem, stem) for stem in stems],
        label=[label_of.get(code, -1) for code in codes],
        group=[own.pop('group') for own in parts],
        size=sizes,
        extra={
            name: [own[name] for own in parts]
            for name in (parts[0] if parts else {})
        },
    )
    review = Review(table, report, problems)
    review.drop(
        table.label < 0,
        'unknown class',
        lambda row: (
            f'expression {codes[row]!r} is unknown; expected one of '
            f'{", ".join(form.codes)}'
        ),
    )
    own = np.array(folder_labels, np.int64)
    review.drop(
        (own >= 0) & (own != table.label),
        'labels disagree',
        lambda row: (
            f'{classes[table.label[row]]} by its name, but its folder is '
            f'{os.path.basename(os.path.dirname(paths[row]))!r}'
        ),
    )
    nothing: dict[str, Any] = {}  # the name itself says the label
    each_once(review, table.name, nothing)
    return review.done()
