"""Joins FER+'s votes with the images they are of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..errors import DatasetError
from ..fer2013.line import SPLITS
from ..fer2013.rows import (
    CSV_NAMES,
    find_csv,
    need_columns,
    report_problems,
)
from ..reading.checks import Review, images_present, sizes_of
from ..reading.files import describe, locate, unpack_hint
from ..reading.report import ReadReport
from ..reading.table import Table, join
from .rules import argmax_label
from .votes import (
    FOLDERS,
    LABEL_CSV,
    NEW_VOTES,
    VoteFile,
    read_label_csv,
    read_new_votes,
)

if TYPE_CHECKING:
    from . import FERPlus


class Joined(NamedTuple):
    """Images with their votes.

    ``sources`` are the files of votes that were read; ``own_votes`` whether
    they are label.csv's own; ``spare`` rows were left out since a later one
    has their name.
    """

    table: Table
    sources: list[Path]
    own_votes: bool = False
    spare: int = 0


# ---- votes -----------------------------------------------------------


def _read_new(data: FERPlus, home: Path, report: ReadReport) -> VoteFile:
    places = [home] if home == data.root else [home, home.parent]
    for place in places:
        path = place / NEW_VOTES
        if path.is_file():
            return read_new_votes(path, data.files.text(path), report)
    raise DatasetError(
        f"{home}: no {NEW_VOTES}, which label_source='fer2013new' reads; "
        f'{places[-1]} holds {describe(places[-1])}; use '
        f"label_source='label_csv' or put it there" + unpack_hint(*places)
    )


def _read_labels(
    data: FERPlus, home: Path, split: str, report: ReadReport
) -> VoteFile:
    path = home / FOLDERS[split] / LABEL_CSV
    votes = read_label_csv(path, data.files.text(path), split, report)
    if not votes.boxed:
        report.warn(
            f"{path}: has no boxes, so the authors' script wrote it from "
            f"{NEW_VOTES}, and its votes are that file's: not those of the "
            'label.csv that most published results use'
        )
    return votes


def _last_rows(table: Table) -> dict[tuple[str, str], int]:
    """Split and name to the last such row: the one whose image has the name.

    A name that occurs twice was written twice, so that its file holds the
    later image.
    """
    named = zip(table.split, table.name, strict=True)
    return {key: row for row, key in enumerate(named) if key[1]}


def _unique(votes: VoteFile, report: ReadReport) -> tuple[Table, int]:
    """Rows whose image has their name, and how many others have one.

    In fer2013new.csv some names occur twice: the file has the later image. A
    label.csv with votes of its own has each name once. Rows without a name
    hold no face; another one is a problem.
    """
    table = votes.table
    last = _last_rows(table)
    named = zip(table.split, table.name, strict=True)
    later = np.array([last.get(key, -1) for key in named], np.int64)
    again = (later >= 0) & (later != np.arange(len(table)))
    is_face = np.zeros(len(table), bool)
    for row in np.flatnonzero(later < 0):
        is_face[row] = argmax_label(table.votes[row].tolist()) is not None
    review = Review(table, report)
    review.drop(
        is_face,
        'missing name',
        lambda row: (
            'no image name, though the votes '
            f'{tuple(map(int, table.votes[row]))} are for a face'
        ),
    )
    if votes.boxed:
        review.drop(
            again,
            'duplicate entry',
            lambda row: (
                f'{table.name[row]!r} is again in line '
                f'{table.line[later[row]]}'
            ),
        )
        unlike = (table.votes != table.votes[later]).any(axis=1)
        review.keep[later[again & unlike]] = False
        again[:] = False
    review.keep &= (later >= 0) & ~again
    for row in np.flatnonzero(again):
        report.note(
            f'{table.where(row)}: left out, since line '
            f'{table.line[later[row]]} has the name {table.name[row]!r} and '
            'the image again'
        )
    return review.done(), int(again.sum())


# ---- images in a CSV -------------------------------------------------


def join_csv(
    data: FERPlus, home: Path, splits: Sequence[str], report: ReadReport
) -> Joined:
    """Votes with rows of FER2013's CSV, joined by the row's number.

    The number in an image's name is not the row's.

    Raises:
        DatasetError: A file is missing, or they are not of the same rows.
    """
    new = _read_new(data, home, report)
    path = data.image_csv or _find_images(data, home)
    need_columns(path, 'usage', 'pixels')
    parsed, _ = data.open_csv(path)
    if new.total != len(parsed.lines):
        raise DatasetError(
            f'{new.path}: {new.total} rows, but {path} has '
            f'{len(parsed.lines)}; they are joined by the number of the row, '
            'so one line of votes for each image is expected'
        )
    report_problems(path, parsed, splits, report)
    joined = Joined(new.table, [new.path])
    if data.label_source == 'label_csv':
        joined = _number_labels(data, home, splits, new, report)
    table = joined.table
    wanted = np.isin(table.split, splits) & (parsed.labels[table.row] >= 0)
    table = table.take(wanted)
    usages = parsed.usages[table.row]
    own = np.array(SPLITS, object)[usages]
    images = table.replace(file=str(path), line=parsed.lines[table.row])
    review = Review(images, report)
    review.drop(
        (usages >= 0) & (own != table.split),
        'usage differs',
        lambda row: (
            f'row {table.row[row]} is of {own[row]!r}, its votes are of '
            f'{table.split[row]!r}: the two files are not in the same order'
        ),
    )
    review.flush()
    table = table.take(review.keep)
    paths = [f'{path}#{row}' for row in table.row.tolist()]
    return joined._replace(table=table.replace(path=paths))


def _find_images(data: FERPlus, home: Path) -> Path:
    folder = locate(
        data.root,
        lambda place: find_csv(place) is not None,
        'FER2013, whose images FER+ takes',
    )
    path = None if folder is None else find_csv(folder)
    if path is not None:
        return path
    raise DatasetError(
        f'{data.root}: holds {NEW_VOTES} but no images; put '
        f'{" or ".join(CSV_NAMES)} beside it, or name one as image_csv='
        + unpack_hint(*{data.root, home})
    )


def _number_labels(
    data: FERPlus,
    home: Path,
    splits: Sequence[str],
    new: VoteFile,
    report: ReadReport,
) -> Joined:
    """Rows of label.csv, with the numbers that their names have."""
    folder = locate(
        data.root,
        lambda place: any(
            (place / name / LABEL_CSV).is_file() for name in FOLDERS.values()
        ),
        f"FER+'s {LABEL_CSV}",
    )
    if folder is None:
        raise DatasetError(
            f'{data.root}: no {FOLDERS["train"]}/{LABEL_CSV}, which '
            "label_source='label_csv' reads" + unpack_hint(*{data.root, home})
        )
    number_of = {
        key: new.table.row[row] for key, row in _last_rows(new.table).items()
    }
    tables, files, spare = [], [], 0
    for split in splits:
        labels = _read_labels(data, folder, split, report)
        table, more = _unique(labels, report)
        numbers = np.array(
            [number_of.get((split, name), -1) for name in table.name], np.int64
        )
        review = Review(table, report)
        review.drop(
            numbers < 0,
            'unknown name',
            lambda row, names=table.name: (
                f'{names[row]!r} is not in {new.path} for this split'
            ),
        )
        tables.append(review.done(row=numbers))
        files.append(labels)
        spare += more
    return _joined(tables, files, spare)


def _joined(
    tables: Sequence[Table], files: Sequence[VoteFile], spare: int
) -> Joined:
    sources = list(dict.fromkeys(file.path for file in files))
    boxed = all(file.boxed for file in files)
    return Joined(join(tables), sources, boxed, spare)


# ---- images in folders -----------------------------------------------


def join_png(
    data: FERPlus, home: Path, splits: Sequence[str], report: ReadReport
) -> Joined:
    """Votes with the images that the authors' script wrote.

    Raises:
        DatasetError: A file of votes is missing.
    """
    if data.label_source == 'fer2013new':
        new = _read_new(data, home, report)
        files = [
            new._replace(table=new.table.take(new.table.split == split))
            for split in splits
        ]
    else:
        files = [_read_labels(data, home, split, report) for split in splits]
    tables, spare = [], 0
    for split, votes in zip(splits, files, strict=True):
        folder = home / FOLDERS[split]
        table, more = _unique(votes, report)
        spare += more
        paths = [f'{folder}/{name}' for name in table.name]
        table = table.replace(
            path=paths, size=sizes_of(paths, data.files.images)
        )
        review = Review(table, report)
        images_present(review, table, table.name)
        tables.append(review.done(row=-1))
        extra = sorted({*data.files.images(folder)} - {*votes.table.name})
        if extra:
            report.warn(
                f'{votes.path}: does not list {len(extra)} images of '
                f'{folder} (first: {extra[0]})'
            )
    return _joined(tables, files, spare)
