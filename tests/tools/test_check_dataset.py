"""tools/check_dataset.py: exit code, report and sheet."""

from __future__ import annotations

import json
import shutil
import sys

import pytest

from csgresnet_mm.datasets.cache.content_hashes import read_content_hashes
from csgresnet_mm.demo_faces import ensure_demo_faces
from tests.programs.audit.planting import plant
from tests.tools.conftest import ROOT

NUM_TRAIN, NUM_TEST = 40, 20


@pytest.fixture(scope='module')
def faces(tmp_path_factory):
    return ensure_demo_faces(
        tmp_path_factory.mktemp('check') / 'faces',
        num_train=NUM_TRAIN,
        num_test=NUM_TEST,
    )


@pytest.fixture
def check(run_command, tmp_path):
    def run(root, *arguments, expect):
        options = [
            f'{loader}_dataloader.dataset.{key}={value}'
            for loader in ('train', 'val', 'test')
            for key, value in (
                ('data_root', root),
                ('num_train', NUM_TRAIN),
                ('num_test', NUM_TEST),
            )
        ]
        output = run_command(
            sys.executable,
            ROOT / 'tools' / 'check_dataset.py',
            ROOT / 'configs' / 'csgresnet18_demo.py',
            '--out',
            tmp_path / 'out',
            *arguments,
            '--cfg-options',
            *options,
            expect=expect,
            CSGRESNET_DATA_CACHE=str(tmp_path / 'cache'),
        )
        return output, tmp_path / 'out'

    return run


def test_clean_data(check, faces, tmp_path, monkeypatch):
    stale = tmp_path / 'out' / 'suspicious.png'
    stale.parent.mkdir()
    stale.touch()
    output, out = check(faces, '--workers', 2, expect=0)
    assert 'The data are fit.' in output
    report = json.loads((out / 'report.json').read_text())
    assert report['fit'] is True
    assert list(report['splits']) == ['train', 'val, test']
    assert report['splits']['train']['images'] == NUM_TRAIN
    assert [path.name for path in out.iterdir()] == ['report.json']
    # what was read is kept for fingerprints
    monkeypatch.setenv('CSGRESNET_DATA_CACHE', str(tmp_path / 'cache'))
    assert len(read_content_hashes(faces)) == NUM_TRAIN + NUM_TEST


def test_leaked_data(check, faces, tmp_path):
    root = tmp_path / 'leaked'
    shutil.copytree(faces, root)
    planted = plant(root, exact=2, near=3)
    output, out = check(root, '--workers', 1, expect=1)
    assert 'groups of exact duplicates across splits: 2' in output
    assert 'pairs of near duplicates across splits: 3' in output
    assert 'The data are not fit.' in output
    report = json.loads((out / 'report.json').read_text())
    found = report['exact_duplicates'] + report['near_duplicates']
    names = {
        tuple(image['path'].rpartition('/')[2] for image in item['images'])
        for item in found
    }
    assert names == {(item.train, item.test) for item in planted}
    assert (out / 'suspicious.png').read_bytes().startswith(b'\x89PNG\r\n')
