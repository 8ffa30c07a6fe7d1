"""A run of the honest protocol, with a test set that records access.

Into its test set copies of training images are planted, which the audit then
finds and the report keeps apart.
"""

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from mmengine.config import Config

from csgresnet_mm.demo_faces import ensure_demo_faces
from csgresnet_mm.evaluation import (
    Predictions,
    choose_epoch,
    read_record,
)
from csgresnet_mm.paper import train_one
from csgresnet_mm.paper.configs import make_config
from csgresnet_mm.paper.plan import HONEST, OURS, Run
from csgresnet_mm.paper.results import Results
from csgresnet_mm.paper.runs_table import leaks
from csgresnet_mm.programs.audit.cli import main as audit
from tests.paper.tiny_plan import tiny_sizes
from tests.programs.audit.planting import plant

RUN = Run(OURS, 'demo', HONEST, 0)


@dataclass
class Trained:
    """A run, and what it had read of test when its test began."""

    work: Path
    faces: Path
    planted: list
    before: list
    record: list

    @property
    def folder(self):
        return self.work / 'runs' / RUN.id


def write_config(sizes, folder, **changes):
    """The run's config with its test set wrapped, as the executor writes."""
    config = make_config(RUN, folder, sizes)
    config.test_dataloader.dataset = {
        'type': 'RecordedAccess',
        'dataset': config.test_dataloader.dataset.to_dict(),
        'record': str(folder / 'test.record'),
        'forbidden': ('train', 'val'),
    }
    config.merge_from_dict(changes)
    folder.mkdir(parents=True)
    (folder / 'config.py').write_text(config.pretty_text)
    return train_one.prepare(folder / 'config.py', 'none')


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    work = tmp_path_factory.mktemp('honest')
    sizes = tiny_sizes(work / 'faces')
    ensure_demo_faces(
        work / 'faces', num_train=sizes.num_train, num_test=sizes.num_test
    )
    planted = plant(work / 'faces', exact=2, near=2)
    folder = work / 'runs' / RUN.id
    config = write_config(sizes, folder)
    opened, listening, before = [], True, []

    def listen(event, arguments):
        if listening and event == 'open':
            opened.append(str(arguments[0]))

    sys.addaudithook(listen)  # which nothing can take off again
    run_test = train_one.Runner.test

    def watched(runner):
        before.append((read_record(folder / 'test.record'), [*opened]))
        return run_test(runner)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train_one.Runner, 'test', watched)
        train_one.train(config)
    listening = False
    record = read_record(folder / 'test.record')
    return Trained(work, work / 'faces', planted, before, record)


def test_nothing_of_test_is_read_before_the_end(trained):
    ((record, opened),) = trained.before  # test ran once
    assert record == []  # the data set was not even built
    images = [name for name in opened if name.endswith('_aligned.jpg')]
    assert any('train_' in name for name in images)
    assert not any('test_' in name for name in images)


def test_each_image_of_test_is_read_once(trained):
    read = [entry for entry in trained.record if entry.what != 'built']
    assert {entry.stage for entry in read} == {'test'}
    assert sorted(int(entry.what) for entry in read) == list(range(14))
    made = Predictions.load(trained.folder / 'honest.npz')
    assert all(f'test_{i + 1:04d}' in made.names[i] for i in range(14))


def test_the_weights_are_those_that_val_chose(trained):
    curve = json.loads((trained.folder / 'curve.json').read_text())
    assert {entry['split'] for entry in curve} == {'val'}
    facts = json.loads((trained.folder / 'run.json').read_text())
    assert facts['best_epoch'] == choose_epoch(curve, 'honest')


def test_an_evaluation_of_test_in_training_is_caught(tmp_path):
    """As the test protocol does: this test can fail."""
    sizes = tiny_sizes(tmp_path / 'faces')
    folder = tmp_path / 'runs' / RUN.id
    config = write_config(sizes, folder)
    config.val_dataloader = config.test_dataloader
    with pytest.raises(RuntimeError, match='expected no access in train, val'):
        train_one.train(config)


def test_leaks_are_kept_apart_as_the_audit_names_them(trained):
    out = trained.work / 'audit' / 'demo'
    config = Config.fromfile(trained.folder / 'config.py')
    audited = trained.work / 'audited.py'
    audited.write_text(config.pretty_text)
    assert audit([str(audited), '--out', str(out), '--workers', '0']) == 1
    (table,) = leaks(Results([RUN], trained.work))
    made = Predictions.load(trained.folder / 'honest.npz')
    flagged = {pair.test for pair in trained.planted}
    right = {True: [], False: []}
    for name, correct in zip(made.names, made.right, strict=True):
        right[Path(name).name in flagged].append(bool(correct))
    rows = {row[2]: row for row in table.rows}
    for title, part in (('flagged', right[True]), ('clean', right[False])):
        assert rows[title][:2] == [RUN.id, 'val-selected']
        assert rows[title][3] == str(len(part))
        accuracy = 100 * sum(part) / len(part)
        assert rows[title][4] == f'{accuracy:.2f}'
        assert re.fullmatch(r'[\d.]+ to [\d.]+', rows[title][5])
    assert len(right[True]) == 4
