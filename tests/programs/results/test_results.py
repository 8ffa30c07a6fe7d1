"""The page of results: its tables, its words, and what it refuses."""

from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path

import pytest

from csgresnet_mm.evaluation import (
    bootstrap_intervals,
    difference_intervals,
    mcnemar,
    summarise,
)
from csgresnet_mm.paper.reported import GAINS
from csgresnet_mm.programs.results.cli import main
from csgresnet_mm.programs.results.page import REPORTED, say, verdict
from csgresnet_mm.programs.results.tallies import COLUMNS
from tests.apis.small_run import CLASSES, write_run
from tests.evaluation.made import make
from tests.evaluation.test_leaks import image, report

COUNT = 300
TWINNED = (1, 8, 20, 21, 22, 40)
NETWORKS = {'ResNet-18': 'ResNet', 'GResNet-18': 'GResNet'}


def predictions(seed, sharpness):
    labels = make(COUNT, classes=CLASSES).labels
    made = make(COUNT, seed, sharpness=sharpness, classes=CLASSES)
    return dataclasses.replace(made, labels=labels)


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """Two networks, two seeds, three choices of the epoch; and the page."""
    folder = tmp_path_factory.mktemp('results')
    audit = report(
        folder,
        exact=[
            (True, [image('train', 3), *(image('test', i) for i in TWINNED)])
        ],
        count=COUNT,
    )
    runs = []
    for network, kind in NETWORKS.items():
        for seed in (0, 1):
            run = folder / f'{kind}-{seed}'
            run.mkdir()
            config, _ = write_run(run, 1, type=kind)
            config.dump(run / 'config.py')
            (run / 'last_checkpoint').write_text('epoch_1.pth')
            curve = [dict(epoch=1, loss=1.5), {'step': 1, 'accuracy/top1': 40}]
            scalars = run / 'now' / 'vis_data' / 'scalars.json'
            scalars.parent.mkdir(parents=True)
            scalars.write_text('\n'.join(map(json.dumps, curve)))
            saved = []
            for number, chosen in enumerate(('last', 'best', 'val-selected')):
                file = run / f'{chosen}.npz'
                sharp = 1 + 2 * (kind == 'GResNet') + number / 10
                predictions(4 + 2 * number + seed, sharp).save(file)
                saved.append(
                    dict(
                        chosen=chosen,
                        epoch=1,
                        view='one',
                        file=f'{run.name}/{file.name}',
                    )
                )
            runs.append(
                dict(
                    data='FER2013',
                    split='PrivateTest',
                    network=network,
                    epochs=15,
                    seed=seed,
                    folder=run.name,
                    predictions=saved,
                )
            )
    plan = dict(
        audits={'FER2013': audit.name}, pairs=[list(NETWORKS)], runs=runs
    )
    (folder / 'plan.json').write_text(json.dumps(plan))
    write(folder, '--plan', folder / 'plan.json')
    return folder


def write(folder, *more, out='RESULTS.md'):
    arguments = ('--tables', folder / 'tables', '--out', folder / out, *more)
    main(list(map(str, arguments)))
    return (folder / out).read_bytes()


def table(folder, name, **wanted):
    with (folder / 'tables' / f'{name}.csv').open(newline='') as file:
        return [
            row
            for row in csv.DictReader(file)
            if all(row[key] == value for key, value in wanted.items())
        ]


def test_the_page_is_made_again_from_its_tables_to_the_byte(folder):
    assert (
        write(folder, out='again.md') == (folder / 'RESULTS.md').read_bytes()
    )


def test_figures_are_those_of_evaluation_twins_apart(folder):
    made = predictions(4, 3)
    twinned = [row in TWINNED for row in range(COUNT)]
    clean = [not row for row in twinned]
    for images, rows in (
        ('all', None),
        ('clean', clean),
        ('twinned', twinned),
    ):
        part = made if rows is None else made.take(rows)
        found = {
            row['statistic']: row
            for row in table(
                folder,
                'figures',
                network='GResNet-18',
                seed='0',
                chosen='last',
                images=images,
            )
        }
        for name, (low, high) in bootstrap_intervals(part).items():
            row = found[name]
            assert row['n'] == str(len(part))
            assert row['value'] == f'{getattr(summarise(part), name):.2f}'
            assert (row['low'], row['high']) == (f'{low:.2f}', f'{high:.2f}')
        by_class = table(
            folder,
            'classes',
            network='GResNet-18',
            seed='0',
            chosen='last',
            images=images,
        )
        assert [row['class'] for row in by_class] == list(CLASSES)
        correct = sum(int(row['correct']) for row in by_class)
        assert correct == part.right.sum()
        assert sum(int(row['n']) for row in by_class) == len(part)


def test_pairs_are_of_one_seed_and_the_last_epoch(folder):
    a, b = predictions(5, 1), predictions(5, 3)
    (row,) = table(folder, 'pairs', seed='1', images='all')
    test = mcnemar(a, b)
    low, high = difference_intervals(a, b)['accuracy']
    assert (row['from'], row['to']) == ('ResNet-18', 'GResNet-18')
    assert row['only_from'] == str(test.only_a)
    assert row['only_to'] == str(test.only_b)
    assert (row['low'], row['high']) == (f'{low:+.2f}', f'{high:+.2f}')
    difference = 100 * (b.right.mean() - a.right.mean())
    assert row['difference'] == f'{difference:+.2f}'


