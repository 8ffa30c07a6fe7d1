"""tools/train.py with a pure-Python config."""

import sys

import pytest

from tests.tools.conftest import ROOT


@pytest.mark.slow
def test_a_pure_python_config_trains(run_command, tmp_path):
    options = ['train_cfg.max_epochs=1']
    for split in ('train', 'val', 'test'):
        prefix = f'{split}_dataloader'
        options += [
            f'{prefix}.dataset.data_root={tmp_path / "faces"}',
            f'{prefix}.dataset.num_train=28',
            f'{prefix}.dataset.num_test=14',
            f'{prefix}.num_workers=0',
            f'{prefix}.persistent_workers=False',
        ]
    output = run_command(
        sys.executable,
        ROOT / 'tools' / 'train.py',
        ROOT / 'configs' / 'python' / 'gresnet18_python_demo.py',
        '--work-dir',
        tmp_path / 'run',
        '--cfg-options',
        *options,
    )
    assert 'accuracy/top1' in output
    assert (tmp_path / 'run' / 'epoch_1.pth').is_file()
