"""The alias table."""

from __future__ import annotations

import pytest

from csgresnet_mm.datasets.names import (
    EXPRESSIONS,
    SPLITS,
    find_class,
    find_expression,
    find_split,
)

from .raf_layouts import CLASSES

SPELLINGS = {
    'angry|anger': 'anger',
    'disgust|disgusted': 'disgust',
    'fear|fearful|afraid': 'fear',
    'happy|happiness|joy': 'happiness',
    'sad|sadness': 'sadness',
    'surprise|surprised|suprise': 'surprise',
    'neutral': 'neutral',
    'contempt|contemptuous': 'contempt',
}


@pytest.mark.parametrize('names', SPELLINGS)
def test_every_spelling_in_any_case(names: str) -> None:
    for name in names.split('|'):
        for written in (name, name.upper(), name.capitalize(), f' {name} '):
            assert find_expression(written) == SPELLINGS[names]


def test_table_holds_nothing_else() -> None:
    spelled = {n for names in SPELLINGS for n in names.split('|')}
    assert {n for names in EXPRESSIONS.values() for n in names} == spelled


@pytest.mark.parametrize('name', ['', 'happ', 'sad1', 'other', 'surprise!'])
def test_unknown_expression(name: str) -> None:
    assert find_expression(name) is None
    assert find_class(name, CLASSES) is None


def test_native_index_whatever_the_spelling() -> None:
    names = [
        'Suprise',
        'afraid',
        'DISGUSTED',
        'joy',
        'sad',
        'angry',
        'neutral',
    ]
    assert [find_class(name, CLASSES) for name in names] == list(range(7))
    assert find_class('contempt', CLASSES) is None


def test_splits() -> None:
    spelled = {
        'train': 'train|training|train_set|training_set',
        'val': (
            'val|valid|validation|val_set|valid_set|validation_set|publictest'
        ),
        'test': 'test|testing|test_set|testing_set|privatetest',
    }
    for split, names in spelled.items():
        assert set(SPLITS[split]) == set(names.split('|'))
        for name in names.split('|'):
            assert find_split(name.upper()) == split
    assert find_split('images') is None
