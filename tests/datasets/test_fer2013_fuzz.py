"""FER2013's and FER+'s files, mutated: never a wrong label.

Beside our readers stand slow ones, written from the formats: they go through
a file line by line and word by word.
"""

from __future__ import annotations

import csv
import re
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csgresnet_mm.datasets.errors import DatasetError
from csgresnet_mm.datasets.fer2013 import FER2013, csv_file
from csgresnet_mm.datasets.fer2013.csv_file import FerCsv
from csgresnet_mm.datasets.ferplus import FERPlus
from csgresnet_mm.datasets.layouts.fer2013 import csv_text, make_rows
from csgresnet_mm.datasets.layouts.ferplus import write_csv

from .helpers import face, samples

FUZZ = settings(
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
ASCII = '0123456789'
USAGES = ['Training', 'PublicTest', 'PrivateTest']

# ---- the slow readers ------------------------------------------------


def is_number(word: str, last: int) -> bool:
    """Whether a word is a whole number in 0..last, in ASCII digits."""
    if not word or any(letter not in ASCII for letter in word):
        return False
    return len(word) <= 9 and int(word) <= last


def without_zeros(word: str) -> str:
    """A number as pandas writes it, 5.0 or 5., without what follows it."""
    for mark in '.,':
        whole, found, rest = word.partition(mark)
        if found and len(whole) <= 9 and set(rest) <= {'0'}:
            return whole
    return word


def named_usage(text: str) -> str | None:
    """The usage that a text is, whatever marks stand around it."""
    return {usage.lower(): usage for usage in USAGES}.get(
        re.sub(r'[\s_.()-]+', ' ', text.lower()).strip()
    )


def slow_row(line: bytes, columns: list[str]):
    """(label, usage, 2304 pixels) of a line, or None if it is malformed."""
    try:
        text = line.decode('utf-8')
    except UnicodeDecodeError:
        return None
    while text.endswith('\r'):
        text = text[:-1]
    try:
        [fields] = csv.reader([text], strict=True, skipinitialspace=True)
    except csv.Error:
        return None
    fields = [field.strip() for field in fields]
    while len(fields) > len(columns) and fields[-1] == '':
        fields.pop()
    if len(fields) != len(columns):
        return None
    values = {}
    for column, field in zip(columns, fields, strict=True):
        values[column] = field.strip()
    words = values['pixels'].split()
    values['emotion'] = without_zeros(values['emotion'])
    if not is_number(values['emotion'], 6) or len(words) != 48 * 48:
        return None
    if not all(is_number(word, 255) for word in words):
        return None
    usage = values.get('usage')
    if usage is not None:
        usage = named_usage(usage)
        if usage is None:
            return None
    return int(values['emotion']), usage, [int(word) for word in words]


def slow_csv(data: bytes):
    """Rows of a CSV; None where one is malformed."""
    header, *lines = data.split(b'\n')
    columns = [c.strip().lower() for c in header.decode('utf-8').split(',')]
    return [slow_row(line, columns) for line in lines if line.strip()]


def slow_votes(text: str):
    """Label by majority of each row of fer2013new.csv: (usage, label).

    None where the row is malformed, label None where it has none.
    """
    rows = []
    for line in text.split('\n')[1:]:
        if not line.strip():
            continue
        try:
            fields = next(
                csv.reader([line], strict=True, skipinitialspace=True)
            )
        except csv.Error:
            fields = [line]
        fields = [field.strip() for field in fields]
        while len(fields) > 12 and fields[-1] == '':
            fields.pop()
        if not any(fields):
            continue
        votes = [without_zeros(vote) for vote in fields[2:]]
        if (
            len(fields) != 12
            or named_usage(fields[0]) is None
            or '/' in fields[1]
            or '\\' in fields[1]
            or fields[1] in ('.', '..')
            or not all(len(v) <= 6 and is_number(v, 999999) for v in votes)
        ):
            rows.append(None)
            continue
        fields[0] = named_usage(fields[0])
        counts = [int(v) if int(v) >= 2 else 0 for v in votes]
        label = None
        for column in range(8):
            if counts[column] > sum(counts) / 2:
                label = column
        rows.append((fields[0], label))
    return rows


# ---- mutations -------------------------------------------------------

PIECES = st.sampled_from(
    [
        *'0123456789',
        ' ',
        '  ',
        ',',
        '\t',
        '\r',
        '\n',
        '"',
        '-',
        '.',
        'x',
        '256',
        '\xa0',
        '\uff15',
        '\x00',
        '\x85',
        'Training',
        'PublicTest',
        '7',
        '',
    ]
)


@st.composite
def edits(draw: st.DrawFn, size: int) -> list[tuple[int, int, str]]:
    """(position, bytes taken away, text put there); near some line ends."""
    number = draw(st.integers(0, 3))
    return [
        (
            draw(st.integers(0, size)),
            draw(st.integers(0, 3)),
            draw(PIECES),
        )
        for _ in range(number)
    ]


def apply(data: bytes, changes: list[tuple[int, int, str]]) -> bytes:
    for position, length, text in changes:
        data = data[:position] + text.encode() + data[position + length :]
    return data


BASES = {
    header: csv_text(make_rows(1, 0, 2), header).encode()
    for header in ('emotion,pixels,Usage', 'emotion, Usage, pixels')
}


def parse(path: Path):
    with FerCsv(path) as rows:
        pixels = np.concatenate(list(rows.blocks()))
        return rows.table(), pixels


@settings(FUZZ, max_examples=150)
@given(
    header=st.sampled_from(sorted(BASES)),
    returns=st.booleans(),
    where=st.lists(st.integers(-30, 30), max_size=2),
    data=st.data(),
)
def test_csv_agrees_with_the_slow_reader(header, returns, where, data):
    """Changes anywhere, and some right at the ends of lines."""
    base = BASES[header]
    if returns:
        base = base.replace(b'\n', b'\r\n')
    first = base.index(b'\n') + 1
    changes = data.draw(edits(len(base) - first))
    for offset in where:
        line = data.draw(st.sampled_from([1, 2, 4]))
        end = -1
        for _ in range(line):
            end = base.index(b'\n', end + 1)
        place = max(0, min(end + offset - first, len(base) - first))
        changes.append(
            (place, data.draw(st.integers(0, 2)), data.draw(PIECES))
        )
    content = base[:first] + apply(base[first:], changes)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'fer2013.csv'
        path.write_bytes(content)
        slow = slow_csv(content)
        table, pixels = parse(path)
    assert len(table.labels) == len(pixels) == len(slow)
    malformed = {problem.row for problem in table.problems}
    for row, expected in enumerate(slow):
        if expected is None:
            assert row in malformed
            assert table.labels[row] == -1
            continue
        label, usage, values = expected
        assert row not in malformed
        assert table.labels[row] == label
        assert USAGES[table.usages[row]] == usage
        assert pixels[row].ravel().tolist() == values


@settings(FUZZ, max_examples=25)
@given(data=st.data())
def test_fer2013_gives_the_slow_readers_samples(data) -> None:
    base = BASES['emotion,pixels,Usage']
    changes = data.draw(edits(len(base)))
    content = apply(base, changes)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'fer2013.csv'
        path.write_bytes(content)
        try:
            found = samples(FER2013(folder, on_error='skip', cache=False))
        except DatasetError as error:
            assert str(path) in str(error) or str(folder) in str(error)
            return
        slow = slow_csv(content.removeprefix(b'\xef\xbb\xbf'))
    assert found == [
        (f'{path}#{row}', expected[0])
        for row, expected in enumerate(slow)
        if expected is not None and expected[1] == 'Training'
    ]


@pytest.fixture(scope='module')
def plus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp('plus')
    write_csv(root, 1, 0)
    return root


VOTE_PIECES = st.sampled_from(
    [*'0123456789', ',', ',,', ' ', '"', '-', '.', '/', 'x', '10', '\t', '']
)


@settings(FUZZ, max_examples=60)
@given(data=st.data())
def test_ferplus_gives_the_slow_readers_samples(plus: Path, data) -> None:
    path = plus / 'fer2013new.csv'
    text = path.read_text()
    first = text.index('\n') + 1
    body = text[first:]
    for _ in range(data.draw(st.integers(0, 4))):
        position = data.draw(st.integers(0, len(body)))
        length = data.draw(st.integers(0, 2))
        piece = data.draw(VOTE_PIECES)
        body = body[:position] + piece + body[position + length :]
    with tempfile.TemporaryDirectory() as folder:
        changed = Path(folder) / 'fer2013new.csv'
        changed.write_text(text[:first] + body)
        slow = slow_votes(text[:first] + body)
        try:
            found = samples(
                FERPlus(
                    folder,
                    on_error='skip',
                    cache=False,
                    image_csv=plus / 'fer2013.csv',
                )
            )
        except DatasetError as error:
            rows = (plus / 'fer2013.csv').read_text().count('\n') - 1
            assert 'joined by the number' in str(error)
            assert len(slow) != rows
            return
    starts = {'Training': (0, 10), 'PublicTest': (10, 20)}
    starts['PrivateTest'] = (20, 30)
    expected = []
    for row, votes in enumerate(slow):
        if votes is None or votes[0] != 'Training' or votes[1] is None:
            continue
        low, high = starts['Training']
        if low <= row < high:
            expected.append((f'{plus}/fer2013.csv#{row}', votes[1]))
    assert found == expected


@pytest.mark.parametrize(
    'newline, end', [('\n', '\n'), ('\n', ''), ('\r\n', '\r\n')]
)
@pytest.mark.parametrize(
    'header', [*BASES, 'emotion,pixels', 'pixels,emotion', 'pixels']
)
def test_well_formed_lines_are_read_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, header, newline, end
) -> None:
    """Else reading is right, and slow."""

    def fail(*_: object) -> None:
        raise AssertionError('a line is read alone')

    monkeypatch.setattr(csv_file, 'read_line', fail)
    rows = make_rows(10, 0)
    text = csv_text(rows, header).removesuffix('\n')
    path = tmp_path / 'a.csv'
    path.write_bytes((text.replace('\n', newline) + end).encode())
    table, pixels = parse(path)
    assert len(pixels) == len(rows) == 140
    assert all((pixels[i] == face(i)).all() for i in range(140))
    labelled = 'emotion' in header
    assert table.labels.tolist() == [r.label if labelled else -1 for r in rows]
