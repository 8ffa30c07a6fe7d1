"""The compound list, mutated: only documented errors, never a wrong label."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from csgresnet_mm.datasets import DatasetError
from csgresnet_mm.datasets.reading.files import FolderIndex
from csgresnet_mm.datasets.reading.label_list import read_label_list
from csgresnet_mm.datasets.reading.report import ReadReport

LINES = [f'train_{n + 1:04d}.jpg {n % 11 + 1}' for n in range(13)]
LINES += [f'test_{n + 1:03d}.jpg {11 - n}' for n in range(5)]
JUNK = [
    '',
    ' ',
    '0',
    '-1',
    '12',
    '13',
    '14',
    '3.0',
    '1e1',
    '1_1',
    '٣',
    'Sadly-Angry',
    '\x00',
    '\x07',
    '\u2028',
    '\ufeff',
    'é',
    'a b',
]
DIGITS = set('0123456789')


def is_integer(text: str) -> bool:
    body = text[1:] if text[:1] in ('+', '-') else text
    return 0 < len(body) < 10 and all(c in DIGITS for c in body)


def slow_read(data: bytes) -> list[tuple[int, str, int]] | None:
    """(line, name, label from 0); None where the list is to be refused."""
    try:
        text = data.decode('utf-8')
    except UnicodeDecodeError:
        return None
    text = text.removeprefix('\ufeff')
    text = text.replace('\r\n', '\n').replace('\r', '\n')
    lines = [
        (place, line.split())
        for place, line in enumerate(text.split('\n'), 1)
        if line.split()
    ]
    threes = [fields for _, fields in lines if len(fields) == 3]
    width = 3 if len(threes) > len(lines) - len(threes) else 2
    rows = [
        (place, fields[0], int(fields[1]))
        for place, fields in lines
        if len(fields) == width
        and is_integer(fields[1])
        and not any(ord(c) < 32 or ord(c) == 127 for c in fields[0])
    ]
    labels = {row[2] for row in rows}
    if (0 in labels) == (11 in labels):
        return None
    first = 0 if 0 in labels else 1
    if len([n for n in labels if not first <= n < first + 11]) > 2:
        return None
    return [
        (place, name, label - first)
        for place, name, label in rows
        if first <= label < first + 11
    ]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    lines = list(draw(st.permutations(LINES)))[: draw(st.integers(6, 18))]
    if draw(st.booleans()):
        lines = [
            f'{name} {int(label) - 1}' for name, label in map(str.split, lines)
        ]
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(lines) - 1))
        fields = lines[place].split(' ')
        spot = draw(st.integers(0, len(fields) - 1))
        kind = draw(st.sampled_from('junk glue drop double line'.split()))
        if kind == 'junk':
            fields[spot] = draw(st.sampled_from(JUNK))
        elif kind == 'glue':
            fields[spot] += draw(st.sampled_from(JUNK))
        elif kind == 'drop':
            del fields[spot]
        elif kind == 'double':
            fields.insert(spot, fields[spot])
        else:
            lines.insert(place, lines[place])
            continue
        lines[place] = ' '.join(fields)
    end = draw(st.sampled_from(['\n', '\r\n', '\n\n', '\r']))
    text = draw(st.sampled_from(['', '\ufeff'])) + end.join(lines)
    data = text.encode()
    if draw(st.integers(0, 9)) == 0:
        spot = draw(st.integers(0, len(data) - 1))
        byte = bytes([draw(st.integers(0, 255))])
        data = data[:spot] + byte + data[spot + 1 :]
    return data


def read(data: bytes, on_error: str) -> tuple[list[tuple], ReadReport]:
    problems = ReadReport(on_error, 'fuzz')
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'list.txt'
        path.write_bytes(data)
        table = read_label_list(
            path, problems, files=FolderIndex(), num_classes=11
        )
    columns = table.line.tolist(), table.extra['image'], table.label.tolist()
    return list(zip(*columns, strict=True)), problems


@settings(max_examples=400, deadline=None, derandomize=True)
@given(mutated())
def test_mutated_list(data: bytes) -> None:
    want = slow_read(data)
    try:
        rows, problems = read(data, 'skip')
    except DatasetError as error:
        assert want is None, error
        return
    assert rows == want
    try:
        strict, _ = read(data, 'raise')
    except DatasetError as error:
        assert problems.skipped
        assert 'list.txt, line ' in str(error)
    else:
        assert not problems.skipped
        assert strict == rows
