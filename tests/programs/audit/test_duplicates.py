"""Duplicates among made-up scans: membership, labels, groups."""

from __future__ import annotations

import numpy as np

from csgresnet_mm.programs.audit.duplicates import (
    SplitMembership,
    find_duplicates,
    shared_groups,
)

from .fakes import make_part, make_scan


def two_parts(**values):
    """Train: 3 of class 0, 2 of class 1 (images 0..4); test: 5..9."""
    return [make_part('train', **values), make_part('test', **values)]


def make_alike(scan, first, second, *, mirrored=False):
    cells = scan.cells[first]
    scan.cells[second] = cells[:, ::-1] if mirrored else cells
    scan.hashes[second] = scan.hashes[first][:: -1 if mirrored else 1]


def find(scan, parts):
    return find_duplicates(scan, SplitMembership(parts, scan))


def test_nothing_alike_is_nothing_found():
    parts = two_parts()
    assert find(make_scan(parts), parts) == ([], [], True)


def test_exact_groups_say_where_and_whether_labels_disagree():
    parts = two_parts()
    scan = make_scan(parts)
    scan.key[1] = scan.key[0]  # one split, one class
    scan.key[8] = scan.key[2]  # two splits, two classes
    scan.key[9] = scan.key[4]  # two splits, one class
    found = [group[:3] for group in find(scan, parts).exact]
    assert found == [
        ((0, 1), False, False),
        ((2, 8), True, True),
        ((4, 9), True, False),
    ]


def test_loaders_that_share_a_part_are_one_side():
    parts = [
        make_part('train'),
        make_part('val', loaders=('val', 'test'), name='val, test'),
        make_part('test', loaders=('test',), name='test/1'),
    ]
    scan = make_scan(parts)
    scan.key[10] = scan.key[5]
    scan.key[11] = scan.key[0]
    found = [group.across for group in find(scan, parts).exact]
    assert found == [True, False]


def test_near_pairs():
    parts = two_parts()
    scan = make_scan(parts)
    make_alike(scan, 0, 1)
    make_alike(scan, 2, 9, mirrored=True)
    near = find(scan, parts).near
    assert [pair.images for pair in near] == [(0, 1), (2, 9)]
    assert [pair.across for pair in near] == [False, True]
    assert [pair.disagree for pair in near] == [False, True]
    assert [pair.near.mirrored for pair in near] == [False, True]


def test_exact_duplicates_are_no_near_ones_but_have_some():
    parts = two_parts()
    scan = make_scan(parts)
    make_alike(scan, 0, 1)
    make_alike(scan, 0, 5)
    make_alike(scan, 0, 6)
    scan.key[1] = scan.key[0]
    scan.key[5] = scan.key[0]
    found = find(scan, parts)
    assert [group.images for group in found.exact] == [(0, 1, 5)]
    # image 6 is reported with one copy of each split, not with all three
    assert [pair.images for pair in found.near] == [(0, 6), (5, 6)]
    assert [pair.across for pair in found.near] == [True, False]


def test_M4_labels_of_all_copies_count_in_near_pairs():
    parts = two_parts()
    scan = make_scan(parts)
    scan.key[3] = scan.key[0]  # one split, classes 0 and 1
    for copy in (2, 3):
        make_alike(scan, 0, copy)
    near = find(scan, parts).near
    # image 2, of class 0, agrees with the first copy and not with the other
    assert [(pair.images, pair.disagree) for pair in near] == [
        ((0, 2), False),
        ((3, 2), True),
    ]


def test_blank_and_unreadable_images_are_no_duplicates():
    parts = two_parts()
    scan = make_scan(parts, unreadable={0: ('empty', ''), 1: ('empty', '')})
    make_alike(scan, 0, 1)
    make_alike(scan, 5, 6)
    scan.key[1] = scan.key[0]
    scan.key[6] = scan.key[5]
    scan.blank[5:7] = True
    assert find(scan, parts) == ([], [], True)


def test_all_images_unreadable():
    parts = two_parts()
    scan = make_scan(parts, unreadable=dict.fromkeys(range(10), ('x', '')))
    assert find(scan, parts) == ([], [], True)


def test_frames_of_a_subject_are_kin_within_a_split_only():
    parts = two_parts(groups=['S1', 'S1', '', '', 'S2'])
    scan = make_scan(parts)
    make_alike(scan, 0, 1)  # S1, S1 of train
    make_alike(scan, 2, 3)  # no group
    make_alike(scan, 4, 9)  # S2 of train, S2 of test
    near = find(scan, parts).near
    assert [pair.same_subject for pair in near] == [True, False, False]


def test_labels_are_compared_by_name():
    train = make_part('train', classes=('Happy', 'Sad'))
    test = make_part('test', classes=('sadness', 'joy'))
    scan = make_scan([train, test])
    scan.key[5] = scan.key[0]  # Happy, sadness
    scan.key[9] = scan.key[1]  # Happy, joy
    found = find(scan, [train, test]).exact
    assert [group.disagree for group in found] == [True, False]


def test_shared_groups():
    parts = [
        make_part('train', groups=['S1', 'S1', 'S2', '', 'S3']),
        make_part('test', groups=['S4', 'S3', 'S1', '', 'S3']),
    ]
    membership = SplitMembership(parts, make_scan(parts))
    assert shared_groups(membership) == {'S1': [0, 7], 'S3': [4, 6]}
    one = [make_part('val', loaders=('val', 'test'), groups=['S1'] * 5)]
    assert shared_groups(SplitMembership(one, make_scan(one))) == {}


def test_indices_are_those_of_the_scan_where_images_are_left_out():
    parts = two_parts()
    scan = make_scan(parts, unreadable={0: ('x', ''), 3: ('x', '')})
    make_alike(scan, 4, 9)
    assert find(scan, parts).near[0].images == (4, 9)
    assert np.array_equal(scan.hashes[4], scan.hashes[9])
