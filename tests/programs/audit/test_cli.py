"""The command line, in this process."""

from __future__ import annotations

import io
import json
import os
import sys

import pytest

from csgresnet_mm.datasets.cache.content_hashes import (
    find_content_hashes,
    hash_file,
)
from csgresnet_mm.programs.audit.cli import main

from .fakes import leaf


def test_hashes_are_kept_and_nothing_else_is_written(check, rafdb, tmp_path):
    code, _ = check(train=leaf(rafdb, 'train'), test=leaf(rafdb, 'test'))
    assert code == 0
    images = sorted((rafdb / 'Image' / 'aligned').iterdir())
    assert find_content_hashes(rafdb, map(str, images)) == [
        hash_file(path).digest for path in images
    ]
    assert [path.name for path in (tmp_path / 'out').iterdir()] == [
        'report.json'
    ]


def test_one_split(check, rafdb, report):
    loaders = dict(train=leaf(rafdb, 'train'), test=leaf(rafdb, 'test'))
    code, output = check('--split', 'test', **loaders)
    assert code == 0
    assert list(report()['splits']) == ['test']
    assert 'incomplete: 3061 images fewer than published' in output


def test_a_file_in_two_splits_is_a_finding(check, rafdb, report):
    folder = rafdb / 'Image' / 'aligned'
    data = (folder / 'train_00001_aligned.jpg').read_bytes()
    (folder / 'test_0001_aligned.jpg').write_bytes(data)
    code, output = check(train=leaf(rafdb, 'train'), test=leaf(rafdb, 'test'))
    assert code == 1
    assert 'groups of exact duplicates across splits: 1' in output
    (group,) = report()['exact_duplicates']
    assert group['across'] and not group['disagree']


def test_training_on_the_test_split_is_a_finding(check, rafdb):
    part = leaf(rafdb, 'test', test_mode=False, indices=6)
    code, output = check(train=part, test=leaf(rafdb, 'test'))
    assert code == 1
    assert 'groups of exact duplicates across splits: 6' in output


def test_unreadable_images_are_a_finding(check, rafdb):
    path = rafdb / 'Image' / 'aligned' / 'test_0002_aligned.jpg'
    path.write_bytes(path.read_bytes()[:100])
    code, output = check(test=leaf(rafdb, 'test'))
    assert code == 1
    assert 'test: unreadable images (truncated): 1' in output


def test_the_file_of_the_rows_is_hashed(check, arrays, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'x.csv').write_text('pixels')
    code, _ = check(test=dict(type='AuditArrays'))
    assert code == 0
    assert find_content_hashes('', ['x.csv']) is not None


@pytest.mark.parametrize(
    ('dataset', 'said'),
    [
        (
            dict(type='RAFDB', data_root='/nowhere'),
            "'/nowhere' does not exist",
        ),
        (dict(type='NoSuchSet', data_root='x'), 'NoSuchSet'),
        (dict(type='RAFDB', data_root='x', splitt='a'), 'splitt'),
        (dict(type='RAFDB', data_root='x', split='a'), "split='a' is unknown"),
    ],
)
def test_what_cannot_be_read(dataset, said, check, tmp_path):
    out = tmp_path / 'out'
    out.mkdir()
    (out / 'report.json').touch()
    code, output = check(train=dataset)
    assert code == 2
    assert 'error: the data cannot be read: ' in output
    assert said in output
    assert os.listdir(out) == []  # no report of another run


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (['missing.py'], 'missing.py: no such file; expected a config'),
        (['missing.py', '--workers', '-1'], '--workers -1: expected 0'),
        (['missing.py', '--split', 'dev'], "invalid choice: 'dev'"),
    ],
)
def test_bad_arguments(arguments, said, capsys):
    with pytest.raises(SystemExit) as error:
        main(arguments)
    assert error.value.code == 2
    assert said in capsys.readouterr().err


def test_options_of_the_config_can_be_changed(check, rafdb):
    code, output = check(
        '--cfg-options',
        f'train_dataloader.dataset.data_root={rafdb}',
        train=leaf('/nowhere', 'train'),
    )
    assert code == 0, output


def test_P3_a_name_that_is_not_utf8_is_reported(
    check, rafdb, report, tmp_path, monkeypatch
):
    """Two labels of one picture, below a root that is no UTF-8."""
    root = rafdb.rename(rafdb.with_name(os.fsdecode(b'basis \xe4')))
    folder = root / 'Image' / 'aligned'
    data = (folder / 'train_00001_aligned.jpg').read_bytes()
    (folder / 'test_0002_aligned.jpg').write_bytes(data)
    stream = io.TextIOWrapper(io.BytesIO(), 'ascii')
    monkeypatch.setattr(sys, 'stdout', stream)
    code, _ = check(train=leaf(root, 'train'), test=leaf(root, 'test'))
    assert code == 1
    stream.flush()
    assert rb'basis \udce4' in stream.buffer.getvalue()
    assert 'basis \udce4' in json.dumps(report(), ensure_ascii=False)
