"""Images whose own names say whom they show, and how."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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
    listed, problems = _parse_names(home, form, files)
    extra = dict(listed.extra)
    codes = extra.pop('code')
    label_of = {code: label for label, code in enumerate(form.codes)}
    stems = [image_stem(os.path.basename(path)) for path in listed.path]
    table = listed.replace(
        name=[form.renamed.get(stem, stem) for stem in stems],
        label=[label_of.get(code, -1) for code in codes],
        extra=extra,
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
    folders = [os.path.dirname(path) for path in table.path]
    shown = _labels_of_folders(home, folders, classes)
    review.drop(
        (shown >= 0) & (shown != table.label),
        'labels disagree',
        lambda row: (
            f'{classes[table.label[row]]} by its name, but its folder is '
            f'{os.path.basename(folders[row])!r}'
        ),
    )
    each_once(review, table.name, {})  # the name itself says the label
    return review.done()


def _parse_names(
    home: Path, form: NameForm, files: FolderIndex
) -> tuple[Table, list[ParseProblem]]:
    """Images with the parts of their names in ``extra``, and other names."""
    paths: list[str] = []
    sizes: list[int] = []
    parts: list[dict[str, str]] = []
    problems: list[ParseProblem] = []
    for folder in _places(home, files.folders):
        images = files.images(folder)
        if not any(map(form.is_own, images)):
            continue
        for name in sorted(images):
            path, parsed = f'{folder}/{name}', form.parse(image_stem(name))
            if parsed is None:
                wrong = (
                    'the name does not say whose face it is; expected '
                    f'{form.shown}'
                )
                place = (len(paths), path, 0)
                problems.append(ParseProblem(*place, 'bad name', name, wrong))
                continue
            paths.append(path)
            sizes.append(images[name])
            parts.append(parsed)
    columns = {
        name: [part[name] for part in parts]
        for name in form.pattern.groupindex
    }
    group = columns.pop('group')
    return Table.of(paths, size=sizes, group=group, extra=columns), problems


def _labels_of_folders(
    home: Path, folders: Sequence[str], classes: Sequence[str]
) -> NDArray[np.int64]:
    """The class that each folder is named as; -1 for none, and for home."""
    label_of = {str(home): -1}
    for folder in set(folders) - label_of.keys():
        label = find_class(os.path.basename(folder), classes)
        label_of[folder] = -1 if label is None else label
    return np.array([label_of[folder] for folder in folders], np.int64)
