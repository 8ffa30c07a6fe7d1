"""Each data set says how its faces are aligned."""

import inspect

import pytest

from csgresnet_mm import datasets
from csgresnet_mm.apis.predictor.alignment import ALIGNMENTS
from csgresnet_mm.datasets.base import FERDataset

ALL = [
    kind
    for _, kind in inspect.getmembers(datasets, inspect.isclass)
    if issubclass(kind, FERDataset) and kind is not FERDataset
]


def test_all_are_looked_at():
    assert len(ALL) == 12


@pytest.mark.parametrize('kind', ALL, ids=lambda kind: kind.__name__)
def test_it_is_one_that_the_predictor_knows(kind):
    assert kind.METAINFO['alignment'] in (*ALIGNMENTS, 'unknown')


def test_original_photographs_are_cropped_to_their_box(tmp_path):
    def alignment_of(**options):
        data = datasets.RAFDB(tmp_path, lazy_init=True, **options)
        return data.metainfo['alignment']

    assert alignment_of() == 'rafdb'
    assert alignment_of(alignment='original') == 'none'
    mine = {'alignment': 'arcface'}
    assert alignment_of(alignment='original', metainfo=mine) == 'arcface'
