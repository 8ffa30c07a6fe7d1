"""The alias table."""

from __future__ import annotations

import pytest

from csgresnet_mm.datasets.reading.names import (
    EXPRESSIONS,
    SPLITS,
    find_class,
    find_expression,
    find_split,
)

from .rafdb_layouts import CLASSES

SPELLINGS = {
    'angry|anger': 'anger',
    'disgust|disgusted|digust': 'disgust',
    'fear|fearful|afraid|scared': 'fear',
    'happy|happiness|joy|happyness|happines': 'happiness',
    'sad|sadness': 'sadness',
    'surprise|surprised|suprise|suprised': 'surprise',
    'neutral|neutrality|nuetral': 'neutral',
    'contempt|contemptuous|contemptous': 'contempt',
}


@pytest.mark.parametrize('names', SPELLINGS)
def test_every_spelling_in_any_case(names: str) -> None:
    for name in names.split('|'):
        for written in (name, name.upper(), name.capitalize(), f' {name} '):
            assert find_expression(written) == SPELLINGS[names]


def test_table_holds_nothing_else() -> None:
    spelled = {n for names in SPELLINGS for n in names.split('|')}
    assert {n for names in EXPRESSIONS.values() for n in names} == spelled


@pytest.mark.parametrize(
    'name',
    ['', 'happ', 'sad1', 'other', 'surprise!', '3', 'faces', 'not_happy'],
)
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


@pytest.mark.parametrize(
    'name',
    ['0_angry', '3-Anger', 'angry (2)', '0angry', 'Angry Faces', 'anger_img'],
)
def test_F1_class_words_with_numbers_and_ends(name: str) -> None:
    assert find_expression(name) == 'anger'


@pytest.mark.parametrize('name', ['Sadly-Angry', 'happy_sad', 'sad_other'])
def test_F1_two_words_are_no_class(name: str) -> None:
    assert find_expression(name) is None


def test_splits() -> None:
    spelled = {
        'train': 'train|training|train_set|training_set|TrainSet|train-images',
        'val': (
            'val|valid|validation|val_set|valid_set|validation_set|publictest|'
            'Public_Test|valid data'
        ),
        'test': 'test|testing|test_set|testing_set|privatetest|Private-Test',
    }
    for split, names in spelled.items():
        for name in names.split('|'):
            for written in (name, name.upper(), f' {name} '):
                assert find_split(written) == split


@pytest.mark.parametrize(
    'name', ['', 'images', 'set', 'tester', 'train_labels', 'test2', 'eval']
)
def test_what_is_no_split(name: str) -> None:
    assert find_split(name) is None


def test_split_words_are_of_one_split() -> None:
    words = [word for own in SPLITS.values() for word in own]
    assert len(set(words)) == len(words)
