"""Counted figures against the paper's and those of a hand calculation."""

import pytest

from csgresnet_mm.paper.configs import compose
from csgresnet_mm.paper.counts import count, shift_cost
from csgresnet_mm.paper.item_costs import (
    cost_tables,
    costs,
    structure,
)
from csgresnet_mm.paper.reported import GAINS, TABLES
from tests.oracle.counts import FrozenShift, Network


@pytest.fixture(scope='module')
def found():
    return costs()


@pytest.mark.parametrize(
    ('name', 'network', 'orientations'),
    [
        ('resnet18', Network(18, 7, True), 1),
        ('resnet34', Network(34, 7, True), 1),
        ('gresnet18', Network(18, 5, False), 4),
        ('gresnet34', Network(34, 5, False), 4),
        ('csgresnet18', Network(18, 5, False), 4),
        ('csresnet18', Network(18, 7, True), 1),
    ],
)
def test_counts_agree_with_a_pencil(found, name, network, orientations):
    cost = found[name]
    assert cost.parameters == network.parameters(orientations)
    assert cost.multiply_adds == network.dense()
    assert cost.norms == network.norm_flops()
    assert cost.activations == network.relu_flops()


def test_table1_has_the_papers_figures_cut_off(found):
    (table,) = structure(found)
    cells = {row[0]: row[1:] for row in table.rows}
    assert cells['ResNet-18'][:3] == ['11.18', '11,180,103', '11.18']
    assert cells['GResNet-18'][:3] == ['2.80', '2,804,679', '2.80']
    assert cells['ResNet-34'][:3] == ['21.28', '21,288,263', '21.28']
    assert cells['GResNet-34'][:3] == ['5.33', '5,337,287', '5.33']
    assert [row[-1] for row in table.rows[:4]] == ['yes'] * 4


def test_table2_is_exact_and_names_what_does_not_match(found):
    shift, operations = cost_tables(found)
    assert [row[2] for row in shift.rows] == [
        '37,632', '602,112', '2,352', '150,528',
    ]  # fmt: skip
    assert [row[-2] for row in shift.rows] == ['yes', 'yes', 'no', 'yes']
    assert any('2,352' in n and '2.0e-3' in n for n in shift.notes)
    ours = next(r for r in operations.rows if r[0] == 'CS-GResNet-18')
    assert ours[1] == '1.72' and ours[3:] == ['1.7106', '1.7161']
    assert any('BN + ReLU' in note for note in operations.notes)


def test_shift_cost_agrees_with_the_frozen_convolution():
    for planes, side in ((16, 56), (64, 14)):
        frozen = FrozenShift(planes, 4 * side * side)
        assert shift_cost(planes, 4, side, side) == (
            frozen.parameters(),
            frozen.multiply_adds(),
        )


def test_smaller_images_cost_less_and_have_as_many_parameters():
    cost = count(compose('gresnet18', 'rafdb').model.to_dict(), (3, 48, 48))
    assert cost.parameters == 2_804_679
    assert cost.multiply_adds == Network(18, 5, False, 48).dense()


def test_the_papers_rows():
    best = {name: rows[-1].accuracy for name, rows in TABLES.items()}
    assert best == {'table3': 88.85, 'table4': 73.75, 'table5': 60.55}
    for rows in TABLES.values():
        assert max(row.accuracy for row in rows) == rows[-1].accuracy
    assert sum(len(rows) for rows in TABLES.values()) == 8 + 4 + 5
    assert GAINS['sfew', 34] == 2.29
