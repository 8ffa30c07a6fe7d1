"""AffectNet's annotations, mutated: documented errors, no wrong label.

The oracles are written from the formats, row by row and field by field.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from csgresnet_mm.datasets import DatasetError
from csgresnet_mm.datasets.affectnet import (
    class_lists,
    first_release,
    phase_list,
    yolo,
)
from csgresnet_mm.datasets.affectnet.npy import decode_label
from csgresnet_mm.datasets.layouts.affectnet import CLASSES
from csgresnet_mm.datasets.reading.files import FolderIndex
from csgresnet_mm.datasets.reading.report import ReadReport
from csgresnet_mm.datasets.reading.table import Table

DIGITS = set('0123456789')
JUNK = [
    '',
    ' ',
    '-1',
    '+3',
    '7',
    '8',
    '11',
    '3.0',
    '3.5',
    '٣',
    'nan',
    'inf',
    '1e3',
    'sad',
    'NULL',
    '1/b.jpg',
    '../x.jpg',
    '/x.jpg',
    '1/../x.jpg',
    'a\\b.jpg',
    '..',
    '"',
    "'",
    '\x00',
    '\u2028',
    ';',
    'val',
    'dev',
    'test',
]
Rows = list[list[str]]


def slow_integer(text: str) -> int | None:
    digits = text.strip().removeprefix('-')
    if text.strip().startswith('+'):
        digits = text.strip()[1:]
    if not 0 < len(digits) < 10 or not set(digits) <= DIGITS:
        return None
    return int(text)


def slow_path(path: str) -> bool:
    """Whether a path leads below the folder it starts in."""
    plain = not any(c == '\\' or ord(c) < 32 or ord(c) == 127 for c in path)
    return plain and all(
        part not in ('', '.', '..') for part in path.split('/')
    )


@st.composite
def mutated(draw: st.DrawFn, rows: Rows) -> Rows:
    rows = [list(row) for row in rows]
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(rows) - 1))
        fields = rows[place]
        spot = draw(st.integers(0, len(fields) - 1)) if fields else 0
        kind = draw(st.sampled_from('junk drop double row lose swap'.split()))
        if kind == 'junk' and fields:
            fields[spot] = draw(st.sampled_from(JUNK))
        elif kind == 'drop' and len(fields) > 1:
            del fields[spot]
        elif kind == 'double' and fields:
            fields.insert(spot, fields[spot])
        elif kind == 'row':
            rows.insert(place, list(fields))
        elif kind == 'lose' and len(rows) > 1:
            del rows[place]
        elif kind == 'swap' and fields:
            other = draw(st.integers(0, len(fields) - 1))
            fields[spot], fields[other] = fields[other], fields[spot]
    return rows


def write(
    folder: str, name: str, rows: Rows, comma: str, end: str, bom: bool
) -> Path:
    path = Path(folder) / name
    path.parent.mkdir(exist_ok=True)
    text = '\ufeff' * bom + end.join(comma.join(row) for row in rows)
    path.write_bytes(text.encode())
    return path


def assert_agrees(
    read: Callable[[ReadReport], Any], want: Any, where: str
) -> None:
    """Skipping gives what the oracle says, and raising names the line.

    ``want`` is None where the list is to be refused as a whole.
    """
    problems = ReadReport('skip', 'fuzz')
    try:
        found = read(problems)
    except DatasetError as error:
        assert want is None, error
        return
    assert found == want
    try:
        assert read(ReadReport('raise', 'fuzz')) == found
        assert not problems.skipped
    except DatasetError as error:
        assert problems.skipped
        assert where in str(error)


def rows_of(table: Table, root: str) -> list[tuple[str, str, int, int]]:
    """(Folder below the root, name, label, line) of each row."""
    places = [path.removeprefix(root).rpartition('/') for path in table.path]
    assert [place[2] for place in places] == table.extra['image'].tolist()
    numbers = zip(table.label.tolist(), table.line.tolist(), strict=True)
    return [
        (place[0], place[2], *own)
        for place, own in zip(places, numbers, strict=True)
    ]


ENDS = st.sampled_from(['\n', '\r\n', '\n\n'])
fuzz = settings(max_examples=120, deadline=None, derandomize=True)


# ---- <id>_exp.npy ----------------------------------------------------


def npy(value: Any, version: tuple[int, int]) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.array(value), version=version)
    return stream.getvalue()


FILES = st.builds(
    npy,
    st.sampled_from(['3', '10', b'7', 0, 5.0, np.int16(-2), [4], '٣', 'x']),
    st.sampled_from([(1, 0), (2, 0)]),
)
EDITS = st.lists(
    st.tuples(st.integers(0, 160), st.binary(max_size=3), st.integers(0, 3)),
    max_size=3,
)


@settings(max_examples=800, deadline=None, derandomize=True)
@given(FILES, EDITS)
def test_mutated_npy(data: bytes, edits: list[tuple[int, bytes, int]]) -> None:
    for place, new, drop in edits:
        data = data[:place] + new + data[place + drop :]
    found = decode_label(data)
    if isinstance(found, str):
        assert found
        return
    array = np.load(io.BytesIO(data), allow_pickle=False)
    assert array.size == 1
    value = array.reshape(-1)[0]
    assert int(value) == found
    assert not isinstance(value, np.floating) or value == found


@given(st.sampled_from('US'), st.integers(0, 99), st.integers(2, 6))
@fuzz
def test_every_plain_label_is_read(kind: str, label: int, width: int) -> None:
    data = npy(np.array(str(label), f'{kind}{width}'), (1, 0))
    assert decode_label(data) == label


# ---- training.csv ----------------------------------------------------

COLUMNS = (
    'subDirectory_filePath,face_x,face_y,face_width,face_height,'
    'facial_landmarks,expression,valence,arousal'
).split(',')
CSV_ROWS = [
    [f'{n % 3}/{n}.jpg', str(n - 2), '4', '20', str(30 + n), '1;2']
    + [str(n % 11), '0.5', '-0.25']
    for n in range(12)
]


def slow_number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < float('inf') else None


def slow_csv(rows: Rows) -> list[tuple] | None:
    """(folder, name, label, line, box) of each row that is to be read."""
    if not rows:
        return None
    names = [field.strip().lower() for field in rows[0]]
    wanted = [COLUMNS[n].lower() for n in (0, 1, 2, 3, 4, 6)]
    spots = [0, 1, 2, 3, 4, 6]
    width = 9
    first = 0
    if all(name in names for name in wanted):
        spots = [names.index(name) for name in wanted]
        width, first = len(names), 1
    elif (
        len(rows[0]) != 9
        or slow_integer(rows[0][6]) is None
        or not slow_path(rows[0][0].strip())
    ):
        return None
    good = []
    for line, row in enumerate(rows[first:], 1 + first):
        if len(row) != width:
            continue
        path = row[spots[0]].strip()
        label = slow_integer(row[spots[5]])
        if label is None or not slow_path(path):
            continue
        box = None
        if label < 8:
            numbers = [slow_number(row[spot]) for spot in spots[1:5]]
            if None in numbers:
                continue
            x, y, w, h = numbers
            if w <= 0 or h <= 0 or x + w <= 0 or y + h <= 0:
                continue
            box = (x, y, x + w, y + h)
        folder = '/'.join(path.split('/')[:-1])
        good.append((folder, path.split('/')[-1], label, line, box))
    return good or None


@given(mutated([COLUMNS, *CSV_ROWS]), st.booleans(), ENDS, st.booleans())
@fuzz
def test_mutated_csv(rows: Rows, header: bool, end: str, bom: bool) -> None:
    rows = rows if header else rows[1:]
    with tempfile.TemporaryDirectory() as folder:
        path = write(folder, 'training.csv', rows, ',', end, bom)
        for number in range(3):
            (Path(folder) / str(number)).mkdir()
        want = slow_csv([','.join(row).split(',') for row in rows])
        known = want and any(item[0] in ('0', '1', '2') for item in want)
        if want is not None and end == '\n\n':
            want = [(*w[:3], 2 * w[3] - 1, w[4]) for w in want]
        root = f'{folder}/'

        def read(problems: ReadReport) -> list[tuple]:
            table, _ = first_release.read_csv(
                path,
                Path(folder),
                crop=True,
                files=FolderIndex(),
                report=problems,
            )
            boxes = [
                None if np.isnan(box).any() else tuple(box.tolist())
                for box in table.box
            ]
            found = zip(rows_of(table, root), boxes, strict=True)
            return [(*row, box) for row, box in found]

        step = 2 if end == '\n\n' else 1
        quoted = {
            1 + step * number
            for number, row in enumerate(rows)
            if any('"' in field for field in row)
        }
        if quoted:  # what quotes mean is left to the csv module
            try:
                found = read(ReadReport('skip', 'fuzz'))
            except DatasetError:
                return
            plain = [item for item in found if item[3] not in quoted]
            if want is not None and 1 not in quoted:
                assert plain == [i for i in want if i[3] not in quoted]
            return
        assert_agrees(read, want if known else None, 'training.csv, line ')


# ---- train_annotations_7class.txt ------------------------------------

LIST_ROWS = [[f'{n}.jpg', str(n % 7)] for n in range(12)]


def slow_list(rows: Rows) -> list[tuple] | None:
    """(name, label, line) of each line that is to be read."""
    lines = [(line, ' '.join(row).split()) for line, row in enumerate(rows, 1)]
    lines = [(line, fields) for line, fields in lines if fields]
    three = sum(len(fields) == 3 for _, fields in lines)
    width = 3 if 2 * three > len(lines) else 2
    parsed = []
    for line, fields in lines:
        if len(fields) != width or slow_integer(fields[1]) is None:
            continue
        if any(ord(c) < 32 or ord(c) == 127 for c in fields[0]):
            continue
        parsed.append((fields[0], slow_integer(fields[1]), line))
    labels = [label for _, label, _ in parsed]
    if (0 in labels) == (7 in labels):
        return None
    base = 0 if 0 in labels else 1
    if len({n for n in labels if not base <= n < base + 7}) > 2:
        return None
    return [
        (name, label - base, line)
        for name, label, line in parsed
        if base <= label < base + 7 and '/' not in name and slow_path(name)
    ]


@given(mutated(LIST_ROWS), st.sampled_from(['\n', '\r\n']), st.booleans())
@fuzz
def test_mutated_list(rows: Rows, end: str, bom: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write(
            folder, 'train_annotations_7class.txt', rows, ' ', end, bom
        )

        def read(problems: ReadReport) -> list[tuple]:
            _, table = class_lists.read_one(
                {7: path}, 7, 'auto', FolderIndex(), problems
            )
            found = rows_of(table, f'{folder}/')
            assert {row[0] for row in found} <= {'images'}
            return [row[1:] for row in found]

        assert_agrees(read, slow_list(rows), '7class.txt, line ')


# ---- affectnet.csv ---------------------------------------------------

CACHE_ROWS = [
    [str(n), 'val' if n > 9 else 'train']
    + [f'/x/{"val" if n > 9 else "train"}_set/images/{n}.jpg', str(n % 8)]
    for n in range(14)
]
SPLITS = {'train': 'train', 'val': 'val', 'test': 'test'}


def slow_cache(rows: Rows) -> dict[str, list[tuple]] | None:
    """Split to (folder below the root, name, label, line)."""
    found: dict[str, list[tuple]] = {}
    for line, row in enumerate(rows, 2):
        if len(row) != 4:
            continue
        _, phase, path, text = (field.strip() for field in row)
        label = slow_integer(text)
        if phase not in SPLITS or label is None:
            continue
        *parts, name = path.split('/')
        parts = [part for part in parts if part != '.']
        if '..' in parts or not slow_path(name) or '\\' in path:
            continue
        own = [n for n, part in enumerate(parts) if part in FOLDERS]
        if own:
            parts = parts[own[-1] :]
            if FOLDERS[parts[0]] != phase:
                continue
        elif path.startswith('/'):
            continue
        place = '/'.join(part for part in parts if part)
        found.setdefault(phase, []).append((place, name, label, line))
    labels = {item[2] for own_rows in found.values() for item in own_rows}
    return None if labels and 0 not in labels else found


FOLDERS = {'train_set': 'train', 'val_set': 'val'}


@given(mutated(CACHE_ROWS), st.sampled_from(['\n', '\r\n']), st.booleans())
@fuzz
def test_mutated_cache(rows: Rows, end: str, bom: bool) -> None:
    header = ['', 'phase', 'img_path', 'label']
    text = [','.join(row) for row in rows]
    quoted = any('"' in row for row in text)
    with tempfile.TemporaryDirectory() as folder:
        path = write(folder, 'affectnet.csv', [header, *rows], ',', end, bom)
        for name in FOLDERS:
            (Path(folder) / name / 'images').mkdir(parents=True)

        def read(problems: ReadReport) -> dict[str, list[tuple]]:
            table = phase_list.read_all(path, 'auto', FolderIndex(), problems)
            return {
                split: rows_of(table.take(table.split == split), f'{folder}/')
                for split in set(table.split)
            }

        if quoted:  # what quotes mean is left to the csv module
            want = slow_cache([[] if '"' in row else row for row in rows])
            try:
                found = read(ReadReport('skip', 'fuzz'))
            except DatasetError:
                return
            for split, items in found.items():
                assert [i for i in items if i in (want or {}).get(split, [])]
            return
        want = slow_cache([row.split(',') for row in text])
        assert_agrees(read, want, 'affectnet.csv, line ')


# ---- data.yaml and labels/*.txt --------------------------------------

NAMES = sorted(CLASSES)


@given(
    mutated([[name] for name in NAMES]),
    st.lists(st.sampled_from([*JUNK, '0', '5', '0.5']), max_size=12),
    st.sampled_from(['\n', ' ']),
)
@fuzz
def test_mutated_yolo(rows: Rows, fields: list[str], comma: str) -> None:
    names = [' '.join(row) for row in rows]
    body = comma.join(fields)
    with tempfile.TemporaryDirectory() as folder:
        split = Path(folder) / 'train'
        (split / 'images').mkdir(parents=True)
        (split / 'images' / 'a.jpg').write_bytes(b'x')
        (split / 'labels').mkdir()
        (split / 'labels' / 'a.txt').write_bytes(body.encode())
        text = ''.join(f'- {name}\n' for name in names)
        (Path(folder) / 'data.yaml').write_bytes(f'names:\n{text}'.encode())
        known = [name.strip() in CLASSES for name in names]
        problems = ReadReport('skip', 'fuzz')
        path, files = Path(folder) / 'data.yaml', FolderIndex()
        try:
            own = yolo.read_names(path, files.text(path))
        except DatasetError:
            # a quote or a comment may still leave known names
            assert not all(known) or len(set(names)) < len(names)
            return
        table = yolo.read_labels(split, path, own, files, problems)
        found = table.label.tolist()
        lines = [line.split() for line in body.split('\n') if line.split()]
        if all(known) and lines and all(len(line) == 5 for line in lines):
            ids = {slow_integer(line[0]) for line in lines}
            key = ids.pop() if len(ids) == 1 else None
            if key is not None and 0 <= key < len(names):
                assert found == [CLASSES.index(names[key].strip())]
                return
        if all(known):
            assert found == []
            assert problems.skipped['bad label file'] == 1
