"""Data sets are joined, or the key that keeps them apart is named (T5)."""

from __future__ import annotations

import numpy as np
import pytest
from mmengine.dataset import ConcatDataset as EngineConcatDataset
from mmengine.registry import DATASETS as ROOT
from mmengine.registry import DefaultScope
from mmpretrain.registry import DATASETS

from csgresnet_mm.datasets import ConcatDataset
from csgresnet_mm.datasets.layouts import affectnet, fer2013, rafdb


@pytest.fixture
def sets(tmp_path):
    """Configs of RAF-DB, AffectNet and FER2013, in RAF-DB's order."""
    rafdb.write_official(tmp_path / 'raf', 2, 0)
    affectnet.write_folders(tmp_path / 'net', 2, 0)
    fer2013.write_csv(tmp_path / 'fer', 2, 0)
    return [
        dict(type=kind, data_root=str(tmp_path / folder), class_order='rafdb')
        for kind, folder in (
            ('RAFDB', 'raf'),
            ('AffectNet', 'net'),
            ('FER2013', 'fer'),
        )
    ]


def test_T5_sets_of_one_order_join(sets):
    data = DATASETS.build(dict(type='ConcatDataset', datasets=sets))
    assert isinstance(data, EngineConcatDataset)
    assert len(data) == sum(len(part) for part in data.datasets)
    first = data.datasets[0].metainfo
    assert data.metainfo == dict(first, alignment='unknown')
    labels = {data.get_data_info(i)['gt_label'] for i in range(len(data))}
    assert labels == set(range(7))


def test_T5_sets_that_are_aligned_alike_stay_so(sets):
    data = ConcatDataset([sets[1], sets[1]])
    assert data.metainfo['alignment'] == 'none'


def test_T5_a_wrapper_may_be_a_part(sets):
    wrapped = dict(type='RepeatDataset', dataset=sets[1], times=3)
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        data = ConcatDataset([sets[0], wrapped, ConcatDataset([sets[2]])])
    assert len(data.datasets[1]) == 3 * len(data.datasets[1].dataset)


def test_T5_the_name_is_ours_in_mmpretrains_scope_alone(sets):
    config = dict(type='ConcatDataset', datasets=sets[:1])
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        assert type(ROOT.build(config)) is ConcatDataset
    with DefaultScope.overwrite_default_scope('mmengine'):
        assert ROOT.get('ConcatDataset') is EngineConcatDataset


def test_T5_other_spellings_are_the_same_classes(tmp_path):
    rafdb.write_official(tmp_path, 2, 0)
    own = dict(type='RAFDB', data_root=str(tmp_path))
    order = ('surprised', 'FEAR', 'disgusted', 'joy', 'sad', 'angry', 'calm')
    order = (*order[:-1], 'neutral')
    data = ConcatDataset([own, dict(own, class_order=order)])
    assert data.metainfo['classes'] == data.datasets[0].metainfo['classes']


def test_T5_another_order_is_named_with_the_way_out(sets):
    del sets[1]['class_order']
    with pytest.raises(
        ValueError,
        match=r"differ in 'classes'.*RAFDB \(0\) has 0 [Ss]urprise.*"
        r'AffectNet \(1\) has 0 [Nn]eutral.*one class_order=',
    ):
        ConcatDataset(sets)


@pytest.mark.parametrize(
    ('first', 'second', 'message'),
    [
        (dict(x=1), dict(x=2), r"'x'.*has 1;.*has 2\..*ignore_keys=\['x'\]"),
        (dict(x=1), {}, r"'x'.*has 1;.*has none"),
        ({}, dict(x=1), r"'x'.*has none;.*has 1"),
        (
            dict(x=np.zeros(2)),
            dict(x=np.ones(2)),
            r"'x'.*array\(\[0., 0.\]\);.*array\(\[1., 1.\]\)",
        ),
    ],
)
def test_T5_other_keys_are_named(sets, first, second, message):
    both = [
        dict(sets[0], metainfo=first),
        dict(sets[0], metainfo=second),
    ]
    with pytest.raises(ValueError, match=message):
        ConcatDataset(both)
    joined = ConcatDataset(both, ignore_keys='x').metainfo
    assert np.array_equal(joined.get('x'), first.get('x'))


def test_nothing_cannot_be_joined():
    with pytest.raises(ValueError, match=r'datasets=\[\]'):
        ConcatDataset([])
