"""SFEW's list, mutated: only documented errors, never a wrong label."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from csgresnet_mm.datasets import DatasetError
from csgresnet_mm.datasets.reading.files import FolderIndex
from csgresnet_mm.datasets.reading.report import ReadReport
from csgresnet_mm.datasets.sfew_csv import read_csv

CLASSES = ('Angry', 'Disgust', 'Fear', 'Happy', 'Neutral', 'Sad', 'Surprise')
HEADER = ['image_name', 'label', 'emotion', 'original_split']
ROWS = [
    [f'image_{n:06d}.png', str(n % 7), CLASSES[n % 7], split]
    for n, split in enumerate(
        ['Train_Aligned_Faces'] * 9 + ['Val_Aligned_Faces'] * 5
    )
]
SPELLINGS = {
    'anger': 0,
    'angry': 0,
    'disgust': 1,
    'disgusted': 1,
    'fear': 2,
    'fearful': 2,
    'afraid': 2,
    'happiness': 3,
    'happy': 3,
    'joy': 3,
    'neutral': 4,
    'sad': 5,
    'sadness': 5,
    'surprise': 6,
    'surprised': 6,
    'suprise': 6,
}
SPLITS = {
    'train': 'train',
    'training': 'train',
    'train_set': 'train',
    'val': 'val',
    'valid': 'val',
    'validation': 'val',
    'val_set': 'val',
    'valid_set': 'val',
    'test': 'test',
}
JUNK = [
    '',
    ' ',
    '-1',
    '7',
    '8',
    '3.0',
    '3.',
    '3.5',
    '٣',
    'sad',
    'JOY',
    'contempt',
    'Test_Aligned_Faces',
    'val_aligned_faces_NEW',
    'dev',
    '../x.png',
    'a\\b.png',
    '..',
    '"',
    'image_000001.png',
    '\x00',
    '\u2028',
    ';',
]
DIGITS = set('0123456789')


# ---- the oracle ------------------------------------------------------


def slow_number(text: str) -> int | None:
    """0..7, also written as 3. or 3.0."""
    whole, _, fraction = text.partition('.')
    if not 0 < len(whole) < 10 or not all(c in DIGITS for c in whole):
        return None
    if fraction.strip('0'):
        return None
    return int(whole) if int(whole) <= 7 else None


def slow_split(text: str) -> str | None:
    name = text.lower()
    for tail in ('_aligned_faces_new', '_aligned_faces'):
        if name.endswith(tail):
            name = name[: -len(tail)]
            break
    return SPLITS.get(name.strip())


def slow_row(fields: list[str]) -> tuple | str | None:
    """(name, number, label, split); 'test'; None for a malformed row."""
    if len(fields) != 4:
        return None
    name, code, emotion, folder = fields
    split = slow_split(folder)
    if split == 'test':
        return 'test'
    number, label = slow_number(code), SPELLINGS.get(emotion.lower())
    if None in (split, number, label) or not name or name in ('.', '..'):
        return None
    if any(c in '/\\' or ord(c) < 32 or ord(c) == 127 for c in name):
        return None
    return name, number, label, split


def slow_read(rows: list[list[str]]) -> list[tuple] | None:
    """Rows that are to be read; None where the list is to be refused."""
    good = [
        (place, *row)
        for place, fields in enumerate(rows, 2)
        if isinstance(row := slow_row([f.strip() for f in fields]), tuple)
    ]
    meaning = {}
    for number in {row[2] for row in good}:
        labels = [row[3] for row in good if row[2] == number]
        for label in set(labels):
            if labels.count(label) > len(labels) / 2:
                meaning[number] = label
    if not good or len(set(meaning.values())) < len(meaning):
        return None
    good = [row for row in good if meaning.get(row[2]) == row[3]]
    kept = []
    for row in good:
        same = [other for other in good if other[1] == row[1]]
        told = {other[3:] for other in same}
        if same[0] is row and len(told) == 1:
            kept.append(row)
    return kept


# ---- mutations -------------------------------------------------------


@st.composite
def mutated(draw: st.DrawFn) -> list[list[str]]:
    rows = [list(row) for row in draw(st.permutations(ROWS))]
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(rows) - 1))
        fields = rows[place]
        spot = draw(st.integers(0, len(fields) - 1)) if fields else 0
        kind = draw(st.sampled_from('junk drop double row lose move'.split()))
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
        elif kind == 'move' and len(fields) == 4:
            fields[2] = draw(st.sampled_from(CLASSES))
    return rows


def read(text: str, on_error: str) -> tuple[list[tuple], ReadReport]:
    problems = ReadReport(on_error, 'fuzz')
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'sfew_2.0_labels.csv'
        path.write_bytes(text.encode())
        text = FolderIndex().text(path)
        found = read_csv(path, text, problems, CLASSES)
    columns = (
        found.line.tolist(),
        found.extra['image_name'],
        found.extra['number'].tolist(),
        found.label.tolist(),
        found.split,
    )
    return list(zip(*columns, strict=True)), problems


@settings(max_examples=400, deadline=None, derandomize=True)
@given(mutated(), st.sampled_from(['\n', '\r\n']), st.booleans())
def test_mutated_list(rows: list[list[str]], end: str, bom: bool) -> None:
    lines = [','.join(row) for row in [HEADER, *rows]]
    text = '\ufeff' * bom + end.join(lines)
    want = slow_read([row if '"' not in row else [] for row in rows])
    try:
        found, problems = read(text, 'skip')
    except DatasetError as error:
        assert want is None, error
        return
    assert found == want
    try:
        strict, _ = read(text, 'raise')
    except DatasetError as error:
        assert problems.skipped
        assert 'sfew_2.0_labels.csv, line ' in str(error)
    else:
        assert not problems.skipped
        assert strict == found


def test_the_oracle_reads_the_list() -> None:
    want = [
        (2 + n, row[0], n % 7, n % 7, 'train' if n < 9 else 'val')
        for n, row in enumerate(ROWS)
    ]
    assert slow_read(ROWS) == want
