"""The AffectNet sample that goes round in YOLO's form."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import yaml  # type: ignore[import-untyped]

from ..errors import DatasetError
from ..reading.checks import Review
from ..reading.columns import parse_whole
from ..reading.files import FolderIndex, unpack_hint
from ..reading.folders import find_split_folders
from ..reading.known_copies import sample_of
from ..reading.layouts import Layout
from ..reading.names import find_class
from ..reading.report import ParseProblem, ReadReport
from ..reading.small_files import read_small_files
from ..reading.table import Table
from .annotations import CLASSES, images_by_stem, of_classes, with_bytes

if TYPE_CHECKING:
    from .dataset import AffectNet

_MAX_DEPTH = 8
DATA_FILE = 'data.yaml'


def find_splits(folder: Path) -> dict[str, Path]:
    """Split to the folder that holds ``images`` and ``labels``."""
    if not (folder / DATA_FILE).is_file():
        return {}
    splits = find_split_folders(
        folder, lambda place: (place / 'labels').is_dir()
    )
    splits.pop('', None)
    return splits


def read_yolo(
    data: AffectNet, home: Path, split: str, report: ReadReport
) -> Table:
    """The labelled images of a split.

    Raises:
        DatasetError: The split or its images are not there, or data.yaml
            gives no names of ours.
    """
    folder = data.choose(home, find_splits(home), split)
    path = home / DATA_FILE
    ids = read_names(path, data.files.text(path))
    table = read_labels(folder, path, ids, data.files, report)
    table = of_classes(table, folder, data.num_classes, report)
    table = with_bytes(table, report)
    report.warn(sample_of('AffectNet', folder, len(table)))
    report.where = f'{report.layout}: {folder}'
    return table


# ---- data.yaml -------------------------------------------------------


def read_names(path: Path, text: str) -> dict[int, int]:
    """Id to label; the ids are alphabetical as a rule, so names decide.

    Args:
        path: Named in errors.
        text: Of the file.

    Raises:
        DatasetError: It gives no names of ours, or is no plain YAML.
    """
    try:
        _check_parts(path, text)
        # plain text, lists and mappings only
        data = yaml.load(text, yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise DatasetError(f'{path}: no YAML: {error}') from error
    names = data.get('names') if isinstance(data, dict) else None
    if isinstance(names, list):
        names = {str(key): name for key, name in enumerate(names)}
    if not isinstance(names, dict) or not names:
        raise DatasetError(
            f"{path}: key 'names' is {names!r}; a list of class names is "
            'expected'
        )
    if data.get('nc', str(len(names))) != str(len(names)):
        raise DatasetError(
            f"{path}: key 'nc' is {data['nc']!r}, but 'names' holds "
            f'{len(names)} classes'
        )
    labels: dict[int, int] = {}
    for text, name in names.items():
        key, label = parse_whole(text), find_class(str(name), CLASSES)
        if key is None or label is None:
            raise DatasetError(
                f"{path}: key 'names', {text!r}: class {name!r} is unknown; "
                f'expected {", ".join(CLASSES)}'
            )
        if key in labels or label in labels.values():
            raise DatasetError(
                f"{path}: key 'names' holds the id {key} or the class "
                f'{CLASSES[label]!r} twice: {names}'
            )
        labels[key] = label
    return labels


def _check_parts(path: Path, text: str) -> None:
    """Refuse YAML that costs far more than its length to read or show."""
    depth = 0
    for event in yaml.parse(text):
        if isinstance(event, yaml.AliasEvent):
            raise DatasetError(
                f"{path}: uses an alias ('*'); names and paths alone are "
                'expected'
            )
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise DatasetError(
                f'{path}: nested deeper than {_MAX_DEPTH} levels; names and '
                'paths alone are expected'
            )


# ---- images and labels -----------------------------------------------


def read_labels(
    folder: Path,
    source: Path,
    ids: dict[int, int],
    files: FolderIndex,
    report: ReadReport,
) -> Table:
    """The images of a split that have one label.

    The boxes are not used: the images are faces of 96x96 pixels.

    Args:
        folder: Holds ``images`` and ``labels``.
        source: Where the ids are from.
        ids: Id to label.
        files: Scans folders.
        report: Takes images without a label, labels without an image, and
            label files that do not name one class.

    Raises:
        DatasetError: There are no images, or two of one name.
    """
    images, labels = f'{folder}/images', f'{folder}/labels'
    if not files.images(images):
        raise DatasetError(f'{images}: no images here{unpack_hint(folder)}')
    files.mark_files(labels, '.txt')
    table = _labelled(images, labels, files, report)
    texts = read_small_files(
        labels, [f'{stem}.txt' for stem in table.name], 'labels'
    )
    parsed = [_find_label(text, ids) for text in texts]

    def message(row: int) -> str:
        text = texts[row]
        shown = f'found {text[:60]!r}' if isinstance(text, bytes) else text
        return (
            f'{shown}; expected "id x y width height" with one id of '
            f'{sorted(ids)} ({source})'
        )

    review = Review(table, report)
    label = np.array([-1 if n is None else n for n in parsed], np.int64)
    review.drop(label < 0, 'bad label file', message)
    return review.done(label=label, file='')


def _labelled(
    images: str, labels: str, files: FolderIndex, report: ReadReport
) -> Table:
    """Images that have a label file; one without an image is a problem."""
    sizes = files.images(images)
    by_stem = images_by_stem(images, sorted(sizes))
    left = {
        name.removesuffix('.txt')
        for name in files.sizes(labels)
        if name.endswith('.txt')
    }
    table = Table.of(
        [f'{images}/{name}' for name in by_stem.values()],
        name=list(by_stem),
        size=[sizes[name] for name in by_stem.values()],
        file=[f'{labels}/{stem}.txt' for stem in by_stem],
    )
    lonely = [
        ParseProblem(
            len(table),
            f'{labels}/{stem}.txt',
            0,
            'missing image',
            stem,
            f'no image {stem!r} in {images}',
        )
        for stem in sorted(left.difference(by_stem))
    ]
    review = Review(table, report, lonely)
    review.drop(
        np.array([stem not in left for stem in by_stem], bool),
        'missing label',
        lambda row: f'missing, so {table.path[row]} has no label',
    )
    return review.done()


def _find_label(text: bytes | str, ids: dict[int, int]) -> int | None:
    """The one class of a label file; None if there is not one."""
    if isinstance(text, str):
        return None
    lines = [line.split() for line in text.decode('latin-1').split('\n')]
    keys = {
        parse_whole(fields[0]) if len(fields) == 5 else None
        for fields in lines
        if fields
    }
    key = keys.pop() if len(keys) == 1 else None
    return None if key is None else ids.get(key)


LAYOUT = Layout(
    'yolo',
    lambda folder: bool(find_splits(folder)),
    (DATA_FILE, 'train/labels/*.txt'),
    read_yolo,
)
