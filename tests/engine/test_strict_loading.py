"""Weights that fit exactly: one text for each fault, whoever loads."""

import pytest
import torch
from torch import nn

from csgresnet_mm.engine.strict_loading import check_weights, load_strictly


def network():
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))


def test_weights_of_a_wrapped_model_are_loaded():
    model, other = network(), network()
    state = {f'module.{k}': v for k, v in other.state_dict().items()}
    state.pop('module.1.num_batches_tracked')
    load_strictly(model, {**state, 'steps': torch.tensor(3)}, 'x.pth')
    assert torch.equal(model[0].weight, other[0].weight)


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'0.bias': None}, 'x.pth does .* model: 0.bias: in the model, not'),
        ({'more': torch.zeros(1)}, 'model: more: in the file, not in the mod'),
        (
            {'0.bias': torch.zeros(4), '1.bias': torch.zeros(2, 3)},
            r'0.bias: found shape \(4,\), expected \(3,\); 1.bias: found',
        ),
        ({'0.bias': 'text'}, '0.bias.*expected torch.Tensor'),
        ({'0.bias': torch.tensor([0, torch.nan, 0])}, 'NaN .* are 0.bias; f'),
        ({'0.bias': torch.tensor([0, torch.inf, 0])}, 'NaN .* are 0.bias; f'),
    ],
)
def test_a_fault_is_named_and_changes_nothing(changes, message):
    model = network()
    before = model[0].weight.clone()
    state = {**network().state_dict(), **changes}
    state = {key: value for key, value in state.items() if value is not None}
    with pytest.raises(ValueError, match=message):
        load_strictly(model, state, 'x.pth')
    assert torch.equal(model[0].weight, before)


def test_more_may_be_allowed_and_need_not_be_finite():
    model = network()
    state = {**model.state_dict(), 'more': torch.tensor(torch.nan)}
    taken = check_weights(model, state, 'x.pth', more=True)
    assert taken.keys() == model.state_dict().keys()


def test_a_list_is_no_state():
    with pytest.raises(ValueError, match='x.pth is list; a dict of name'):
        load_strictly(network(), [1, 2], 'x.pth')
