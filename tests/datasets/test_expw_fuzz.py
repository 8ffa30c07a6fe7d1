"""ExpW's list, mutated: only documented errors, never a wrong label."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from csgresnet_mm.datasets import DatasetError
from csgresnet_mm.datasets.expw import read_faces
from csgresnet_mm.datasets.reading.files import FolderIndex
from csgresnet_mm.datasets.reading.report import ReadReport

LINES = [
    'angry_actor_104.jpg 0 28 113 226 141 22.9362 0',
    'angry_actor_109.jpg 0 22 143 225 104 20.7125 0',
    'happy_boy_7.jpg 0 50 64 121 107 51.5 3',
    'happy_boy_7.jpg 1 40 164 221 97 33.25 6',
    'sad_African_12.jpg 0 10 20 60 50 9.75 4',
    'surprised_girl_3.jpg 2 0 0 80 80 12 5',
    'afraid_Asian_99.jpg 0 5 5 50 50 61.0 2',
]
"""As published: name, face_id, top, left, right, bottom, confidence, label."""
JUNK = [
    '',
    ' ',
    '-1',
    '0',
    '6',
    '7',
    '8',
    '3.0',
    '1e3',
    '1e999',
    'nan',
    'inf',
    '1_0',
    '0x3',
    '٣',
    '³',
    'happy',
    '../x.jpg',
    'a\\b.jpg',
    '..',
    'é.jpg',
    'a b',
    '\x00',
    '\x0b',
    '\u2028',
    '\ufeff',
    ',',
    '#',
]
DIGITS = set('0123456789')


# ---- the oracle: the format, character by character ------------------


def is_integer(text: str) -> bool:
    body = text[1:] if text[:1] in ('+', '-') else text
    return 0 < len(body) < 10 and all(c in DIGITS for c in body)


def number(text: str) -> float | None:
    """A finite decimal number in ASCII, with an exponent or without."""
    body = text[1:] if text[:1] in ('+', '-') else text
    mantissa, mark, exponent = body.replace('E', 'e').partition('e')
    whole, _, fraction = mantissa.partition('.')
    digits = whole + fraction
    if not whole or not all(c in DIGITS for c in digits):
        return None
    if mark and not is_exponent(exponent):
        return None
    value = float(text)
    return value if abs(value) < float('inf') else None


def is_exponent(text: str) -> bool:
    body = text[1:] if text[:1] in ('+', '-') else text
    return bool(body) and all(c in DIGITS for c in body)


def slow_line(line: str) -> tuple | None:
    """(name, face, left, top, right, bottom, confidence, label as written)."""
    fields = line.split()
    if len(fields) != 8:
        return None
    name, face, top, left, right, bottom, confidence, label = fields
    if any(c in '/\\' or ord(c) < 32 or ord(c) == 127 for c in name):
        return None
    if name in ('.', '..'):
        return None
    if not is_integer(face) or not is_integer(label):
        return None
    values = [number(n) for n in (left, top, right, bottom, confidence)]
    if None in values:
        return None
    return (name, int(face), *values, int(label))


def slow_read(data: bytes) -> list[tuple] | None:
    """(line, name, face, box, confidence, label); None: no usable list."""
    try:
        text = data.decode('utf-8')
    except UnicodeDecodeError:
        return None
    text = text.removeprefix('\ufeff')
    text = text.replace('\r\n', '\n').replace('\r', '\n')
    rows = [
        (place, *found)
        for place, line in enumerate(text.split('\n'), 1)
        if (found := slow_line(line)) is not None
    ]
    labels = {row[-1] for row in rows}
    if (0 in labels) == (7 in labels):
        return None
    first = 1 if 7 in labels else 0
    return [
        (place, name, face, (left, top, right, bottom), sure, label - first)
        for place, name, face, left, top, right, bottom, sure, label in rows
        if left < right
        and top < bottom
        and right > 0
        and bottom > 0
        and first <= label <= first + 6
    ]


# ---- mutations -------------------------------------------------------


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    lines = draw(st.permutations(LINES))[: draw(st.integers(2, 7))]
    if draw(st.booleans()):
        lines = [up(line) for line in lines]
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, max(len(lines) - 1, 0)))
        lines = mutate(draw, lines, place)
    end = draw(st.sampled_from(['\n', '\r\n', '\n\n', '\r']))
    text = draw(st.sampled_from(['', '\ufeff'])) + end.join(lines)
    data = (text + draw(st.sampled_from(['', end]))).encode()
    if data and draw(st.integers(0, 9)) == 0:
        spot = draw(st.integers(0, len(data) - 1))
        byte = bytes([draw(st.integers(0, 255))])
        data = data[:spot] + byte + data[spot + 1 :]
    return data


def up(line: str) -> str:
    """The label, counted from one."""
    head, label = line.rsplit(' ', 1)
    return f'{head} {int(label) + 1}'


def mutate(draw: st.DrawFn, lines: list[str], place: int) -> list[str]:
    if not lines:
        return [draw(st.sampled_from(JUNK))]
    before, line, after = lines[:place], lines[place], lines[place + 1 :]
    fields = line.split(' ')
    spot = draw(st.integers(0, len(fields) - 1))
    other = draw(st.integers(0, len(fields) - 1))
    kind = draw(
        st.sampled_from('junk glue swap drop double line lose'.split())
    )
    if kind == 'junk':
        fields[spot] = draw(st.sampled_from(JUNK))
    elif kind == 'glue':
        fields[spot] += draw(st.sampled_from(JUNK))
    elif kind == 'swap':
        fields[spot], fields[other] = fields[other], fields[spot]
    elif kind == 'drop':
        del fields[spot]
    elif kind == 'double':
        fields.insert(spot, fields[spot])
    elif kind == 'line':
        return [*before, line, line, *after]
    elif kind == 'lose':
        return [*before, *after]
    return [*before, ' '.join(fields), *after]


def read(data: bytes, on_error: str) -> tuple[list[tuple], ReadReport]:
    problems = ReadReport(on_error, 'fuzz')
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'label.lst'
        path.write_bytes(data)
        text = FolderIndex().text(path)
        faces = read_faces(path, text, problems)
    rows = [
        (
            faces.line[row],
            faces.group[row],
            int(faces.name[row].rpartition('/')[2]),
            tuple(faces.box[row]),
            faces.extra['confidence'][row],
            faces.label[row],
        )
        for row in range(len(faces))
    ]
    return rows, problems


@settings(max_examples=400, deadline=None, derandomize=True)
@given(mutated())
def test_mutated_list(data: bytes) -> None:
    want = slow_read(data)
    try:
        faces, problems = read(data, 'skip')
    except DatasetError as error:
        assert want is None, error
        return
    assert faces == want
    try:
        strict, _ = read(data, 'raise')
    except DatasetError as error:
        assert problems.skipped
        assert 'label.lst, line ' in str(error)
    else:
        assert not problems.skipped
        assert strict == faces


def test_the_oracle_reads_the_example() -> None:
    want = [(1, 'angry_actor_104.jpg', 0, (113, 28, 226, 141), 22.9362, 0)]
    assert slow_read(LINES[0].encode()) == want
    assert slow_read(up(LINES[0]).encode()) is None
    assert slow_read(b'') is None
