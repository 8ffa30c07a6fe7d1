"""tools/train.py and tools/test.py, as a user calls them."""

import re
import sys

import mmengine
import pytest
import torch

from csgresnet_mm.datasets import RAFDB
from csgresnet_mm.engine import safe_loading
from csgresnet_mm.evaluation import Predictions
from csgresnet_mm.programs import compare
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


def test_training_on_drawn_faces_says_so(train, tmp_path):
    root = tmp_path / 'faces'  # drawn by this training, not by one before
    loaders = ('train', 'val', 'test')
    moved = [f'{x}_dataloader.dataset.data_root={root}' for x in loaders]
    output = train(tmp_path / 'run', configured=moved)
    assert f'Making 42 faces in {root}. These faces are synthetic' in output


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


def test_E_training_ends_with_what_to_do_next(trained):
    work_dir, output = trained
    end = output.rpartition('accuracy/top1')[2]
    kept, last = work_dir / 'csgresnet18_demo.py', work_dir / 'epoch_1.pth'
    assert f'Checkpoint: {last}\n' in end
    accuracy = re.search(r'accuracy/top1: (\d+\.\d+)', output)[1]
    assert f'validation: {float(accuracy):.2f} % of 14 images' in end
    recalls = re.findall(r'^  (\w+) +(\d+\.\d\d) % of 2$', end, re.MULTILINE)
    assert [name for name, _ in recalls] == list(CLASSES)
    mean = sum(float(recall) for _, recall in recalls) / 7
    assert mean == pytest.approx(float(accuracy), abs=0.01)
    for tool in (
        f'test.py {kept} {last} --save-predictions',
        f'model_card.py {work_dir}',
        f'predict.py photo.jpg --config {kept} --weights {last}',
    ):
        assert f'  python tools/{tool}' in end


def test_E5_a_run_keeps_its_config_to_the_log(trained):
    work_dir, output = trained
    for noise in ('Could not import', 'deprecated', 'MultiScaleDeformable'):
        assert noise not in output
    assert 'optim_wrapper = dict(' not in output
    log = min(work_dir.glob('*/*.log'))
    assert f'config, environment and hooks are in {log}' in output
    text = log.read_text()
    assert 'optim_wrapper = dict(' in text and 'before_train:' in text
    assert 'will be deprecated' not in text


def test_T9_a_finished_run_resumed_says_so(train, trained):
    work_dir, _ = trained
    output = train(work_dir, '--resume')
    assert f'Nothing to train: {work_dir / "epoch_1.pth"} is at' in output
    assert 'epoch 1 of 1' in output
    assert 'train_cfg.max_epochs=' in output
    assert 'Recall by class' not in output


def test_T8_a_test_leaves_the_config_of_the_training(
    run_command, demo_options, trained, tmp_path, capsys
):
    work_dir, _ = trained
    kept = work_dir / 'csgresnet18_demo.py'
    before = kept.read_bytes()
    saved = tmp_path / 'saved.npz'
    output = run_command(
        sys.executable,
        ROOT / 'tools' / 'test.py',
        kept,
        work_dir / 'epoch_1.pth',
        *('--save-predictions', saved, '--out', tmp_path / 'saved.pkl'),
        *('--work-dir', work_dir),
    )
    assert kept.read_bytes() == before
    assert len(list(work_dir.glob('*/csgresnet18_demo.py'))) == 1
    accuracy = float(re.findall(r'top1: (\d+\.\d+)', output)[-1])
    found = Predictions.load(saved)
    assert 100 * found.right.mean() == pytest.approx(accuracy, abs=0.01)
    compare.main([str(saved), str(saved)])
    assert '14 images of 7 classes' in capsys.readouterr().out
    with pytest.raises(SystemExit) as end:
        compare.main([str(saved), str(tmp_path / 'saved.pkl')])
    assert end.value.code == 2
    told = capsys.readouterr().err
    assert 'is a pickle, as test.py --out writes' in told
    assert '--save-predictions' in told


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
    (log,) = tmp_path.glob('*/*.log')
    assert 'Distributed launcher: pytorch' in log.read_text()
    assert 'GPU number: 2' in log.read_text()
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
            sys.executable, hide, ROOT / 'tools' / tool, 'config.py', expect=2
        )
        assert "'csgresnet_mm[onedl]'" in output
        assert "'csgresnet_mm[openmmlab]'" in output