@pytest.mark.parametrize(
    ('ends', 'expected'),
    [
        ([(0.1, 2), (0.2, 1)], '**decided**'),
        ([(-2, -0.1), (-1, -0.5)], '**decided**'),
        ([(0.1, 2), (-0.1, 1)], 'undecided'),
        ([(0.1, 2), (-2, -0.1)], 'undecided'),
        ([(0.1, 2)], 'undecided'),
    ],
)
def test_a_difference_is_decided_by_every_seed(ends, expected):
    rows = [
        dict(images='all', low=f'{low:+.2f}', high=f'{high:+.2f}')
        for low, high in ends
    ]
    assert (
        verdict([*rows, dict(images='clean', low='-9', high='9')]) == expected
    )


def test_the_page_has_inflation_classes_and_cost(folder):
    page = (folder / 'RESULTS.md').read_text()
    rows = table(
        folder,
        'figures',
        network='ResNet-18',
        images='all',
        statistic='accuracy',
    )
    value = {(r['chosen'], r['seed']): float(r['value']) for r in rows}
    inflation = [value['best', s] - value['last', s] for s in '01']
    assert f'{sum(inflation) / 2:+.2f} |' in page
    assert 'val-selected: 1' in page and 'honest' not in page
    assert f'| Accuracy, twinned ({len(TWINNED)}) |' in page
    (happy, *_) = table(
        folder, 'classes', network='ResNet-18', images='all', chosen='last'
    )
    recall = 100 * int(happy['correct']) / int(happy['n'])
    assert f'| {recall:.1f} of {happy["n"]} |' in page
    forms = table(folder, 'costs', network='GResNet-18')
    assert [row['form'] for row in forms] == ['dense', 'factorised']
    assert [row['input'] for row in forms] == ['32x32'] * 2
    assert int(forms[1]['multiply_adds']) < int(forms[0]['multiply_adds'])
    (curve, *_) = table(folder, 'curves')
    assert (curve['loss'], curve['accuracy']) == ('1.5000', '40.00')


def test_every_line_of_a_table_of_the_page_has_its_columns(folder):
    page = (folder / 'RESULTS.md').read_text()
    for block in page.split('\n\n'):
        lines = [line for line in block.splitlines() if line.startswith('|')]
        assert len({line.count('|') for line in lines}) <= 1


def test_a_pair_stands_beside_what_the_paper_reports():
    def row(points, images='all', data='FER2013'):
        names = {'from': 'ResNet-18', 'to': 'GResNet-18', 'epochs': '15'}
        ends = dict(low='-1', high='2')
        return dict(names, data=data, images=images, difference=points, **ends)

    rows = [row('+0.75'), row('+9', 'clean'), row('+0.95')]
    assert say(rows) == (
        '- GResNet-18 - ResNet-18: +0.85 points after 15 epochs, 2 seeds: '
        'undecided. +1.17 is reported by the paper.'
    )
    pair = ('FER2013', 'ResNet-18', 'GResNet-18')
    assert REPORTED[pair] == f'{GAINS["fer2013-paper", 18]:+}'
    assert say([row('-0.75', data='SFEW')]) == (
        '- GResNet-18 - ResNet-18: -0.75 points after 15 epochs, 1 seed: '
        'undecided.'
    )


@pytest.mark.parametrize(
    ('keys', 'value', 'message'),
    [
        (('runs', 0, 'seed'), '0', "runs[0], seed: '0'; expected a number"),
        (('runs', 1), 7, 'runs[1], predictions: None; expected a list'),
        (('pairs', 0), ['a'], "pairs[0]: ['a']; expected the names of two"),
        (
            ('runs', 0, 'predictions', 0, 'chosen'),
            'first',
            "predictions[0], chosen: protocol='first'; expected one of last",
        ),
        (('audits',), [], 'audits: []; expected an object'),
    ],
)
def test_a_wrong_plan_names_its_key(folder, keys, value, message, capsys):
    plan = json.loads((folder / 'plan.json').read_text())
    holder = plan
    for key in keys[:-1]:
        holder = holder[key]
    holder[keys[-1]] = value
    wrong = folder / 'wrong.json'
    wrong.write_text(json.dumps(plan))
    with pytest.raises(SystemExit) as stopped:
        write(folder, '--plan', wrong)
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert f'{wrong}, ' in error and message in error


def test_a_damaged_table_names_its_line(folder, tmp_path, capsys):
    for name in COLUMNS:
        source = folder / 'tables' / f'{name}.csv'
        (tmp_path / source.name).write_bytes(source.read_bytes())
    with (tmp_path / 'costs.csv').open('a') as file:
        file.write('ResNet-18,48\n')
    arguments = ['--tables', str(tmp_path), '--out', str(tmp_path / 'x.md')]
    with pytest.raises(SystemExit):
        main(arguments)
    assert 'costs.csv, line 5: 2 cells; expected 5' in capsys.readouterr().err
    (tmp_path / 'pairs.csv').write_text('data\n')
    with pytest.raises(SystemExit):
        main(arguments)
    assert 'pairs.csv, line 1: data; expected data,' in capsys.readouterr().err
    assert not (tmp_path / 'x.md').exists()


def test_the_projects_own_page_is_that_of_its_tables(tmp_path):
    configs = Path(__file__).parents[3] / 'configs'
    out = tmp_path / 'RESULTS.md'
    main(['--tables', str(configs / 'results'), '--out', str(out)])
    assert out.read_bytes() == (configs / 'RESULTS.md').read_bytes()
