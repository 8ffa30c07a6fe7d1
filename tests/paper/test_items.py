"""Tables from runs whose figures are known."""

import json

import numpy as np
import pytest

from csgresnet_mm.paper.item_costs import costs
from csgresnet_mm.paper.items import (
    ablation_figure,
    comparison,
    parameters_figure,
    protocols,
)
from csgresnet_mm.paper.paper_networks import CELLS, cell_name
from csgresnet_mm.paper.plan import HONEST, OURS, TEST, Run, Sizes
from csgresnet_mm.paper.reported import TABLES
from csgresnet_mm.paper.results import Results
from csgresnet_mm.paper.runs_table import leaks, metrics
from tests.paper.made_runs import make_run

SIZES = Sizes(3, pretrain=False)


def make(work, right, kind=TEST, data='rafdb', network=OURS):
    """Runs of seeds 0, 1, ... or of those that ``right`` names."""
    seeds = dict(enumerate(right)) if isinstance(right, list) else right
    runs = []
    for seed, counts in seeds.items():
        run = Run(network, data, kind, seed)
        make_run(work, run, **counts)
        runs.append(run)
    return runs


def rows(table, *columns):
    """Its rows, some columns of them, by the names in the first two."""
    places = [table.columns.index(name) for name in columns]
    return {tuple(r[:2]): [r[place] for place in places] for r in table.rows}


def test_ours_stands_beside_the_paper_with_the_difference(tmp_path):
    runs = make(tmp_path, [{'last': n, 'best': n + 3} for n in (80, 82, 84)])
    runs += make(tmp_path, [{'honest': 79}], HONEST)
    (table,) = comparison('table3', Results(runs, tmp_path), SIZES)
    found = {row[0]: row for row in table.rows}
    reported = TABLES['table3'][1]
    assert found[reported.method][1] == 'reported by the paper'
    assert found[reported.method][4:] == ['87.03', *['-'] * 5]
    last = found['CS-GResNet-18, last']
    assert last[4:8] == ['88.85', '3', '82.00', '2.00']
    assert last[9] == '-6.85'
    assert found['CS-GResNet-18, best'][6] == '85.00'
    assert found['CS-GResNet-18, val-selected'][5:9] == [
        '1',
        '79.00',
        '-',
        '-',
    ]
    assert any('made up' in note for note in table.notes)


def test_official_split_of_fer2013_is_set_beside_no_number(tmp_path):
    runs = make(tmp_path, [{'last': 70, 'best': 70}], data='fer2013')
    (table,) = comparison('table4', Results(runs, tmp_path), SIZES)
    found = rows(table, 'Paper, %', 'mean', 'Difference')
    official = 'measured: FER2013, official split'
    assert found['CS-GResNet-18, last', official] == ['-', '70.00', '-']


def test_inflation_is_of_the_same_seeds(tmp_path):
    """One failed training on either side must not mix up the seeds."""
    runs = make(
        tmp_path, {0: {'last': 90, 'best': 95}, 1: {'last': 50, 'best': 52}}
    )
    runs += make(tmp_path, {1: {'honest': 51}, 2: {'honest': 10}}, HONEST)
    found = rows(protocols(Results(runs, tmp_path)), 'n', 'mean')
    assert found['RAF-DB', 'last'] == ['2', '70.00']
    assert found['RAF-DB', 'val-selected'] == ['2', '30.50']
    assert found['RAF-DB', 'inflation: best - last'] == ['2', '3.50']
    assert found['RAF-DB', 'inflation: best - val-selected'] == ['1', '1.00']


def test_pre_training_has_no_row_of_protocols(tmp_path):
    runs = make(
        tmp_path,
        [{'last': 50, 'best': 50}],
        data='affectnet',
        network='gresnet18',
    )
    assert protocols(Results(runs, tmp_path)).rows == []


def test_gains_are_seed_by_seed_beside_the_papers(tmp_path):
    runs = make(tmp_path, [{'last': n} for n in (80, 70)], network='resnet18')
    runs += make(
        tmp_path, [{'last': n} for n in (81, 74, 10)], network='gresnet18'
    )
    _, gains = parameters_figure(Results(runs, tmp_path), SIZES, costs())
    found = rows(gains, 'Paper', 'n', 'mean', 'Difference')
    assert found['RAF-DB', '18'] == ['+0.26', '2', '2.50', '+2.24']
    assert found['SFEW', '34'] == ['+2.29', '0', '-', '-']


def test_each_cell_is_set_against_the_network_without_a_shift(tmp_path):
    runs = make(tmp_path, [{'last': 70}], network='gresnet18')
    name = cell_name((8, 1, 'end'))
    runs += make(tmp_path, [{'last': 73}], network=name)
    (table,) = ablation_figure(Results(runs, tmp_path), SIZES)
    assert len(table.rows) == 3 * (1 + len(CELLS))
    found = {tuple(row[:4]): row for row in table.rows}
    assert found['RAF-DB', '8', 'layer 1', 'end'][-1] == '+3.00'
    assert found['RAF-DB', '8', 'layer 1', 'start'][-1] == '-'


def test_metrics_of_each_run(tmp_path):
    runs = make(tmp_path, [{'last': 80, 'best': 80}])
    figures, recalls = metrics(Results(runs, tmp_path))
    assert [row[1] for row in figures.rows] == ['last', 'best']
    assert figures.rows[0][3].startswith('80.00 (')
    assert len(recalls.rows) == 2 * 7


def test_data_without_an_audit_are_named(tmp_path):
    runs = make(tmp_path, [{'last': 80, 'best': 80}])
    (table,) = leaks(Results(runs, tmp_path))
    assert table.rows == [] and 'Not audited: RAF-DB.' in table.notes


@pytest.mark.parametrize('images', [100, 7])
def test_an_audit_of_other_images_is_named_not_raised(tmp_path, images):
    runs = make(tmp_path, [{'last': 80, 'best': 80}])
    path = tmp_path / 'audit' / 'rafdb' / 'report.json'
    path.parent.mkdir(parents=True)
    report = {
        'splits': {'test': {'images': images, 'root': ''}},
        'findings': [],
        'exact_duplicates': [],
        'near_duplicates': [],
    }
    path.write_text(json.dumps(report))
    (table,) = leaks(Results(runs, tmp_path))
    refused = [note for note in table.notes if 'expected the 100' in note]
    assert len(refused) == (images != 100)
    flagged = [row[3] for row in table.rows if row[2] == 'flagged']
    assert flagged == ([] if refused else ['0', '0'])


def test_means_are_those_of_numpy(tmp_path):
    values = [61, 64, 70]
    runs = make(tmp_path, [{'last': n} for n in values])
    mean = Results(runs, tmp_path).mean(OURS, 'rafdb')
    assert mean.mean == pytest.approx(np.mean(values))
    assert mean.std == pytest.approx(np.std(values, ddof=1))
