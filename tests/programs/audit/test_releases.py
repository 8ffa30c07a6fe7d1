"""Which release lies on disk, from counts and names."""

from __future__ import annotations

import pytest

from csgresnet_mm.apis.config_data.orders import references
from csgresnet_mm.apis.config_data.releases import identify
from csgresnet_mm.datasets import RAFDB
from csgresnet_mm.datasets.reading.known_copies import Kind

from .fakes import RAFDB_CLASSES, make_part, rafdb_part

TRAIN, TEST = RAFDB.PUBLISHED['train'], RAFDB.PUBLISHED['test']
KNOWN = references()


def verdict(*parts):
    (found,) = identify(parts, KNOWN).values()
    return found


def changed(counts, **changes):
    return tuple(
        count + changes.get(f'c{place}', 0)
        for place, count in enumerate(counts)
    )


def test_official():
    found = verdict(rafdb_part('train', TRAIN), rafdb_part('test', TEST))
    assert found.kind is Kind.OFFICIAL


def test_official_counts_under_other_names_are_a_repack():
    names = [f'/x/{n}.jpg' for n in range(sum(TEST))]
    assert verdict(rafdb_part('test', TEST, names=names)).kind is Kind.REPACK


def test_missing_images():
    found = verdict(rafdb_part('test', changed(TEST, c1=-2, c3=-1)))
    assert found.kind is Kind.INCOMPLETE
    assert '3 images fewer' in found.text


def test_moved_labels():
    found = verdict(rafdb_part('test', changed(TEST, c1=-2, c3=2)))
    assert found.kind is Kind.RELABELLED
    assert found.text == 'as published but for 2 labels'


def test_more_images_of_a_class_than_published():
    found = verdict(rafdb_part('test', changed(TEST, c1=4, c0=-10)))
    assert found.kind is Kind.ALTERED
    assert '4 images more' in found.text and '10 fewer' in found.text


def test_augmented_copies_betray_themselves_by_their_names():
    part = rafdb_part('train', TRAIN)
    names = list(part.names)
    names[5] = '/raf/train_00002_aligned_flip.jpg'
    names[6] = '/raf/train_12272_aligned.jpg'
    found = verdict(rafdb_part('train', TRAIN, names=names))
    assert found.kind is Kind.ALTERED
    assert '2 of 12271 names' in found.text


def test_the_copy_of_12175_and_3031():
    train = rafdb_part('train', changed(TRAIN, c0=-96))
    test = rafdb_part('test', changed(TEST, c0=-37))
    assert (len(train), len(test)) == (12175, 3031)
    found = verdict(train, test)
    assert found.kind is Kind.ALTERED
    assert '12,175' in found.text


@pytest.mark.parametrize('kind', ['FERPlus', 'FER2013', 'AffectNet'])
def test_a_pack_under_another_name_is_really_rafdb(kind):
    part = rafdb_part(
        'train', changed(TRAIN, c0=-7), kind=kind, published=None
    )
    found = verdict(part)
    assert found.kind is Kind.OTHER
    assert 'this is really RAF-DB' in found.text


def test_renamed_images_of_another_set_are_known_by_their_counts():
    # in alphabetical order of the classes, which proves nothing by itself
    order = sorted(range(7), key=lambda label: RAFDB_CLASSES[label])
    part = make_part(
        'test', [TEST[label] for label in order], kind='SFEW', published=None
    )
    found = verdict(part)
    assert found.kind is Kind.OTHER
    assert 'this is really RAFDB' in found.text


def test_a_class_that_claims_nothing_is_no_other_set():
    part = rafdb_part('test', TEST, kind='CustomDataset', ours=False)
    found = verdict(part)
    assert found.kind is Kind.UNKNOWN
    assert 'RAF-DB' in found.text


def test_fer2013_training_alone_is_official():
    part = make_part('train', [28709], kind='FER2013', published=(28709,))
    assert verdict(part).kind is Kind.OFFICIAL


def test_where_only_totals_are_published_the_reader_says_so():
    part = make_part(kind='FERPlus')
    assert verdict(part).kind is Kind.UNKNOWN
    part = make_part(kind='FERPlus', miscounted=True)
    assert verdict(part).kind is Kind.DIFFERENT


def test_fer2013_folders_of_both_halves():
    train = make_part(
        'train',
        [28709],
        kind='FER2013',
        published=(28709,),
        names=[f'Training_{n}.jpg' for n in range(28709)],
    )
    test = make_part(
        'test',
        [7178],
        kind='FER2013',
        published=(7178,),  # what the reader expects of such folders
        names=[f'PublicTest_{n}.jpg' for n in range(7178)],
    )
    found = verdict(train, test)
    assert found.kind is Kind.REPACK
    assert 'both official test halves' in found.text


def test_a_sample_of_affectnet():
    part = make_part('train', [29000], kind='AffectNet', published=(287651,))
    found = verdict(part)
    assert found.kind is Kind.REPACK
    assert 'never comparable' in found.text


def test_split_parts_are_compared_together():
    train = rafdb_part(
        'train', changed(TRAIN, c0=-100), split_off=(0.1, 0), source='train'
    )
    names = [f'/raf/train_{12271 - n:05d}_aligned.jpg' for n in range(100)]
    val = make_part(
        'val',
        [100, 0, 0, 0, 0, 0, 0],
        names=names,
        classes=RAFDB_CLASSES,
        published=TRAIN,
        split_off=(0.1, 0),
        source='train',
        kind='RAFDB',
    )
    assert verdict(train, val).kind is Kind.OFFICIAL
    assert verdict(train).kind is Kind.UNKNOWN


def test_generated_faces():
    part = make_part(kind='DemoFaces')
    assert verdict(part).kind is Kind.GENERATED


def test_two_roots_are_two_verdicts():
    found = identify(
        [rafdb_part('train', TRAIN), rafdb_part('test', TEST, root='/else')],
        KNOWN,
    )
    assert sorted(found) == ['RAFDB /data', 'RAFDB /else']
