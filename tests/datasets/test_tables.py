"""The one reader of comma separated lists, and each list read by it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from csgresnet_mm.datasets import (
    FER2013,
    SFEW,
    AffectNet,
    CKPlus,
    DatasetError,
    FERDataset,
    FERPlus,
)
from csgresnet_mm.datasets.layouts import (
    affectnet,
    ckplus,
    fer2013,
    ferplus,
    sfew,
)
from csgresnet_mm.datasets.reading.delimited import read_rows
from csgresnet_mm.datasets.reading.files import FolderIndex, text_lines
from csgresnet_mm.datasets.reading.label_list import read_label_list
from csgresnet_mm.datasets.reading.report import ReadReport

from .helpers import samples

Rows = list[list[str]]


def label_list(
    path: Path, report: ReadReport | None = None, **kwargs: Any
) -> list[tuple[int, str, int]]:
    """Line, image and label of each row."""
    report = report or ReadReport('raise', 'test')
    table = read_label_list(path, report, files=FolderIndex(), **kwargs)
    return list(
        zip(
            table.line.tolist(),
            table.extra['image'].tolist(),
            table.label.tolist(),
            strict=True,
        )
    )


def write(rows: Rows, delimiter: str = ',', **kwargs: Any) -> str:
    text = io.StringIO()
    csv.writer(
        text, delimiter=delimiter, lineterminator='\n', **kwargs
    ).writerows(rows)
    return text.getvalue()


def is_number(field: str) -> bool:
    return field.isdecimal() and len(field) < 3


FORMS: dict[str, Callable[[Rows], bytes]] = {
    'as it is': lambda rows: write(rows).encode(),
    'all quoted': lambda rows: write(rows, quoting=csv.QUOTE_ALL).encode(),
    'semicolons': lambda rows: write(rows, ';').encode(),
    'tabs': lambda rows: write(rows, '\t').encode(),
    'bars': lambda rows: write(rows, '|').encode(),
    'mark of Excel': lambda rows: ('sep=;\n' + write(rows, ';')).encode(),
    'trailing commas': lambda rows: write(rows).replace('\n', ',,\n').encode(),
    'trailing in the rows alone': lambda rows: (
        (text := write(rows))[: text.index('\n')]
        + text[text.index('\n') :].replace('\n', ',\n')[1:]
    ).encode(),
    'BOM and CRLF': lambda rows: (
        b'\xef\xbb\xbf' + write(rows).replace('\n', '\r\n').encode()
    ),
    'blank last lines': lambda rows: (write(rows) + '\n  \n\n').encode(),
    'lines of commas': lambda rows: (write(rows) + ',,,\n,,\n').encode(),
    'blanks around': lambda rows: write(rows).replace(',', ' , ').encode(),
    'floats': lambda rows: write(
        [
            rows[0],
            *(
                [f'{f}.0' if is_number(f) else f for f in row]
                for row in rows[1:]
            ),
        ]
    ).encode(),
    'semicolons and decimal commas': lambda rows: write(
        [
            rows[0],
            *(
                [f'{f},0' if is_number(f) else f for f in row]
                for row in rows[1:]
            ),
        ],
        ';',
    ).encode(),
    'index of pandas': lambda rows: write(
        [['', *rows[0]], *([str(n), *r] for n, r in enumerate(rows[1:]))]
    ).encode(),
}
HEADERLESS = ('index of pandas', 'trailing in the rows alone')
NOT_FER = ('mark of Excel', 'blanks around')
"""What no program makes of a file of 300 MB."""

LISTS: dict[str, tuple[type[FERDataset], Any, str, dict[str, Any]]] = {
    'FER2013': (FER2013, fer2013.write_csv, 'fer2013.csv', {}),
    'CK+': (
        CKPlus,
        ckplus.WRITERS['csv'],
        'ckextended.csv',
        dict(fold=None),
    ),
    'FER+': (FERPlus, ferplus.write_csv, 'fer2013new.csv', {}),
    'AffectNet': (AffectNet, affectnet.write_csv, 'training.csv', {}),
    'AffectNet cache': (AffectNet, affectnet.write_cache, 'affectnet.csv', {}),
    'SFEW': (SFEW, sfew.WRITERS['csv'], 'sfew_2.0_labels.csv', {}),
}


@pytest.mark.parametrize('form', FORMS)
@pytest.mark.parametrize('name', LISTS)
def test_F5_every_list_in_every_form(
    tmp_path: Path, name: str, form: str
) -> None:
    kind, writer, file, options = LISTS[name]
    if file in ('fer2013.csv', 'ckextended.csv') and form in NOT_FER:
        pytest.skip('a table of pixels')
    writer(tmp_path, 2, 0)
    [path] = tmp_path.rglob(file)
    found = samples(kind(tmp_path, cache=False, **options))
    rows = list(csv.reader(io.StringIO(path.read_text())))
    path.write_bytes(FORMS[form](rows))
    assert samples(kind(tmp_path, cache=False, **options)) == found
    assert found


@pytest.mark.parametrize('form', FORMS)
@pytest.mark.parametrize('header', [True, False])
def test_F5_label_lists_in_every_form(
    tmp_path: Path, header: bool, form: str
) -> None:
    if form in HEADERLESS and not header:
        pytest.skip('a list without a header has none of these')
    rows = [['image', 'label']] * header + [['a b.jpg', '1'], ['c.jpg', '7']]
    if not header and form in ('floats', 'semicolons and decimal commas'):
        rows.insert(0, ['first.jpg', '2'])
    path = tmp_path / 'list.csv'
    path.write_bytes(FORMS[form](rows))
    found = label_list(path, base=1)
    assert [row[1:] for row in found][-2:] == [
        ('a b.jpg', 0),
        ('c.jpg', 6),
    ]


def test_F5_columns_are_found_by_name(tmp_path: Path) -> None:
    path = tmp_path / 'list.csv'
    path.write_text('Label,who,File Name\n1,me,a.jpg\n7,"you, too",b.jpg\n')
    found = label_list(path)
    assert found == [
        (2, 'a.jpg', 0),
        (3, 'b.jpg', 6),
    ]


def test_F5_a_text_list_with_commas(tmp_path: Path) -> None:
    path = tmp_path / 'list.txt'
    path.write_text('a.jpg, 1\nb.jpg,7\n')
    found = label_list(path)
    assert [name for _, name, _ in found] == ['a.jpg', 'b.jpg']


def fields(text: str, on_error: str = 'raise') -> list[list[str]]:
    rows = read_rows(
        Path('a.csv'), text_lines(text), ReadReport(on_error, 'test'), 3
    )
    return [row.fields for row in rows]


def test_F5_a_field_may_run_over_lines() -> None:
    assert fields('a,b,c\n1,"x\ny",3\n4,5,6\n') == [
        ['a', 'b', 'c'],
        ['1', 'x\ny', '3'],
        ['4', '5', '6'],
    ]


def test_F5_an_open_quote_swallows_no_other_row(tmp_path: Path) -> None:
    """Nor does it where another line is as bad."""
    text = 'image,label\n"a.jpg,1\nb.jpg,2\n"c.jpg,3\nd.jpg,7\n'
    path = tmp_path / 'list.csv'
    path.write_text(text)
    with pytest.raises(DatasetError, match=r"line 2: no CSV: .*'\"a.jpg,1'"):
        label_list(path)
    problems = ReadReport('skip', 'test')
    found = label_list(path, problems)
    assert [name for _, name, _ in found] == ['b.jpg', 'd.jpg']
    assert problems.skipped == {'bad quotes': 2}


def test_F5_a_thousand_open_quotes_are_no_deep_chain() -> None:
    text = 'a,b,c\n' + '"x,1,2\n' * 3000 + '1,2,3\n'
    assert fields(text)[-1] == ['1', '2', '3']
    assert len(fields(text)) == 3002


def test_F5_votes_are_found_by_name(tmp_path: Path) -> None:
    """Columns in another order change no label."""
    ferplus.write_csv(tmp_path, 2, 0)
    found = samples(FERPlus(tmp_path, cache=False))
    [path] = tmp_path.rglob('fer2013new.csv')
    rows = list(csv.reader(io.StringIO(path.read_text())))
    path.write_text(write([row[::-1] for row in rows]))
    assert samples(FERPlus(tmp_path, cache=False)) == found
