"""Names shown as ranges."""

from __future__ import annotations

from csgresnet_mm.programs.audit.name_ranges import describe_names, name_ranges


def test_missing_numbers_and_other_patterns_are_counted():
    paths = [f'/x/train_{n:05d}_aligned.jpg' for n in (1, 2, 5, 5)]
    paths += ['/x/test_0001_aligned.jpg', '/x/face.png']
    assert describe_names(name_ranges(paths)) == [
        '4 x train_#_aligned, # from 1 to 5, 2 missing',
        '1 x face',
        '1 x test_#_aligned, # from 1 to 1, none missing',
    ]


def test_the_longest_number_counts():
    found = name_ranges(['S005_001_00000011.png', 'S005_001_00000010.png'])
    assert [item.pattern for item in found] == ['S005_001_#']
    assert (found[0].lowest, found[0].highest) == (10, 11)


def test_rows_of_a_csv_are_a_range():
    found = name_ranges(f'/x/fer2013.csv#{row}' for row in range(12))
    assert describe_names(found) == [
        '12 x fer2013.csv##, # from 0 to 11, none missing'
    ]


def test_names_without_a_pattern_are_reported_by_first_and_last():
    lines = describe_names(
        name_ranges(f'{letter}{letter}x.jpg' for letter in 'abcdefghij')
    )
    assert lines == ['10 names of no common pattern, aax to jjx']


def test_many_patterns_are_summed_up():
    paths = [f'{letter}_{n}.jpg' for letter in 'abcdefgh' for n in range(9)]
    lines = describe_names(name_ranges(paths))
    assert len(lines) == 7
    assert lines[-1] == '18 x 2 more patterns'
