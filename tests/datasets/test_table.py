"""The table that every reader gives, and the checks on its columns."""

from __future__ import annotations

import numpy as np
import pytest

from csgresnet_mm.datasets.errors import DatasetError
from csgresnet_mm.datasets.reading.checks import Review, each_once
from csgresnet_mm.datasets.reading.report import ParseProblem, ReadReport
from csgresnet_mm.datasets.reading.table import UNLABELLED, Table, join


def listed(count: int = 4) -> Table:
    return Table.of(
        [f'/d/{n}.jpg' for n in range(count)],
        label=list(range(count)),
        file='/d/list.txt',
        line=[10 + n for n in range(count)],
        extra={'word': [f'{n}\0' for n in range(count)]},
    )


def test_what_is_not_given_is_not_known() -> None:
    table = Table.of(['a', 'b'])
    assert not table.labelled.any()
    assert table.label.tolist() == [UNLABELLED] * 2
    assert table.counts(3) == (0, 0, 0)
    assert table.group.tolist() == ['', '']
    assert np.isnan(table.box).all() and table.box.shape == (2, 4)
    assert table.score.shape == (2, 0)
    assert table.where(1) == 'b'


def test_columns_of_another_length_are_refused() -> None:
    for columns in (
        dict(label=[1]),
        dict(group=['a'] * 3),
        dict(box=[[1] * 4]),
    ):
        with pytest.raises(ValueError, match='expected '):
            Table.of(['a', 'b'], **columns)
        with pytest.raises(ValueError, match='expected '):
            Table.of(['a', 'b']).replace(**columns)
    with pytest.raises(TypeError, match='a table has no column colour'):
        Table.of(['a', 'b'], colour=1)


def test_columns_are_replaced_as_they_are_given() -> None:
    table = listed()
    again = table.replace(split='val', name=['n'] * len(table), extra={})
    assert set(again.split) == {'val'} and set(again.name) == {'n'}
    assert again.split.dtype == again.name.dtype == object
    assert not again.extra and again.path.tolist() == table.path.tolist()


def test_rows_are_taken_and_joined_with_all_their_columns() -> None:
    table = listed()
    again = join([table.take(slice(2)), table.take(np.array([2, 3]))])
    for (name, column), (_, other) in zip(
        table.columns(), again.columns(), strict=True
    ):
        np.testing.assert_array_equal(column, other, err_msg=name)
    assert again.extra['word'][3] == '3\0'
    assert again.where(3) == '/d/list.txt, line 13'


def test_entries_hold_what_is_known_in_the_new_order() -> None:
    nan = np.nan
    table = Table.of(
        ['a', 'b'],
        label=[0, 1],
        group=['', 'S1'],
        box=[[nan] * 4, [1, 2, 3, 4]],
        score=[[0.25, 0.75], [nan, nan]],
        row=[5, -1],
    )
    first, second = table.entries((2, 0), 3)
    assert first.pop('gt_score').tolist() == [0.75, 0, 0.25]
    assert first == dict(img_path='a', gt_label=2, row=5)
    box = (1.0, 2.0, 3.0, 4.0)
    assert second == dict(img_path='b', gt_label=0, box=box, group='S1')


def review(on_error: str) -> tuple[Review, ReadReport]:
    report = ReadReport(on_error, 'RAFDB /d')
    problems = [
        ParseProblem(2, '/d/list.txt', 12, 'fields', 'x', "found 'x'"),
        ParseProblem(4, '/d/list.txt', 14, 'fields', 'y', "found 'y'"),
    ]
    found = Review(listed(), report, problems)
    rows = found.table.label
    found.drop(rows == 3, 'late', lambda row: f'late {row}')
    found.drop(rows >= 2, 'large', lambda row: f'large {row}')
    return found, report


def test_the_first_error_is_that_of_the_first_line() -> None:
    found, _ = review('raise')
    with pytest.raises(
        DatasetError, match="^/d/list.txt, line 12: found 'x'$"
    ):
        found.done()


def test_a_row_is_dropped_once_and_counted_by_its_first_cause() -> None:
    found, report = review('skip')
    assert found.done().label.tolist() == [0, 1]
    assert report.skipped == {'fields': 2, 'large': 1, 'late': 1}
    assert list(report.skipped) == ['fields', 'large', 'late']
    assert report.first['late'] == '/d/list.txt, line 13: late 3'


@pytest.mark.parametrize(
    ('labels', 'left'),
    [([0, 0, 1], [0, 2]), ([0, 1, 1], [2]), ([0, 1, 0], [2])],
)
def test_contradicting_rows_leave_none(labels: list, left: list) -> None:
    table = Table.of(['a', 'b', 'c'], label=labels)
    found = Review(table, ReadReport('skip', ''))
    each_once(found, ['k', 'k', 'other'], {'label': table.label})
    assert np.flatnonzero(found.keep).tolist() == left


def test_a_report_comes_back_as_it_was(log) -> None:
    report = ReadReport('skip', 'RAFDB /d')
    report.layout, report.release = 'csv', 'first'
    report.add('missing', 'a is missing', 3)
    report.warn_of_count('too few')
    report.note('blank')
    again = ReadReport('skip', 'RAFDB /d')
    log.clear()
    again.replay(report.to_plain())
    assert again.to_plain() == report.to_plain()
    assert log.warnings == ['too few'] and log.notes == ['blank']
    again.log_skipped()
    assert log.warnings[1] == (
        'RAFDB /d: skipped 3 entries: 3 missing (first: a is missing)'
    )
