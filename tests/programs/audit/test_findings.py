"""What is reported, and what makes data unfit."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from rich.console import Console

from csgresnet_mm.datasets import RAFDB
from csgresnet_mm.programs.audit.cli import look_over
from csgresnet_mm.programs.audit.report import show, to_json

from .fakes import RAFDB_CLASSES, make_part, make_scan, rafdb_part
from .test_duplicates import make_alike, two_parts


def levels(audit):
    return {
        finding.code: (finding.level, finding.count)
        for finding in audit.findings
    }


def test_clean_data_are_fit():
    parts = two_parts()
    audit = look_over(parts, make_scan(parts))
    assert audit.fit
    assert levels(audit) == {'release': ('note', 1)}


def test_errors_come_first_and_make_unfit():
    parts = two_parts()
    scan = make_scan(parts, unreadable={7: ('empty', 'a.jpg: empty file')})
    scan.blank[6] = True
    audit = look_over(parts, scan)
    assert not audit.fit
    assert [f.level for f in audit.findings] == ['error', 'warning', 'note']
    assert audit.findings[0].text == (
        'test: unreadable images (empty): 1, first: a.jpg: empty file'
    )
    assert audit.findings[1].text == 'test: blank images: 1'


def test_blank_images_of_one_value_are_counted():
    parts = two_parts()
    scan = make_scan(parts)
    scan.blank[[0, 3, 4]] = True
    scan.uniform[[0, 4]] = True
    scan.key[4] = scan.key[0]  # another class
    texts = [finding.text for finding in look_over(parts, scan).findings]
    assert 'train: blank images: 3, 2 of one value each' in texts
    assert 'groups of identical blank images whose labels disagree: 1' in texts
    assert 'twin' not in ' '.join(texts)


def test_twins_in_train_are_counted_by_image_of_the_other_splits():
    parts = two_parts()
    scan = make_scan(parts)
    scan.key[1] = scan.key[0]  # both of train, one twin of test
    scan.key[5] = scan.key[0]
    scan.key[8] = scan.key[7]  # inside test
    texts = [finding.text for finding in look_over(parts, scan).findings]
    message = [text for text in texts if 'twin' in text]
    assert message == [
        'test: 1 of 5 images (20.0%) have an identical twin in train'
    ]


@pytest.mark.parametrize(
    ('first', 'second', 'expected'),
    [
        (0, 1, {'exact-duplicates-inside': ('warning', 1)}),
        (
            0,
            5,
            {
                'exact-duplicates-across': ('error', 1),
                'twins-in-train': ('note', 1),
            },
        ),
        (
            0,
            4,
            {
                'exact-duplicates-inside': ('warning', 1),
                'exact-duplicates-disagree': ('error', 1),
            },
        ),
    ],
)
def test_exact_duplicates(first, second, expected):
    parts = two_parts()
    scan = make_scan(parts)
    scan.key[second] = scan.key[first]
    audit = look_over(parts, scan)
    found = levels(audit)
    found.pop('release')
    assert found == expected
    assert audit.fit == all(level != 'error' for level, _ in expected.values())


def test_near_duplicates_of_kin_are_a_note():
    parts = two_parts(groups=['S1', 'S1', '', '', ''])
    parts[1] = make_part('test')
    scan = make_scan(parts)
    make_alike(scan, 0, 1)
    make_alike(scan, 2, 5)
    found = levels(look_over(parts, scan))
    assert found['near-duplicates-same-subject'] == ('note', 1)
    assert found['near-duplicates-across'] == ('error', 1)


def test_shared_subjects_are_named():
    parts = two_parts(groups=['S1', 'S2', '', '', 'S2'])
    audit = look_over(parts, make_scan(parts))
    assert levels(audit)['shared-groups'] == ('error', 2)
    assert 'S1, S2' in audit.findings[0].text


def test_what_the_reader_skipped_is_an_error_what_it_warned_of_is_reported():
    part = make_part(
        said=('RAFDB /data: train has 3 images, published are 5',),
        skipped=(12, 'RAFDB /data: skipped 12 entries: 12 missing image'),
    )
    found = levels(look_over([part], make_scan([part])))
    assert found['malformed'] == ('error', 12)
    assert found['reader'] == ('warning', 1)


def test_classes_numbered_in_two_orders():
    parts = [
        make_part('train', classes=('anger', 'Contempt')),
        make_part('test', classes=('Contempt', 'anger')),
    ]
    audit = look_over(parts, make_scan(parts))
    assert levels(audit)['orders-differ'] == ('error', 2)
    assert 'train: anger, contempt; test: contempt, anger' in (
        audit.findings[0].text
    )


def test_published_counts_betray_permuted_labels():
    counts = RAFDB.PUBLISHED['test']
    order = sorted(range(7), key=lambda label: RAFDB_CLASSES[label])
    part = make_part(
        'test',
        [counts[label] for label in order],
        kind='CustomDataset',
        ours=False,
        classes=RAFDB_CLASSES,  # which is not the order of the labels
    )
    audit = look_over([part], make_scan([part]))
    assert levels(audit)['labels-permuted'] == ('error', 6)
    assert 'label 0 is called Surprise but has the 162 images of anger' in (
        audit.findings[0].text
    )


def test_numbered_classes_are_named_by_their_counts():
    counts = RAFDB.PUBLISHED['test']
    part = make_part(
        'test', counts, ours=False, classes=('1', '2', '3', '4', '5', '6', '7')
    )
    audit = look_over([part], make_scan([part]))
    assert audit.fit
    (named,) = [f for f in audit.findings if f.code == 'labels-named']
    assert named.text.startswith(
        'test has the published counts of RAFDB test: 1 is surprise, 2 is fear'
    )


def test_right_labels_are_not_permuted():
    part = rafdb_part('test', RAFDB.PUBLISHED['test'])
    audit = look_over([part], make_scan([part]))
    assert audit.fit
    assert not {'labels-permuted', 'labels-named'} & set(levels(audit))


def sample_audit():
    parts = two_parts(groups=['S1', '', '', '', ''])
    scan = make_scan(parts, unreadable={7: ('empty', 'a.jpg: empty file')})
    scan.size[7] = 0
    scan.size[3] = (64, 48)
    scan.blank[6] = True
    scan.grey[:2] = True
    scan.key[9] = scan.key[4]
    make_alike(scan, 0, 8, mirrored=True)
    return look_over(parts, scan)


def test_the_report_names_every_image():
    report = json.loads(to_json(sample_audit(), {'config': 'c.py'}))
    assert report['config'] == 'c.py'
    assert report['fit'] is False
    train, test = report['splits']['train'], report['splits']['test']
    assert train['counts'] == [3, 2]
    assert (train['grey'], test['blank'], test['unreadable']) == (2, 1, 1)
    assert train['sizes'] == {
        'commonest': {'100x100': 4, '64x48': 1},
        'different': 2,
        'lowest': [64, 48],
        'highest': [100, 100],
    }
    assert test['sizes']['commonest'] == {'100x100': 4}
    assert train['groups'] == 1
    assert train['names'] == [
        '5 x face#, # from 0 to 4, none missing',
    ]
    (exact,) = report['exact_duplicates']
    assert exact['across'] and not exact['disagree']
    assert [image['path'] for image in exact['images']] == [
        'train/face4.jpg',
        'test/face4.jpg',
    ]
    (near,) = report['near_duplicates']
    assert near['mirrored'] and near['across'] and near['disagree']
    assert near['distance'] == 0
    assert near['images'][1] == {
        'split': 'test',
        'index': 3,
        'path': 'test/face3.jpg',
        'label': 1,
        'class': 'class 1',
    }
    assert list(report['shared_groups']) == ['S1']
    assert report['unreadable'][0]['cause'] == 'empty'
    assert [image['index'] for image in report['blank']] == [1]


def test_the_terminal_shows_counts_beside_published_ones():
    part = rafdb_part('test', RAFDB.PUBLISHED['test'], root='/data/[raf]')
    audit = look_over([part], make_scan([part]))
    console = Console(file=io.StringIO(), width=100)
    show(audit, console)
    text = console.file.getvalue()
    assert 'test: RAFDB /data/[raf], 3068 images' in text
    line = next(line for line in text.splitlines() if 'Happiness' in line)
    assert line.count('1185') == 2
    assert 'that of rafdb' in text
    assert '3068 x test_#_aligned, # from 1 to 3068, none missing' in text
    assert 'official: exactly the published counts' in text
    assert text.rstrip().endswith('The data are fit.')


def test_the_terminal_shows_errors():
    console = Console(file=io.StringIO(), width=100)
    show(sample_audit(), console)
    text = console.file.getvalue()
    assert 'groups of exact duplicates across splits: 1' in text
    assert text.rstrip().endswith('The data are not fit.')


def test_numbers_of_a_label_beyond_the_classes_are_shown():
    part = make_part('train', (1, 1), classes=('a',), labels=[0, -1])
    report = json.loads(
        to_json(
            look_over([part], make_scan([part], blank=np.array([0, 1], bool))),
            {},
        )
    )
    assert report['blank'][0]['class'] == '-1'
    assert report['splits']['train']['counts'] == [1]
