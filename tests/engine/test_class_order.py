"""What the order of the classes is, and how a head follows it."""

import pytest
import torch
from torch import nn

from csgresnet_mm.engine.class_order import (
    canonical,
    find_classes,
    permute_head,
)


def test_spellings_of_an_expression_are_one_name():
    assert canonical(('angry', 'JOY', 'cat', 'Cat')) == (
        'anger',
        'happiness',
        'cat',
        'Cat',
    )


def test_old_checkpoints_name_their_classes_elsewhere():
    assert find_classes({'meta': {'CLASSES': ['cat', 'dog']}}) == (
        'cat',
        'dog',
    )
    assert find_classes({'state_dict': {}}) is None
    assert find_classes({'meta': {'dataset_meta': {}}}) is None


@pytest.mark.parametrize('classes', [7, 'Anger', [1, 2], [['Anger']]])
def test_classes_that_are_no_names_are_reported(classes):
    checkpoint = {'meta': {'dataset_meta': {'classes': classes}}}
    with pytest.raises(ValueError, match='a list of class names is expected'):
        find_classes(checkpoint)


@pytest.mark.parametrize('prefix', ['', 'module.'])
def test_rows_move_with_their_names(prefix):
    head = nn.ModuleDict({'a': nn.Linear(5, 2), 'b': nn.Linear(2, 3)})
    state = {prefix + key: x for key, x in head.state_dict().items()}
    before = {key: x.clone() for key, x in state.items()}
    assert permute_head(head, state, list('xyz'), list('zxy')) == 'b'
    for key, value in state.items():
        rows = [2, 0, 1] if key.startswith(f'{prefix}b') else [0, 1]
        assert torch.equal(value, before[key][rows])


@pytest.mark.parametrize(
    ('widths', 'names'), [((3, 3), "['0', '1']"), ((4,), '[]')]
)
def test_a_head_that_is_not_found_is_reported(widths, names):
    layers = nn.Sequential(*(nn.Linear(3, width) for width in widths))
    with pytest.raises(ValueError) as error:
        permute_head(layers, layers.state_dict(), list('xyz'), list('zyx'))
    assert f'{len(widths) if names != "[]" else 0} linear layers of 3' in str(
        error.value
    )
    assert names in str(error.value)


@pytest.mark.parametrize(
    'state', [{}, {'weight': torch.zeros(8, 5), 'bias': torch.zeros(8)}]
)
def test_a_checkpoint_of_another_head_is_reported(state):
    net = nn.Sequential(nn.Linear(5, 3))
    with pytest.raises(ValueError, match='0 of the checkpoint has the shapes'):
        permute_head(
            net,
            {f'0.{key}': x for key, x in state.items()},
            list('xyz'),
            list('zyx'),
        )
