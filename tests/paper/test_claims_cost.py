"""The paper's frozen convolution computes our shift, and counts apart."""

import pytest
import torch

from csgresnet_mm.apis.measuring.memory import is_supported
from csgresnet_mm.layers import ChannelShift
from csgresnet_mm.paper.claims_cost import (
    FORMS,
    FrozenShift,
    ShiftArm,
    measure_shift_cost,
    ratios,
)


def algorithm_1(x, sigma, i):
    """Algorithm 1 position by position: the result and the weights."""
    bs, c, h, w = x.shape
    b = h * w // sigma
    out = torch.zeros_like(x)
    for n in range(bs):
        for p in range(h * w):
            row, column = divmod(p, w)
            for channel in range(c):
                source = channel
                if i * b <= p < (i + 1) * b:
                    source = channel - 1
                elif (i + 1) * b <= p < (i + 2) * b:
                    source = channel + 1
                if 0 <= source < c:
                    out[n, channel, row, column] = x[n, source, row, column]
    return out


@pytest.mark.parametrize('i', [0, 2])
def test_the_frozen_convolution_is_algorithm_1(i):
    x = torch.randn(2, 6, 4, 5)
    layer = FrozenShift(4, 5, divisor=5, index=i, num_orientations=1)
    assert torch.equal(layer(x), algorithm_1(x, 5, i))


@pytest.mark.parametrize('orientations', [1, 2, 4])
def test_it_agrees_with_our_shift(orientations):
    x = torch.randn(2, 16, 5, 7)
    frozen = FrozenShift(5, 7, 8, 1, orientations)
    ours = ChannelShift(8, 1, num_orientations=orientations)
    assert torch.equal(frozen(x), ours(x))


@pytest.mark.parametrize(('stage', 'parameters'), [(1, 37_632), (3, 2_352)])
def test_it_has_the_parameters_of_table_2_and_trains_none(stage, parameters):
    model = ShiftArm(FORMS[1], stage, 2, 112).build_model()
    frozen = [p for p in model.parameters() if not p.requires_grad]
    assert sum(p.numel() for p in frozen) == parameters


def test_it_is_tied_to_one_size():
    with pytest.raises(RuntimeError):
        FrozenShift(4, 4)(torch.randn(1, 8, 5, 5))
    with pytest.raises(ValueError, match='blocks of 0 do not fit 4 positions'):
        FrozenShift(1, 1)


@pytest.mark.parametrize('stage', [1, 3])
def test_the_networks_differ_in_the_shift_alone(stage):
    x = torch.randn(2, 3, 48, 48)
    scores = {}
    for form in FORMS:
        torch.manual_seed(0)
        model = ShiftArm(form, stage, 2, 48, 'dense').build_model().eval()
        with torch.no_grad():
            scores[form] = model(x)
    assert torch.equal(scores[FORMS[1]], scores[FORMS[2]])
    assert not torch.equal(scores[FORMS[0]], scores[FORMS[2]])


def test_what_does_not_fit_is_reported():
    with pytest.raises(ValueError, match="form='x'"):
        ShiftArm('x', 3, 2, 48).build_model()
    with pytest.raises(ValueError, match='stage=2'):
        ShiftArm(FORMS[0], 2, 2, 48).build_model()
    with pytest.raises(ValueError, match='image=50'):
        ShiftArm(FORMS[0], 3, 2, 50).build_model()
    with pytest.raises(ValueError, match='longer|shorter'):
        ratios([1.0], [1.0, 2.0])


def test_each_form_is_timed_each_round():
    found = measure_shift_cost(
        3, batch=2, image=32, rounds=2, memory_rounds=0, least_ms=0
    )
    assert [cost.form for cost in found] == list(FORMS)
    assert all(len(cost.milliseconds) == 2 for cost in found)
    assert all(min(cost.milliseconds) > 0 for cost in found)
    # 4 x 4 x 4 positions of 3 taps
    assert [cost.frozen_parameters for cost in found] == [0, 192, 0]


@pytest.mark.slow
def test_memory_holds_at_least_weights_gradients_and_momentum():
    assert is_supported('cpu')
    found = measure_shift_cost(
        3, batch=2, image=32, rounds=1, memory_rounds=1, least_ms=0
    )
    state = 3 * 4 * 2_804_679 / 2**20
    assert all(cost.mebibytes[0] > state for cost in found)
