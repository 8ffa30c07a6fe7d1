"""Label lists against a slow reader of their own, and mutated lists."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csgresnet_mm.datasets.errors import DatasetError
from csgresnet_mm.datasets.reading.files import FolderIndex
from csgresnet_mm.datasets.reading.label_list import read_label_list
from csgresnet_mm.datasets.reading.report import ReadReport


def write(tmp_path: Path, data: bytes, name: str = 'list.txt') -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def read(path: Path, on_error: str = 'raise', **kwargs) -> list[tuple]:
    report = ReadReport(on_error, 'test')
    table = read_label_list(path, report, files=FolderIndex(), **kwargs)
    columns = table.line.tolist(), table.extra['image'], table.label.tolist()
    return list(zip(*columns, strict=True))


@pytest.mark.parametrize(
    'data',
    [
        b'a.jpg 1\nb.jpg 7',
        b'a.jpg 1\nb.jpg 7\n',
        b'a.jpg 1\r\nb.jpg 7\r\n',
        b'\xef\xbb\xbfa.jpg 1\nb.jpg 7',
        b'a.jpg\t1\n  b.jpg   7  \n',
        b'a.jpg 1\rb.jpg 7\r',
    ],
    ids=['plain', 'newline', 'crlf', 'bom', 'blanks', 'cr'],
)
def test_same_rows_however_written(tmp_path: Path, data: bytes) -> None:
    assert read(write(tmp_path, data)) == [(1, 'a.jpg', 0), (2, 'b.jpg', 6)]


def test_blank_lines_are_counted_and_move_no_line(tmp_path, log) -> None:
    path = write(tmp_path, b'a.jpg 1\n\n  \nb.jpg 7\n')
    assert read(path) == [(1, 'a.jpg', 0), (4, 'b.jpg', 6)]
    assert log.notes == [f'{path}: passed over 2 blank lines']


def test_zero_means_from_zero(tmp_path: Path) -> None:
    assert read(write(tmp_path, b'a 0\nb 6')) == [(1, 'a', 0), (2, 'b', 6)]


def test_three_fields_where_most_lines_have_them(tmp_path: Path) -> None:
    path = write(tmp_path, b'test_0003_aligned 3 4\r\ntest_0004_aligned 0 1')
    assert read(path) == [
        (1, 'test_0003_aligned', 3),
        (2, 'test_0004_aligned', 0),
    ]


@pytest.mark.parametrize('header', [b'image,label\n', b'Image, Label\r\n'])
def test_csv_with_header(tmp_path: Path, header: bytes) -> None:
    path = write(tmp_path, header + b'a.jpg,1\nb.jpg,7\n', 'x.csv')
    assert read(path) == [(2, 'a.jpg', 0), (3, 'b.jpg', 6)]


def test_csv_without_header_loses_no_row(tmp_path: Path) -> None:
    path = write(tmp_path, b'a.jpg,1\nb.jpg,7\n', 'x.csv')
    assert read(path) == [(1, 'a.jpg', 0), (2, 'b.jpg', 6)]


FATAL = {
    'both': (
        b'a 0\nb 7\nc 1',
        r'labels 0 \(line 1\) and 7 \(line 2\) both occur, so it counts '
        r'neither from 0 nor from 1; mend it, or set label_base=0 or',
    ),
    'neither': (
        b'a 1\nb 6\nc 3',
        r'list.txt: neither label 0 nor 7 occurs, so whether it counts from '
        r'0 or from 1 is ambiguous; set label_base=0 or label_base=1',
    ),
    'nothing': (b'', r'list.txt: holds no line "name label"'),
    'blank': (b'\n \n', r'list.txt: holds no line "name label"'),
    'utf16': (b'\xff\xfea\x00', r'list.txt: not UTF-8 text \(byte 0 is 0xff'),
    'compound': (
        b'a 1\nb 7\nc 8\nd 9\ne 10\nf 11',
        r'labels \[8, 9, 10, 11\] are outside 1..7 \(4 of 6 lines, first: '
        r'line 3\): another set; hint',
    ),
}


@pytest.mark.parametrize('case', FATAL)
@pytest.mark.parametrize('on_error', ['raise', 'skip'])
def test_what_no_option_reads(tmp_path: Path, case: str, on_error: str):
    data, text = FATAL[case]
    with pytest.raises(DatasetError, match=text):
        read(write(tmp_path, data), on_error, hint='; hint')


def test_unknown_csv_header(tmp_path: Path) -> None:
    path = write(tmp_path, b'what,image\n1,a.jpg\n', 'x.csv')
    text = "line 1: header is 'what,image'; expected 'image,label', or no"
    with pytest.raises(DatasetError, match=text):
        read(path)


MALFORMED = {
    'few': (b'b.jpg', r"line 2: 1 fields 'b.jpg'; expected 2: 'name label'"),
    'many': (b'b.jpg 2 3', r"line 2: 3 fields 'b.jpg 2 3'; expected 2"),
    'word': (b'b.jpg happy', r"line 2: label 'happy' is not an integer"),
    'float': (b'b.jpg 2.5', r"line 2: label '2.5' is not an integer"),
    'other digits': (
        'b.jpg \u0663'.encode(),
        r"line 2: label '\u0663' is not an integer",
    ),
    'range': (b'b.jpg 8', r"line 2: label 8 of 'b.jpg' is outside 1..7"),
    'negative': (b'b.jpg -1', r"line 2: label -1 of 'b.jpg' is outside 1..7"),
    'nul': (b'b\x00.jpg 2', r"line 2: 'b\\x00.jpg' is no file name"),
}


@pytest.mark.parametrize('case', MALFORMED)
def test_malformed_line(tmp_path: Path, case: str) -> None:
    line, text = MALFORMED[case]
    path = write(tmp_path, b'a.jpg 1\n' + line + b'\nc.jpg 7\n')
    with pytest.raises(DatasetError, match=text) as caught:
        read(path)
    assert str(caught.value).startswith(f'{path}, ')
    problems = ReadReport('skip', 'test')
    rows = read_label_list(path, problems, files=FolderIndex())
    assert rows.extra['image'].tolist() == ['a.jpg', 'c.jpg']
    assert rows.label.tolist() == [0, 6]
    assert sum(problems.skipped.values()) == 1


def test_base_given_settles_ambiguity(tmp_path: Path) -> None:
    path = write(tmp_path, b'a 2\nb 3')
    assert [row[2] for row in read(path, base=1)] == [1, 2]
    assert [row[2] for row in read(path, base=0)] == [2, 3]


# ---- fuzzing, with a second reader as the oracle -------------------------


def slow_lines(text: str) -> list[str]:
    """Lines that end in LF, CR or CR LF."""
    lines: list[str] = ['']
    for place, letter in enumerate(text):
        if letter == '\n' and place and text[place - 1] == '\r':
            continue
        if letter in '\r\n':
            lines.append('')
        else:
            lines[-1] += letter
    return lines


def slow_reader(data: bytes) -> list[tuple[str, int]] | None:
    """The list as its description reads, byte by byte; None: refused."""
    if data[:3] == b'\xef\xbb\xbf':
        data = data[3:]
    try:
        text = bytes.decode(data, 'utf-8')
    except UnicodeDecodeError:
        return None
    table: list[list[str]] = []
    for line in slow_lines(text):
        words: list[str] = []
        inside = False
        for letter in line:
            if letter.isspace():
                inside = False
            elif inside:
                words[-1] += letter
            else:
                words.append(letter)
                inside = True
        if words:
            table.append(words)
    threes = len([words for words in table if len(words) == 3])
    width = 3 if threes > len(table) - threes else 2
    pairs: list[tuple[str, int]] = []
    for words in table:
        if len(words) != width:
            return None
        digits = words[1][1:] if words[1][0] in '+-' else words[1]
        if not 1 <= len(digits) <= 9:
            return None
        value = 0
        for digit in digits:
            if digit not in '0123456789':
                return None
            value = 10 * value + '0123456789'.index(digit)
        if any(ord(letter) < 32 or ord(letter) == 127 for letter in words[0]):
            return None
        pairs.append((words[0], -value if words[1][0] == '-' else value))
    values = [value for _, value in pairs]
    if (0 in values) == (7 in values):
        return None
    base = 0 if 0 in values else 1
    if any(not 0 <= value - base <= 6 for value in values):
        return None
    return [(name, value - base) for name, value in pairs]


def real_list(count: int, base: int) -> bytes:
    return '\n'.join(
        f'train_{i + 1:05d}.jpg {i % 7 + base}' for i in range(count)
    ).encode()


@st.composite
def mutated_lists(draw: st.DrawFn) -> bytes:
    data = bytearray(
        real_list(draw(st.integers(1, 16)), draw(st.sampled_from([0, 1])))
    )
    pieces = st.sampled_from(
        [
            b'\n',
            b'\r\n',
            b' ',
            b'0',
            b'7',
            b'8',
            b'-',
            b'1 2',
            b'\x00',
            b'\xef\xbb\xbf',
            b'\xff',
            b'\x0b',
            b'\xc2\x85',
            b'_aligned',
            b'../',
            b'\xe2\x80\xa8',
            b'+',
            b'\t',
            b'9' * 12,
        ]
    )
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(data)))
        how = draw(st.sampled_from(['insert', 'delete', 'replace', 'line']))
        if how == 'insert':
            data[place:place] = draw(pieces)
        elif how == 'delete':
            del data[place : place + draw(st.integers(1, 12))]
        elif how == 'replace':
            data[place : place + 1] = draw(pieces)
        else:
            lines = bytes(data).split(b'\n')
            line = draw(st.sampled_from(lines))
            data += b'\n' + line
    return bytes(data)


@settings(derandomize=True, deadline=None, max_examples=600)
@given(data=mutated_lists())
def test_mutated_list_is_read_right_or_refused(tmp_path_factory, data: bytes):
    path = tmp_path_factory.getbasetemp() / 'fuzz.txt'
    path.write_bytes(data)
    expected = slow_reader(data)
    if expected is None:
        with pytest.raises(DatasetError, match='fuzz.txt'):
            read(path)
    else:
        assert [(name, label) for _, name, label in read(path)] == expected


@settings(derandomize=True, deadline=None, max_examples=300)
@given(data=mutated_lists())
def test_skipping_never_changes_a_label(tmp_path_factory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / 'fuzz.txt'
    path.write_bytes(data)
    for base in (0, 1):
        try:
            rows = read(path, 'skip', base=base)
        except DatasetError as error:
            assert 'fuzz.txt' in str(error)
            continue
        lines = data.decode('utf-8-sig').replace('\r\n', '\n')
        lines = lines.replace('\r', '\n').split('\n')
        for line, name, label in rows:
            assert lines[line - 1].split()[:2] == [
                name,
                lines[line - 1].split()[1],
            ]
            assert int(lines[line - 1].split()[1]) - base == label


def test_M8_as_many_lines_of_two_fields_as_of_three_are_of_two(
    tmp_path: Path,
) -> None:
    path = write(tmp_path, b'a 0\nb 1 4\nc 2\nd 3 4')
    assert read(path, 'skip') == [(1, 'a', 0), (3, 'c', 2)]
