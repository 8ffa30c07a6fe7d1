"""The honest protocol reads test after training only, and once."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from mmengine.hooks import Hook

from csgresnet_mm.demo_faces import ensure_demo_faces
from csgresnet_mm.evaluation import (
    Predictions,
    RecordedAccess,
    choose_epoch,
    read_record,
    summarise,
)

from .faces_run import build, faces, settings

TRAIN, TEST = 42, 14
EPOCHS = 2
FORBIDDEN = ('train', 'val')


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp('honest') / 'faces'
    return ensure_demo_faces(folder, num_train=TRAIN, num_test=TEST)


@pytest.fixture
def opened():
    """Names of all files that Python opens, while the test lasts."""
    names: list[str] = []
    listening = True

    def listen(event, arguments):
        if listening and event == 'open':
            names.append(str(arguments[0]))

    sys.addaudithook(listen)  # which nothing can take off again
    yield names
    listening = False


def recorded(root, tmp_path, *, forbidden=FORBIDDEN, workers=0):
    """Train with a val of its own, test in the end; test is recorded."""
    sizes = TRAIN, TEST
    split_off = dict(val_ratio=0.34)
    config = settings(
        tmp_path,
        EPOCHS,
        train=faces(root, 'train', sizes, **split_off),
        val=faces(root, 'val', sizes, **split_off),
        test=dict(
            type='RecordedAccess',
            dataset=faces(root, 'test', sizes),
            record=str(tmp_path / 'test.record'),
            forbidden=forbidden,
        ),
    )
    config['test_dataloader']['num_workers'] = workers
    return config


def read_curve(run):
    """The accuracy of each epoch, from MMEngine's log."""
    lines = [
        json.loads(line)
        for path in Path(run.log_dir).glob('vis_data/20*.json')
        for line in path.read_text().splitlines()
    ]
    return [
        dict(epoch=n, loss=0.0, top1=line['accuracy/top1'], split='val')
        for n, line in enumerate(
            (line for line in lines if 'accuracy/top1' in line), start=1
        )
    ]


@pytest.mark.parametrize('workers', [0, 1])
def test_honest_protocol_reads_test_once_after_training(
    root, tmp_path, opened, workers
):
    config = recorded(root, tmp_path, workers=workers)
    run = build(config)
    opened.clear()
    run.train()
    # the data set was not even built, and no image of test was opened
    assert read_record(tmp_path / 'test.record') == []
    images = [name for name in opened if name.endswith('_aligned.jpg')]
    assert any('train_' in name for name in images)
    assert not any('test_' in name for name in images)

    epoch = choose_epoch(read_curve(run), 'honest')
    chosen = build(config, load_from=str(tmp_path / f'epoch_{epoch}.pth'))
    chosen.test()
    record = read_record(tmp_path / 'test.record')
    built = [entry for entry in record if entry.what == 'built']
    read = [entry for entry in record if entry.what != 'built']
    assert {entry.stage for entry in built} == {'none'}
    assert {entry.stage for entry in read} == {'test'}
    assert sorted(int(entry.what) for entry in read) == list(range(TEST))

    made = Predictions.load(tmp_path / 'test.npz')
    assert len(made) == TEST
    assert all(f'test_{i + 1:04d}' in made.names[i] for i in range(TEST))
    assert 0 <= summarise(made).accuracy <= 100


@pytest.mark.slow
def test_reading_test_in_validation_is_recorded_and_raises(root, tmp_path):
    """The test protocol, as most papers have it, is what is caught."""
    config = recorded(root, tmp_path)
    config['val_dataloader'] = config['test_dataloader']
    with pytest.raises(RuntimeError, match='0 in stage val; expected no acc'):
        build(config).train()
    config = recorded(root, tmp_path, forbidden=())
    (tmp_path / 'test.record').unlink()
    config['val_dataloader'] = config['test_dataloader']
    build(config).train()
    read = [
        entry
        for entry in read_record(tmp_path / 'test.record')
        if entry.what != 'built'
    ]
    assert {entry.stage for entry in read} == {'val'}
    assert len(read) == EPOCHS * TEST


def test_reading_test_in_training_is_recorded_and_raises(root, tmp_path):
    config = recorded(root, tmp_path)
    config['train_dataloader']['dataset'] = config['test_dataloader'][
        'dataset'
    ]
    with pytest.raises(RuntimeError, match='in stage train'):
        build(config).train()


def test_building_test_in_training_raises(root, tmp_path):
    """As a hook does that asks the runner for its loader of test."""

    class Peeking(Hook):
        def after_train_epoch(self, runner):
            runner.test_dataloader  # noqa: B018

    run = build(recorded(root, tmp_path))
    run.register_hook(Peeking())
    with pytest.raises(RuntimeError, match='built in stage train'):
        run.train()


class Numbers:
    """A data set, as MMEngine asks for one."""

    metainfo = dict(classes=('a', 'b'))

    def full_init(self):
        self.ready = True

    def get_data_info(self, idx):
        return dict(gt_label=idx)

    def get_cat_ids(self, idx):
        return [idx]

    def __len__(self):
        return 3

    def __getitem__(self, idx):
        return 10 * idx


def test_a_wrapped_data_set_is_as_before(tmp_path):
    inner = Numbers()
    wrapped = RecordedAccess(inner, tmp_path / 'a.record')
    wrapped.full_init()
    assert inner.ready and wrapped.dataset is inner
    assert wrapped.metainfo == inner.metainfo and len(wrapped) == 3
    assert wrapped[2] == 20
    assert wrapped.get_data_info(1) == dict(gt_label=1)
    assert wrapped.get_cat_ids(np.int64(0)) == [0]
    assert [entry.what for entry in read_record(tmp_path / 'a.record')] == [
        'built',
        'built',
        '2',
        '1',
        '0',
    ]
