"""What class numbers mean, by name and by count."""

from __future__ import annotations

import pytest

from csgresnet_mm.apis.config_data.orders import (
    Reference,
    find_by_counts,
    order_print,
    references,
)
from csgresnet_mm.datasets import RAFDB, RAFDBCompound


@pytest.mark.parametrize(
    ('classes', 'known'),
    [
        (RAFDB.METAINFO['classes'], ('rafdb',)),
        (
            ('anger', 'DISGUSTED', 'fearful', 'joy', 'sad', 'suprise')
            + ('neutral',),
            ('fer2013',),
        ),
        # seven of AffectNet's eight classes are in its order
        (
            ('Neutral', 'Happy', 'Sad', 'Surprise', 'Fear', 'Disgust')
            + ('Anger',),
            ('affectnet',),
        ),
        (
            ('Angry', 'Disgust', 'Fear', 'Happy', 'Neutral', 'Sad')
            + ('Surprise',),
            ('sfew', 'jaffe'),
        ),
        (RAFDBCompound.METAINFO['classes'], ('RAFDBCompound',)),
        (('cat', 'dog'), ()),
    ],
)
def test_a_known_order_is_named(classes, known):
    assert order_print(classes).known == known


def test_the_hash_is_that_of_the_order_not_of_the_spelling():
    ours = order_print(['Happy', 'Sad', 'Anger'])
    assert ours.digest == order_print(['joy', 'sadness', 'angry']).digest
    assert ours.digest != order_print(['Sad', 'Happy', 'Anger']).digest
    assert len(ours.digest) == 12


KNOWN = [
    Reference('A', 'train', ('fear', 'anger', 'neutral'), (10, 20, 30)),
    Reference('B', 'val', ('fear', 'anger', 'neutral'), (5, 5, 7)),
]


def test_exact_counts_name_the_classes():
    ((reference, names),) = find_by_counts((30, 10, 20), KNOWN)
    assert reference.kind == 'A'
    assert names == ('neutral', 'fear', 'anger')


@pytest.mark.parametrize('counts', [(30, 10, 21), (10, 20), (5, 5, 7)])
def test_near_counts_and_equal_counts_prove_nothing(counts):
    assert find_by_counts(counts, KNOWN) == []


def test_references_hold_what_is_published():
    found = {(item.kind, item.split): item for item in references()}
    train = found['RAFDB', 'train']
    assert train.counts == (1290, 281, 717, 4772, 1982, 705, 2524)
    assert train.names[0] == 'surprise'
    assert not any(kind == 'DemoFaces' for kind, _ in found)
