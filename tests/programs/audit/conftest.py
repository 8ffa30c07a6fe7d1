"""Data sets of the tests of the audit."""

from __future__ import annotations

import json

import pytest
from mmengine.dataset import BaseDataset
from mmpretrain.registry import DATASETS

from csgresnet_mm.programs.audit.cli import main

from .planting import jpeg, smooth_images


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    folder = tmp_path / 'cache'
    monkeypatch.setenv('CSGRESNET_DATA_CACHE', str(folder))
    return folder


@pytest.fixture
def rafdb(tmp_path):
    """RAF-DB's layout with 14 training and 7 test images."""
    root = tmp_path / 'basic'
    folder = root / 'Image' / 'aligned'
    folder.mkdir(parents=True)
    (root / 'EmoLabel').mkdir()
    lines = []
    for number, image in enumerate(smooth_images(21, 32, 1)):
        name = (
            f'train_{number + 1:05d}'
            if number < 14
            else f'test_{number - 13:04d}'
        )
        (folder / f'{name}_aligned.jpg').write_bytes(jpeg(image))
        lines.append(f'{name}.jpg {number % 7 + 1}')
    path = root / 'EmoLabel' / 'list_patition_label.txt'
    path.write_text('\n'.join(lines))
    return root


@pytest.fixture
def arrays():
    """A data set of arrays, as FER2013 is one, and of bad labels."""

    @DATASETS.register_module(name='AuditArrays')
    class Arrays(BaseDataset):
        METAINFO = {'classes': ('a', 'b')}
        label = 1

        def load_data_list(self):
            rows = smooth_images(3, 48, 7)
            return [
                dict(
                    img=rows[n, ..., 0], img_path=f'x.csv#{n}', gt_label=n % 2
                )
                for n in range(3)
            ]

    yield
    DATASETS.module_dict.pop('AuditArrays')


@pytest.fixture
def check(tmp_path, capsys):
    """Run on a config of these data sets; give exit code and output."""

    def run(*arguments, **loaders):
        lines = [
            f'{name}_dataloader = dict(dataset={dataset!r})'
            for name, dataset in loaders.items()
        ]
        path = tmp_path / 'faces.py'
        path.write_text('\n'.join(lines) + '\n')
        out = ['--out', str(tmp_path / 'out'), '--workers', '0']
        code = main([str(path), *out, *arguments])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return run


@pytest.fixture
def report(tmp_path):
    return lambda: json.loads((tmp_path / 'out' / 'report.json').read_text())
