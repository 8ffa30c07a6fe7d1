"""Verdicts from made-up numbers whose answer is known."""

import numpy as np
import pytest

from csgresnet_mm.paper import claims as c
from csgresnet_mm.paper.claims_cost import ShiftCost
from csgresnet_mm.paper.claims_data import Robustness

DEMO = 'synthetic data, machinery only'


@pytest.mark.parametrize(
    ('low', 'high', 'verdict'),
    [
        (0.1, 2.0, c.CONFIRMED),
        (-0.1, 2.0, c.NOT_CONFIRMED),
        (0.0, 2.0, c.NOT_CONFIRMED),
        (-2.0, 0.0, c.CONTRADICTED),
        (None, None, c.UNDECIDABLE),
    ],
)
def test_an_interval_and_a_threshold_decide(low, high, verdict):
    assert c.judge(low, high, 0) == verdict
    assert c.judge(low, high, 0, DEMO) == c.UNDECIDABLE


def robustness(kind, still, *moved):
    """Of images named rightly or not, untransformed and transformed."""
    values = (0.0, 20.0, -20.0) if kind == 'rotation' else (1.0, 0.5, 2.0)
    return [
        Robustness(kind, value, np.array(correct, bool))
        for value, correct in zip(values, (still, *moved), strict=False)
    ]


def test_what_is_retained_is_counted_image_by_image():
    one = robustness('rotation', [1, 1, 0, 0], [1, 0, 1, 0], [1, 1, 1, 0])
    two = robustness('rotation', [1, 1, 0, 0], [1, 1, 0, 0], [1, 1, 0, 0])
    assert c.retained('rotation', [one]).tolist() == [0, -50, 100, 0]
    assert c.retained('rotation', [one, two]).tolist() == [0, -25, 50, 0]


