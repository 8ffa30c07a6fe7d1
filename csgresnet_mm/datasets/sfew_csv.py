"""SFEW repacked as one folder of images beside ``sfew_2.0_labels.csv``."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from .errors import DatasetError
from .names import find_class, find_split
from .reading.report import ReadReport
from .reading.tables import good_rows, parse_whole, read_rows, text_lines

LIST = 'sfew_2.0_labels.csv'
IMAGES = 'sfew2.0_images'
COLUMNS = ('image_name', 'label', 'emotion', 'original_split')
_CONTROL = re.compile(r'[\x00-\x1f\x7f]')
_FOLDER = re.compile(r'(.*?)_aligned_faces(_new)?', re.IGNORECASE)


class CsvRow(NamedTuple):
    """A row; ``label`` is the class of its ``emotion``, in native order.

    ``split`` is SFEW's own: train, or val, which is labelled; rows of its
    test, which is not, are passed over.
    """

    line: int
    name: str
    number: int
    label: int
    split: str


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
    path: Path, text: str, problems: ReadReport, classes: Sequence[str]
) -> list[CsvRow]:
    """Read the rows of train and val.

    The class is that of ``emotion``. ``label`` may be numbered in any order,
    but it must be one order: rows of which the two columns say different
    things are problems.

    Args:
        path: Named in errors.
        text: What the list holds, with LF ends.
        problems: Takes malformed rows.
        classes: In native order.

    Returns:
        Rows in the order of the file, each image once.

    Raises:
        DatasetError: There is no usable header, no row, two numbers for one
            class, or (``on_error='raise'``) a row is malformed.
    """
    found = read_rows(path, text_lines(text), problems, len(COLUMNS))
    lines = [
        (row.line, row.fields) for row in good_rows(path, found, problems)
    ]
    order, lines = _columns(path, lines, problems)
    rows = []
    unlabelled = 0
    for number, fields in lines:
        row = _parse(path, number, fields, order, classes, problems)
        if isinstance(row, CsvRow):
            rows.append(row)
        elif row == 'test':
            unlabelled += 1
    if unlabelled:
        problems.note(
            f'{path}: passed over {unlabelled} rows of the official test '
            'split, which has no labels'
        )
    if not rows:
        raise DatasetError(
            f'{path}: holds no row {",".join(COLUMNS)} of train or val'
        )
    return _unique(path, _agreeing(path, rows, problems, classes), problems)


def _columns(
    path: Path, lines: list[tuple[int, list[str]]], problems: ReadReport
) -> tuple[tuple[list[int], int], list[tuple[int, list[str]]]]:
    """Places of the four columns and the width of a row; the other rows.

    The first row is the header if it names the columns, in any order; a row
    that is data is not lost.
    """
    expected = ','.join(COLUMNS)
    if not lines:
        raise DatasetError(f'{path}: empty; expected the header {expected!r}')
    number, first = lines[0]
    names = [field.lower() for field in first]
    if all(names.count(column) == 1 for column in COLUMNS):
        places = [names.index(column) for column in COLUMNS]
        return (places, len(first)), lines[1:]
    if len(first) == len(COLUMNS) and parse_whole(first[1]) is not None:
        problems.note(f'{path}: no header; read as {expected}')
        return (list(range(len(COLUMNS))), len(COLUMNS)), lines
    raise DatasetError(
        f'{path}, line {number}: header is {",".join(first)!r}; expected '
        f'{expected!r}'
    )


def _parse(
    path: Path,
    number: int,
    fields: Sequence[str],
    order: tuple[Sequence[int], int],
    classes: Sequence[str],
    problems: ReadReport,
) -> CsvRow | str | None:
    """A row; 'test' for one of the official test; None for a problem."""
    where = f'{path}, line {number}'
    places, width = order
    if len(fields) != width:
        problems.add(
            'wrong number of fields',
            f'{where}: {len(fields)} fields {",".join(fields)!r}; expected '
            f'{width}',
        )
        return None
    name, code, emotion, folder = (fields[place] for place in places)
    split = official_split(folder)
    if split == 'test':
        return split
    label = find_class(emotion, classes)
    place = parse_whole(code)
    wrong_name = _find_problem(name)
    if wrong_name is not None:
        problems.add(wrong_name[0], f'{where}: {name!r} {wrong_name[1]}')
    elif split is None:
        problems.add(
            'unknown split',
            f'{where}: original_split {folder!r} of {name!r} is unknown; '
            'expected Train_Aligned_Faces or Val_Aligned_Faces',
        )
    elif label is None:
        problems.add(
            'unknown class',
            f'{where}: emotion {emotion!r} of {name!r} is unknown; the '
            f'classes are {", ".join(classes)}',
        )
    elif place is None or not 0 <= place <= len(classes):
        problems.add(
            'label out of range',
            f'{where}: label {code!r} of {name!r} is not one of '
            f'0..{len(classes) - 1} (or 1..{len(classes)})',
        )
    else:
        return CsvRow(number, name, place, label, split)
    return None


def _find_problem(name: str) -> tuple[str, str] | None:
    """Cause and text of what is wrong with a name, None if it is well."""
    if '/' in name or '\\' in name or name in ('.', '..'):
        return 'path escape', 'is a path; a file name is expected'
    if not name or _CONTROL.search(name):
        return 'bad name', 'is no file name'
    return None


def _agreeing(
    path: Path,
    rows: Sequence[CsvRow],
    problems: ReadReport,
    classes: Sequence[str],
) -> list[CsvRow]:
    """Rows whose number means what it means in most rows."""
    meaning = _meaning(path, rows, classes)
    kept = []
    for row in rows:
        usual = meaning[row.number]
        if usual == row.label:
            kept.append(row)
            continue
        means = 'no one class' if usual is None else classes[usual]
        problems.add(
            'labels disagree',
            f'{path}, line {row.line}: {row.name!r} has the emotion '
            f'{classes[row.label]}, but its label {row.number} means {means} '
            'in the list',
        )
    if any(label not in (number, None) for number, label in meaning.items()):
        problems.warn(
            f'{path}: its numbers are not the alphabetical order 0..'
            f'{len(classes) - 1}: {_show(meaning, classes)}; the names in '
            'the column emotion are used'
        )
    return kept


def _meaning(
    path: Path, rows: Sequence[CsvRow], classes: Sequence[str]
) -> dict[int, int | None]:
    """Number to the class of more than half of its rows, None if none."""
    counts: dict[int, Counter[int]] = defaultdict(Counter)
    for row in rows:
        counts[row.number][row.label] += 1
    meaning: dict[int, int | None] = {}
    for number, own in sorted(counts.items()):
        label, count = own.most_common(1)[0]
        meaning[number] = label if 2 * count > own.total() else None
    known = [label for label in meaning.values() if label is not None]
    if len(set(known)) != len(known):
        raise DatasetError(
            f'{path}: two numbers in the column label mean one emotion: '
            f'{_show(meaning, classes)}'
        )
    return meaning


def _show(meaning: Mapping[int, int | None], classes: Sequence[str]) -> str:
    return ', '.join(
        f'{number} = {"unclear" if label is None else classes[label]}'
        for number, label in meaning.items()
    )


def _unique(
    path: Path, rows: Sequence[CsvRow], problems: ReadReport
) -> list[CsvRow]:
    """Each image once; none whose rows say different things."""
    kept: dict[str, CsvRow] = {}
    refused: set[str] = set()
    for row in rows:
        first = kept.setdefault(row.name, row)
        if first is row:
            continue
        same = (first.label, first.split) == (row.label, row.split)
        if not same:
            refused.add(row.name)
        problems.add(
            'duplicate entry',
            f'{path}, line {row.line}: {row.name!r} is already in line '
            f'{first.line}, with {"the same" if same else "another"} label '
            'and split',
        )
    return [row for name, row in kept.items() if name not in refused]
