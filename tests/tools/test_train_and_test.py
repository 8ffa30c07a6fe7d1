"""tools/train.py and tools/test.py, as a user calls them."""

import re
import sys

import mmengine
import pytest
import torch

from csgresnet_mm.datasets import RAFDB
from csgresnet_mm.engine import safe_loading
from tests.tools.conftest import ROOT

CLASSES = RAFDB.METAINFO['classes']


def load(path):
    return safe_loading.load_from_local(str(path), map_location='cpu')


def test_training_prints_both_accuracies_and_the_class_order(trained):
    _, output = trained
    assert re.search(r'accuracy/top1: \d+\.\d+', output)
    assert re.search(r'mean-class-accuracy/recall: \d+\.\d+', output)
    assert ', '.join(CLASSES) in output
    assert 'eta:' in output
    assert 'synthetic' in output


def test_checkpoint_carries_the_class_order(trained):
    work_dir, _ = trained
    meta = load(work_dir / 'epoch_1.pth')['meta']
    assert tuple(meta['dataset_meta']['classes']) == tuple(CLASSES)


def test_resume_continues(train, trained, tmp_path):
    work_dir, _ = trained
    output = train(tmp_path, '--resume', work_dir / 'epoch_1.pth', epochs=2)
    assert 'resumed epoch: 1' in output
    assert 'Epoch(train) [2]' in output
    assert 'Epoch(train) [1]' not in output
    resumed = load(tmp_path / 'epoch_2.pth')
    assert resumed['meta']['iter'] == 4
    first = load(work_dir / 'epoch_1.pth')['state_dict']
    assert any(
        not torch.equal(first[key], value)
        for key, value in resumed['state_dict'].items()
    )


def test_testing_agrees_with_the_last_validation(
    run_command, demo_options, trained, tmp_path
):
    work_dir, training = trained
    output = run_command(
        sys.executable,
        ROOT / 'tools' / 'test.py',
        ROOT / 'configs' / 'csgresnet18_demo.py',
        work_dir / 'epoch_1.pth',
        '--work-dir',
        tmp_path,
        '--out',
        tmp_path / 'result.json',
        '--out-item',
        'metrics',
        '--cfg-options',
        *demo_options,
    )
    pattern = r'accuracy/top1: (\d+\.\d+)'
    assert re.findall(pattern, output)[-1] == re.findall(pattern, training)[-1]
    metrics = mmengine.load(tmp_path / 'result.json')
    assert set(metrics) == {'accuracy/top1', 'mean-class-accuracy/recall'}


def test_amp_trains_in_bfloat16_and_resumes_to_the_same_bits(
    train, trained, tmp_path
):
    output = train(tmp_path / 'whole', '--amp', epochs=2)
    assert '--amp: no accelerator, so this trains in bfloat16' in output
    once = tmp_path / 'whole' / 'epoch_1.pth'
    train(tmp_path / 'again', '--amp', '--resume', once, epochs=2)
    whole, again = (
        load(tmp_path / name / 'epoch_2.pth') for name in ('whole', 'again')
    )
    plain = load(trained[0] / 'epoch_1.pth')['state_dict']
    for key, value in whole['state_dict'].items():
        assert torch.equal(value, again['state_dict'][key])
        assert value.dtype == plain[key].dtype
    first = load(once)['state_dict']
    assert any(not torch.equal(first[key], plain[key]) for key in plain)
    config = (tmp_path / 'whole' / 'csgresnet18_demo.py').read_text()
    assert "type='CPUAmpOptimWrapper'" in config


def test_auto_scale_lr_scales(train, tmp_path):
    output = train(tmp_path, '--auto-scale-lr')
    assert 'Scaling the original LR by 0.875' in output  # 14 of 16
    (group,) = load(tmp_path / 'epoch_1.pth')['optimizer']['param_groups']
    assert group['initial_lr'] == pytest.approx(0.01 * 0.875)


def test_two_processes_train_with_gloo(train, tmp_path):
    output = train(
        tmp_path,
        '--launcher',
        'pytorch',
        launch=(
            '-m',
            'torch.distributed.run',
            '--standalone',
            '--nproc-per-node=2',
        ),
    )
    assert 'Distributed launcher: pytorch' in output
    assert 'GPU number: 2' in output
    # 28 images, 2 processes of 14 each: one iteration
    assert re.search(r'Epoch\(train\)\s+\[1\]\[1/1\]', output)
    assert load(tmp_path / 'epoch_1.pth')['meta']['iter'] == 1
    assert re.search(r'accuracy/top1: \d+\.\d+', output)


def test_the_papers_config_on_rafdb_layout(
    run_command, demo_options, trained, tmp_path
):
    root = demo_options[0].partition('=')[2]  # in RAF-DB's own layout
    loaders = [o for o in demo_options if 'workers' in o or 'batch' in o]
    common = ('--work-dir', tmp_path, '--cfg-options', *loaders)
    config = ROOT / 'configs' / 'csgresnet18_rafdb.py'
    output = run_command(
        sys.executable,
        ROOT / 'tools' / 'train.py',
        config,
        *common,
        'train_cfg.max_epochs=1',
        RAFDB_ROOT=root,
    )
    assert f'RAFDB train: 28 images in {root}' in output
    assert 'published are 12271' in output
    again = run_command(
        sys.executable,
        ROOT / 'tools' / 'test.py',
        config,
        tmp_path / 'epoch_1.pth',
        *common,
        RAFDB_ROOT=root,
    )
    pattern = r'mean-class-accuracy/recall: (\d+\.\d+)'
    assert re.findall(pattern, again) == re.findall(pattern, output)


def test_without_a_stack_the_tools_name_the_extras(run_command, tmp_path):
    # A child process in which mm* cannot be found
    hide = tmp_path / 'hide.py'
    hide.write_text(
        'import importlib.util, runpy, sys\n'
        'find_spec = importlib.util.find_spec\n'
        'importlib.util.find_spec = lambda name, package=None: (\n'
        '    None if name.startswith("mm") else find_spec(name, package))\n'
        'sys.argv = sys.argv[1:]\n'
        'runpy.run_path(sys.argv[0], run_name="__main__")\n'
    )
    for tool in ('train.py', 'test.py', 'get_flops.py', 'benchmark.py'):
        output = run_command(
            sys.executable, hide, ROOT / 'tools' / tool, 'config.py', expect=1
        )
        assert "'csgresnet_mm[onedl]'" in output
        assert "'csgresnet_mm[openmmlab]'" in output
