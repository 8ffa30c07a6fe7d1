"""SFEW repacked as one folder of images beside ``sfew_2.0_labels.csv``."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import DatasetError
from ..reading.checks import Review, each_once
from ..reading.columns import class_words, file_names, parse_whole, split_words
from ..reading.files import image_stem
from ..reading.lists import Form, read_list
from ..reading.names import find_split
from ..reading.report import ReadReport
from ..reading.table import Table

LIST = 'sfew_2.0_labels.csv'
IMAGES = 'sfew2.0_images'
FORM = Form(
    ('image_name', 'label', 'emotion', 'original_split'), True, ('label',)
)
_FOLDER = re.compile(r'(.*?)_aligned_faces(_new)?', re.IGNORECASE)


def official_split(text: str) -> str | None:
    """The split of a name like ``Val`` or ``Train_Aligned_Faces_new``.

    >>> official_split('Train_Aligned_Faces'), official_split('valid')
    ('train', 'val')
    >>> official_split('Aligned_Faces') is None
    True
    """
    match = _FOLDER.fullmatch(text.strip())
    return find_split(match[1] if match else text)


def read_csv(
    path: Path, text: str, report: ReadReport, classes: Sequence[str]
) -> Table:
    """Read the rows of train and val; those of test have no label.

    The class is that of ``emotion``. ``label`` may be numbered in any order,
    but it must be one order: rows of which the two columns say different
    things are problems.

    Args:
        path: Named in errors.
        text: What the list holds, with LF ends.
        report: Takes malformed rows.
        classes: In native order.

    Returns:
        Rows in the order of the file, each image once, with ``image_name``
        and ``number`` (the label as written) in ``extra``.

    Raises:
        DatasetError: There is no usable header, no row, two numbers for one
            class, or (``on_error='raise'``) a row is malformed.
    """
    header = ','.join(FORM.columns)
    if not text.strip():
        raise DatasetError(f'{path}: empty; expected the header {header!r}')
    listed = read_list(path, text, FORM)
    folders = listed.table.extra['original_split']
    unlabelled = np.array(
        [official_split(name) == 'test' for name in folders], bool
    )
    review = Review(listed.table, report, listed.problems)
    review.keep &= ~unlabelled
    table = _parse(review, classes)
    if not listed.header:
        report.note(f'{path}: no header; read as {header}')
    if unlabelled.any():
        report.note(
            f'{path}: passed over {unlabelled.sum()} rows of the official '
            'test split, which has no labels'
        )
    report.note_blank(path, listed.blank)
    if not len(table):
        raise DatasetError(f'{path}: holds no row {header} of train or val')
    review = Review(table, report)
    _one_meaning(review, path, classes)
    names = table.extra['image_name']
    agree = {'label': table.label, 'split': table.split}
    each_once(review, names, agree, names)
    return review.done()


def _parse(review: Review, classes: Sequence[str]) -> Table:
    """The rows with names, splits, labels and the numbers of these."""
    names = file_names(review, 'image_name')
    splits = split_words(
        review,
        'original_split',
        names,
        'Train_Aligned_Faces or Val_Aligned_Faces',
        official_split,
    )
    labels = class_words(review, 'emotion', classes, names)
    codes = review.table.extra['label']
    parsed = [parse_whole(code) for code in codes]
    numbers = np.array([-1 if n is None else n for n in parsed], np.int64)
    review.drop(
        (numbers < 0) | (numbers > len(classes)),
        'label out of range',
        lambda row: (
            f'label {codes[row]!r} of {names[row]!r} is not one of '
            f'0..{len(classes) - 1} (or 1..{len(classes)})'
        ),
    )
    return review.done(
        name=[image_stem(name) for name in names],
        split=splits,
        label=labels,
        extra={'image_name': names, 'number': numbers},
    )


def _one_meaning(review: Review, path: Path, classes: Sequence[str]) -> None:
    """Rows whose number does not mean what it means in most rows."""
    table = review.table
    numbers = table.extra['number']
    meaning = _meaning(path, numbers, table.label, classes)
    usual = np.array([meaning[number] for number in numbers.tolist()])

    def message(row: int) -> str:
        means = 'no one class' if usual[row] < 0 else classes[usual[row]]
        return (
            f'{table.extra["image_name"][row]!r} has the emotion '
            f'{classes[table.label[row]]}, but its label {numbers[row]} means '
            f'{means} in the list'
        )

    review.drop(usual != table.label, 'labels disagree', message)
    if any(label not in (number, -1) for number, label in meaning.items()):
        review.report.warn(
            f'{path}: its numbers are not the alphabetical order 0..'
            f'{len(classes) - 1}: {_show(meaning, classes)}; the names in '
            'the column emotion are used'
        )


def _meaning(
    path: Path,
    numbers: NDArray[np.int64],
    labels: NDArray[np.int64],
    classes: Sequence[str],
) -> dict[int, int]:
    """Number to the class of more than half of its rows, -1 if none."""
    counts: dict[int, Counter[int]] = defaultdict(Counter)
    for number, label in zip(numbers.tolist(), labels.tolist(), strict=True):
        counts[number][label] += 1
    meaning: dict[int, int] = {}
    for number, labels_of in sorted(counts.items()):
        label, count = labels_of.most_common(1)[0]
        meaning[number] = label if 2 * count > labels_of.total() else -1
    known = [label for label in meaning.values() if label >= 0]
    if len(set(known)) != len(known):
        raise DatasetError(
            f'{path}: two numbers in the column label mean one emotion: '
            f'{_show(meaning, classes)}'
        )
    return meaning


def _show(meaning: Mapping[int, int], classes: Sequence[str]) -> str:
    return ', '.join(
        f'{number} = {"unclear" if label < 0 else classes[label]}'
        for number, label in meaning.items()
    )