@pytest.mark.parametrize('kind', ['rotation', 'scale'])
def test_robustness_is_judged_on_the_same_images(kind):
    n = 200
    steady = robustness(kind, [1] * n, [1] * n)
    losing = robustness(kind, [1] * n, [1] * (n // 2) + [0] * (n // 2))
    found = c.claim_robustness(kind, [steady], [losing])
    assert found.verdict == c.CONFIRMED
    assert 'changes by 0.00 points' in found.measurement
    assert 'ResNet-18 by -50.00: +50.00' in found.measurement
    low, high = (float(x) for x in found.interval.strip('[]').split(','))
    # +100 on half of 200 images: standard error 100 * sqrt(1/4 / 200) = 3.54
    assert low == pytest.approx(50 - 1.96 * 3.54, abs=1.5)
    assert high == pytest.approx(50 + 1.96 * 3.54, abs=1.5)
    against = c.claim_robustness(kind, [losing], [steady])
    assert against.verdict == c.CONTRADICTED
    same = c.claim_robustness(kind, [losing], [losing])
    assert same.verdict != c.CONFIRMED
    demo = c.claim_robustness(kind, [steady], [losing], undecidable=DEMO)
    assert (demo.verdict, demo.reason) == (c.UNDECIDABLE, DEMO)


def test_robustness_needs_the_untransformed_and_the_same_images():
    turned = [Robustness('rotation', 20.0, np.array([True]))]
    with pytest.raises(ValueError, match=r'rotation: values \[20.0\]'):
        c.retained('rotation', [turned])
    with pytest.raises(ValueError, match='no run'):
        c.retained('rotation', [])
    one = robustness('scale', [1], [1])
    two = robustness('scale', [1, 1], [1, 1])
    with pytest.raises(ValueError, match='on 1 images, ResNet on 2'):
        c.claim_robustness('scale', [one], [two])


def gain(differences, **kwargs):
    return c.claim_gain('"better"', 'section 3.2', 'a', differences, **kwargs)


def test_a_gain_is_judged_over_seeds():
    found = gain([1.0, 1.2, 0.9, 1.1, 1.3])
    assert found.verdict == c.CONFIRMED
    assert found.measurement == 'a: +1.10 points, n = 5'
    assert gain([1.0, -1.2, 0.1]).verdict == c.NOT_CONFIRMED
    assert gain([-1.0, -1.2, -1.1]).verdict == c.CONTRADICTED
    alone = gain([1.0])
    assert (alone.verdict, alone.interval) == (c.UNDECIDABLE, '')
    assert alone.reason == 'one seed has no interval'


def test_parameters_and_receptive_field_are_exact():
    found = c.claim_parameters(11_180_103, 2_804_679, 18)
    assert found.verdict == c.CONFIRMED and '= 3.99' in found.measurement
    assert c.claim_parameters(400, 200, 18).verdict == c.CONTRADICTED
    field = c.claim_receptive_field(217, 435, 433, 112)
    assert field.verdict == c.CONTRADICTED
    assert 'all exceed the image, 112 pixels' in field.reason
    assert 'exceed' not in c.claim_receptive_field(217, 435, 433, 224).reason


def costs(frozen, ours):
    base = (10.0, 20.0, 10.0)
    return [
        ShiftCost('no shift', 3, base, (), 0),
        ShiftCost(
            'frozen convolution', 3, tuple(b * frozen for b in base), (), 2352
        ),
        ShiftCost('our shift', 3, tuple(b * ours for b in base), (), 0),
    ]


def test_the_cost_of_a_shift_is_a_ratio_within_rounds():
    paper, ours = c.claim_shift_cost(costs(1.5, 1.01), 'time')
    assert paper.verdict == c.CONTRADICTED and ours.verdict == c.CONFIRMED
    assert '1.500 times' in paper.measurement
    assert '2,352 frozen parameters' in paper.measurement
    assert ours.interval == '[1.010, 1.010]'
    assert paper.varies and ours.varies
    memory, _ = c.claim_shift_cost(costs(1.5, 1.0), 'memory')
    assert memory.verdict == c.UNDECIDABLE
    assert 'cannot be measured' in memory.measurement
    with pytest.raises(ValueError, match="quantity='money'"):
        c.claim_shift_cost(costs(1, 1), 'money')


def cells():
    """Ten cells at 82 +- 0.5, two of them the claimed best."""
    return {
        (divisor, stage, position): (82.0, 81.5, 82.5)
        for divisor in (8, 16, 32)
        for stage in (1, 3)
        for position in ('start', 'end')
        if (divisor, stage) != (32, 3)
    }


def test_cells_are_counted_against_the_backbone():
    all_above = c.claim_cells(cells(), (80.0, 79.5, 80.5), 'faces')
    assert all_above.verdict == c.CONFIRMED
    assert all_above.measurement == '10 of 10 cells have a higher mean'
    assert all_above.interval == '10 to 10 of 10 cells'
    unclear = c.claim_cells(cells(), (81.8, 81.3, 82.3), 'faces')
    assert unclear.verdict == c.NOT_CONFIRMED
    assert unclear.interval == '0 to 10 of 10 cells'
    below = c.claim_cells(cells(), (90.0, 89.5, 90.5), 'faces')
    assert below.verdict == c.CONTRADICTED


def test_nine_of_ten_cells_are_almost_all_and_eight_are_not():
    some = cells()
    some[(8, 1, 'end')] = (70.0, 69.0, 71.0)
    backbone = (80.0, 79.5, 80.5)
    assert c.claim_cells(some, backbone, 'faces').verdict == c.CONFIRMED
    some[(8, 1, 'start')] = (70.0, 69.0, 71.0)
    assert c.claim_cells(some, backbone, 'faces').verdict == c.CONTRADICTED


def test_cells_not_run_and_single_seeds_decide_nothing():
    some = cells()
    some[(32, 3, 'end')] = None
    found = c.claim_cells(some, (80.0, 79.5, 80.5), 'faces')
    assert found.verdict == c.UNDECIDABLE
    assert found.reason == '1 of 11 cells were not run'
    assert c.claim_best_cell(some, 'faces').verdict == c.UNDECIDABLE
    single = dict.fromkeys(cells(), (82.0, None, None))
    found = c.claim_cells(single, (80.0, None, None), 'faces')
    assert found.verdict == c.UNDECIDABLE and found.interval == ''
    assert c.claim_best_cell(single, 'faces').verdict == c.UNDECIDABLE
    with pytest.raises(ValueError, match='no cell'):
        c.claim_cells({(8, 1, 'end'): None}, (80.0, 79.5, 80.5), 'faces')


def test_the_best_cell_must_stand_clear_of_the_others():
    some = cells()
    assert c.claim_best_cell(some, 'faces').verdict == c.NOT_CONFIRMED
    some[(16, 3, 'end')] = (85.0, 84.5, 85.5)
    found = c.claim_best_cell(some, 'faces')
    assert found.verdict == c.CONFIRMED
    assert 'sigma 16, layer 3, end, 85.00' in found.measurement
    assert found.interval == '[2.00, 4.00]'
    some[(8, 1, 'start')] = (88.0, 87.5, 88.5)
    assert c.claim_best_cell(some, 'faces').verdict == c.CONTRADICTED
    with pytest.raises(ValueError, match='some with sigma 16 in layer 3'):
        c.claim_best_cell({(8, 1, 'end'): (80.0, 79.0, 81.0)}, 'faces')


def test_the_trade_off_is_against_what_costs_no_more():
    large = c.Rival('large', 88.0, 11e6, 3e9)
    small = c.Rival('small', 80.0, 2e6, 1e9)
    unknown = c.Rival('unknown', 70.0)
    ours = (85.0, 84.0, 86.0)

    def verdict(*rivals, mine=ours):
        return c.claim_trade_off(rivals, mine, 2.8e6, 1.7e9).verdict

    assert verdict(large, small, unknown) == c.CONFIRMED
    assert verdict(large, unknown) == c.CONTRADICTED
    assert verdict(small, mine=(80.0, 79.0, 81.0)) == c.NOT_CONFIRMED
    assert verdict(small, mine=(85.0, None, None)) == c.UNDECIDABLE
