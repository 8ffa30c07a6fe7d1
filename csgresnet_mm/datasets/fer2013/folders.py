"""FER2013 repacked as class folders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import DatasetError
from ..reading.checks import Mask, Review, images_present, splits_of_names
from ..reading.folders import ClassFolders, find_split_folders
from ..reading.known_copies import find_repack
from ..reading.report import ReadReport
from ..reading.table import Table
from .names import (
    fer2013_split,
    is_fer_name,
    refuse_rafdb,
    with_keys,
    with_unique_keys,
)

if TYPE_CHECKING:
    from . import FER2013

BOTH = 'both halves of the test'
"""A test folder whose images may be of PublicTest or of PrivateTest."""
UNOFFICIAL = 'not the official split'
Pairs = dict[str, list[str]]
"""Split to what is shown of two images."""


def read_folders(
    data: FER2013, home: Path, splits: Sequence[str], report: ReadReport
) -> Table:
    """The images of a split, or of all; all are checked.

    The prefix of a name (``PrivateTest_12.jpg``) says the split, and outranks
    the folder. Without prefixes, a folder ``test`` beside ``train`` alone is
    :data:`BOTH` halves, and ``validation`` beside ``train`` alone is
    :data:`UNOFFICIAL` unless its counts are PublicTest's; the report's
    ``release`` is then that.

    Raises:
        DatasetError: See :class:`~.FER2013`.
    """
    folders = find_split_folders(home)
    table = _read_classes(data, folders, report)
    named = any(map(fer2013_split, table.name))
    if named:
        table = _by_names(home, table, report)
        there = list(dict.fromkeys(table.split))
    else:
        table, there = _by_folders(home, table, folders)
    places = [there.index(split) for split in table.split]
    table = table.take(np.argsort(places, kind='stable'))
    table, warnings = unique_images(table, report)
    report.release = '' if named else _find_release(data, table, there)
    if 'val' in there:
        data.refuse_second_val(home)
    report.where = f'class folders {home}'
    if report.release:
        report.where += f' ({report.release})'
    if len(splits) == 1:
        there = [_find_split(home, splits[0], table, there, folders, report)]
        table = table.take(table.split == there[0])
    elif len(there) < 2:
        raise DatasetError(
            f"{home}: holds {', '.join(there)} only; the paper's split is "
            'one of all images'
        )
    for split in there:
        for text in warnings[split]:
            report.warn(text)
    if there == [BOTH]:
        _warn_of_both(home, table, report)
    both = table.split == BOTH
    return with_unique_keys(
        table.replace(split=np.where(both, 'test', table.split))
    )


def _read_classes(
    data: FER2013, folders: Mapping[str, Path], report: ReadReport
) -> Table:
    """All images, with the classes and the splits of their folders."""
    reader = ClassFolders(
        folders,
        data.native,
        {**data.PUBLISHED, **data.TOGETHER},
        report,
        data.files,
        folder_order=data.folder_order,
    )
    refuse_rafdb(folders, data.files, 'FER2013')
    table, proven = reader.read()
    if not proven:
        raise reader.needs_order('they are numbered from 1')
    return table


def _find_release(data: FER2013, table: Table, there: Sequence[str]) -> str:
    """:data:`BOTH`, :data:`UNOFFICIAL`, or '', of images without prefixes."""
    if BOTH in there:
        return BOTH
    if 'val' in there and 'test' not in there:
        val = table.take(table.split == 'val').counts(len(data.native))
        if val != tuple(data.PUBLISHED['val']):
            return UNOFFICIAL
    return ''


def _by_names(home: Path, table: Table, report: ReadReport) -> Table:
    """Splits by prefix; altered copies are reported."""
    split = table.split
    own = np.array([fer2013_split(stem) or '' for stem in table.name], object)
    altered = np.array([not is_fer_name(stem) for stem in table.name], bool)
    moved = (split != '') & (split != own)
    moved &= (split != 'test') | (own != 'val')  # both halves lie in test
    review = Review(with_keys(table), report)
    table = splits_of_names(
        review,
        home,
        own,
        moved=moved,
        misplaced=moved & altered,
        unnamed=(
            'no usage in the name',
            'starts with none of Training_, PublicTest_ and PrivateTest_, as '
            'other images here do',
        ),
    )
    copies = review.table.path[altered & review.keep]
    if len(copies):
        report.warn(
            f'{home}: {len(copies)} names are more than a usage and a '
            f'number (first: {copies[0]}): an altered copy?'
        )
    return table


def _by_folders(
    home: Path, table: Table, folders: Mapping[str, Path]
) -> tuple[Table, list[str]]:
    """Splits by folder, and which there are."""
    if '' in folders:
        raise DatasetError(
            f'{home}: neither folders nor names tell train from test; '
            'expected train/<class> and test/<class>, or images named '
            'Training_<number>, PublicTest_<number> and PrivateTest_<number>'
        )
    table, there = with_keys(table), list(folders)
    if 'val' not in there and 'test' in there:
        there = [split for split in there if split != 'test'] + [BOTH]
        in_test = table.split == 'test'
        table = table.replace(split=np.where(in_test, BOTH, table.split))
    return table, there


def _find_split(
    home: Path,
    split: str,
    table: Table,
    there: Sequence[str],
    folders: Mapping[str, Path],
    report: ReadReport,
) -> str:
    """What the table calls a split; warn where that is not the official one.

    Raises:
        DatasetError: Its images cannot be known from others, or are not
            there.
    """
    if split in there:
        if report.release == UNOFFICIAL:
            counts = {
                name: int((table.split == name).sum())
                for name in ('train', 'val')
            }
            repack = find_repack('FER2013', counts)
            known = ' (a known repack)' if repack else ''
            report.warn(
                f'{home}: {counts["train"]}/{counts["val"]} images in '
                f'train/validation{known}: '
                f'{UNOFFICIAL} (28709/3589/3589), results are not comparable'
            )
        return split
    if report.release == BOTH and split == 'test':
        return BOTH
    if report.release == BOTH and split == 'val':
        raise DatasetError(
            f'{home}: the names do not tell PublicTest from PrivateTest, so '
            'there is no official validation split; set val_ratio (0.1, say) '
            'to split one off train'
        )
    if report.release == UNOFFICIAL:
        raise DatasetError(
            f'{folders["val"]}: {UNOFFICIAL} and no test; evaluate on '
            "split='val'"
        )
    names = ', '.join(map(str, folders.values()))
    raise DatasetError(f'{home}: no images of the split {split!r} in {names}')


def _warn_of_both(home: Path, table: Table, report: ReadReport) -> None:
    if len(table):
        report.warn(
            f'{home}: the names (first: {table.path[0]}) do not tell '
            f'PublicTest from PrivateTest, so these {len(table)} images are '
            f'{BOTH}: results on them are not comparable with those on '
            'PrivateTest (3589)'
        )


def unique_images(
    table: Table, report: ReadReport
) -> tuple[Table, Mapping[str, list[str]]]:
    """Images not empty, each once in its split; and warnings of names.

    A name is no identity here: the set itself has names in two class folders,
    with another face in each. Where one occurs again the bytes decide: other
    bytes are another sample; the same under another label are kept as the set
    has them; of both there are warnings. Under the same label they are a
    problem, and so is a name that occurs twice in one folder, as .jpg and
    .png say.

    Args:
        table: Of :func:`with_keys`.
        report: Takes what is left out.

    Returns:
        The images, and split to warnings.
    """
    review = Review(table, report)
    images_present(review, table)
    first, other, relabelled = _find_twins(table, review.keep)
    review.drop(
        first >= 0,
        'duplicate entry',
        lambda row: f'the same image as {table.path[first[row]]}',
    )
    warnings: dict[str, list[str]] = defaultdict(list)
    for pairs, what in (
        (other, 'with another face: other samples'),
        (relabelled, 'with the same bytes: kept under both labels'),
    ):
        for split, shown in pairs.items():
            warnings[split].append(
                f'{len(shown)} names occur in another folder again, {what} '
                f'(first: {shown[0]})'
            )
    return review.done(), warnings


def _find_twins(
    table: Table, keep: Mask
) -> tuple[NDArray[np.int64], Pairs, Pairs]:
    """Images whose name occurs again in their split.

    Returns:
        Of each, the row of the same image with the same label before it, -1
        if there is none; and split to the pairs of one name that are other
        images, and that are one with two labels.
    """
    first = np.full(len(table), -1)
    rows_of: dict[tuple[str, str], list[int]] = defaultdict(list)
    other: Pairs = defaultdict(list)
    relabelled: Pairs = defaultdict(list)
    for row in np.flatnonzero(keep).tolist():
        split = table.split[row]
        before = rows_of[split, table.name[row]]
        twin = next((old for old in before if _is_same(table, old, row)), None)
        if twin is not None and table.label[twin] == table.label[row]:
            first[row] = twin
            continue
        if before:
            pairs, old = (
                (other, before[0]) if twin is None else (relabelled, twin)
            )
            pairs[split].append(f'{table.path[old]} and {table.path[row]}')
        before.append(row)
    return first, other, relabelled


def _is_same(table: Table, first: int, second: int) -> bool:
    """Whether two images of one name are one picture."""
    paths = [Path(table.path[row]) for row in (first, second)]
    if paths[0].parent == paths[1].parent:
        return True
    return bool(table.size[first] == table.size[second]) and (
        paths[0].read_bytes() == paths[1].read_bytes()
    )
