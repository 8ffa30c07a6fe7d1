"""The table of claims: its verdicts follow from what was measured."""

import numpy as np
import pytest

from csgresnet_mm.paper import claims as c
from csgresnet_mm.paper import item_claims
from csgresnet_mm.paper.claims_cost import FORMS, ShiftCost
from csgresnet_mm.paper.claims_data import Robustness
from csgresnet_mm.paper.item_claims import claim_tables
from csgresnet_mm.paper.item_costs import costs
from csgresnet_mm.paper.paper_networks import CELLS, cell_name
from csgresnet_mm.paper.plan import OURS, TEST, Run, Sizes
from csgresnet_mm.paper.report import STAMP
from csgresnet_mm.paper.results import Results
from tests.paper.made_runs import make_run

SIZES = Sizes(2, pretrain=False, ablation_seeds=2)
KEPT = {'resnet18': 40, 'gresnet18': 60, OURS: 90}
"""Network to how many of 100 images it names rightly when they are changed."""


@pytest.fixture(scope='module')
def found():
    return costs()


@pytest.fixture(autouse=True)
def measured(monkeypatch):
    """Instead of networks: every image right, KEPT of them when changed."""

    def robust(network, dataset):
        counts = {0.0: 100, 1.0: 100}
        return [
            Robustness(
                kind,
                value,
                np.arange(100) < counts.get(value, KEPT[network]),
            )
            for kind, value in (
                ('rotation', -90.0),
                ('rotation', 0.0),
                ('scale', 0.5),
                ('scale', 1.0),
            )
        ]

    def cost(stage, **options):
        return [
            ShiftCost(form, stage, (time,) * 5, (100.0,) * 3, 0)
            for form, time in zip(FORMS, (10.0, 20.0, 10.1), strict=True)
        ]

    monkeypatch.setattr(item_claims, 'load_model', lambda r: r.run.network)
    monkeypatch.setattr(item_claims, 'load_test_data', lambda r: None)
    monkeypatch.setattr(item_claims, 'measure_robustness', robust)
    monkeypatch.setattr(item_claims, 'measure_shift_cost', cost)


def tables(work, right, found, undecidable=None):
    """Of runs on RAF-DB: network to how many of 100 are right, one a seed."""
    runs = []
    for network, counts in right.items():
        for seed, count in enumerate(counts):
            run = Run(network, 'rafdb', TEST, seed)
            make_run(work, run, last=count, best=count)
            runs.append(run)
    return claim_tables(Results(runs, work), SIZES, found, undecidable)


def verdicts(table):
    return [(row[2], row[4]) for row in table.rows]


def one(table, words):
    (found,) = [v for text, v in verdicts(table) if words in text]
    return found


def right(resnet, gresnet, cell):
    return {
        'resnet18': [resnet, resnet + 1],
        'gresnet18': [gresnet, gresnet + 1],
        **{cell_name(each): [cell, cell + 1] for each in CELLS},
    }


def test_verdicts_turn_with_the_measurement(tmp_path, found):
    (better, _), _ = tables(tmp_path / 'a', right(70, 80, 90), found)
    (worse, _), _ = tables(tmp_path / 'b', right(90, 80, 70), found)
    for words in (
        'GResNet-18 minus ResNet-18',
        'CS-GResNet-18 minus GResNet-18',
        'cells have a higher mean',
    ):
        assert one(better, words) == c.CONFIRMED
        assert one(worse, words) == c.CONTRADICTED


def test_robustness_is_in_points_and_listed_by_angle(
    tmp_path, found, monkeypatch
):
    (claims, table), _ = tables(tmp_path / 'a', right(70, 80, 90), found)
    texts = [text for text, _ in verdicts(claims) if 'over rotation' in text]
    assert 'CS-GResNet-18 changes by -10.00 points' in texts[1]
    assert 'ResNet-18 by -60.00: +50.00' in texts[1]
    assert ['rotation', '-90', '40.00', '60.00', '90.00'] in table.rows
    assert ['scale', '1', '100.00', '100.00', '100.00'] in table.rows
    monkeypatch.setitem(KEPT, 'resnet18', 95)
    (claims, _), _ = tables(tmp_path / 'b', right(70, 80, 90), found)
    turned = [v for text, v in verdicts(claims) if 'over rotation' in text]
    assert turned == [c.CONTRADICTED] * 2


def test_time_is_judged_against_training_without_a_shift(tmp_path, found):
    _, table = tables(tmp_path, {}, found)
    assert all(row[0].startswith('"efficient') for row in table.rows)
    found = {(row[1].split('; ')[1], row[2][:4]): row for row in table.rows}
    assert len(found) == 8
    frozen = found['frozen convolution, layer 3', 'time']
    assert '2.000 times' in frozen[2] and frozen[4] == c.CONTRADICTED
    ours = found['our shift, layer 3', 'time']
    assert '1.010 times' in ours[2] and ours[4] == c.CONFIRMED


def test_cells_that_were_not_run_are_said(tmp_path, found):
    made = right(70, 80, 90)
    del made[cell_name((32, 1, 'end'))]
    (table, _), _ = tables(tmp_path, made, found)
    row = next(r for r in table.rows if 'cells have a higher' in r[2])
    assert row[2].startswith('23 of 23 cells')
    assert row[4:] == [c.UNDECIDABLE, '1 of 24 cells were not run']


def test_structure_needs_no_run(tmp_path, found):
    (table, listed), _ = tables(tmp_path, {}, found)
    assert one(table, '217 pixels') == c.CONTRADICTED
    assert one(table, '11,180,103 / 2,804,679') == c.CONFIRMED
    assert listed.rows == []


def test_of_the_demo_no_accuracy_is_judged(tmp_path, found):
    (table, _), _ = tables(tmp_path, right(70, 80, 90), found, STAMP)
    judged = {text: v for text, v in verdicts(table) if v != c.UNDECIDABLE}
    assert len(judged) == 3  # receptive field, parameters of two depths
