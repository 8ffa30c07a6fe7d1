"""MMPretrain's tools on a set of files and on one of pixels.

Each runs in a process forked from this one, which has imported all they need.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace

import cv2
import matplotlib
import mmpretrain.apis  # noqa: F401
import numpy as np
import pytest
import torch

from csgresnet_mm.datasets.layouts import fer2013, rafdb
from csgresnet_mm.engine.mmpretrain_tools import find_tool
from csgresnet_mm.programs import analyse

TOOLS = Path(__file__).parents[2] / 'tools'
CONFIGS = TOOLS.parent / 'configs'
SETS = {
    'files': ('csgresnet18_rafdb', 'RAFDB_ROOT', rafdb.write_official),
    'pixels': ('csgresnet18_fer2013-48px', 'FER2013_ROOT', fer2013.write_csv),
}
IMAGES = 3
"""Of each of seven classes, in train."""


def in_child(path, *arguments):
    """Run a script in a forked process; its exit status and its output."""
    log = Path('output.txt')
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with log.open('w') as file:
                os.dup2(file.fileno(), 1)
                os.dup2(file.fileno(), 2)
            sys.stdout, sys.stderr = os.fdopen(1, 'w'), os.fdopen(2, 'w')
            torch.set_num_threads(1)  # threads did not come along
            cv2.setNumThreads(0)
            warnings.resetwarnings()
            warnings.simplefilter('ignore')
            matplotlib.use('Agg')
            analyse.run(path, [str(argument) for argument in arguments])
            status = 0
        except SystemExit as error:
            status = int(error.code or 0)
        except BaseException as error:
            print(f'{type(error).__name__}: {error}')
            raise
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    found = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return found, log.read_text()


def tool(name, *arguments):
    """The output of a tool that must succeed."""
    status, output = in_child(analyse.find_tools()[name], *arguments)
    assert status == 0, output[-3000:]
    return output


@pytest.fixture(scope='module', params=SETS)
def run(request, tmp_path_factory):
    """A config that was trained for an epoch and tested, on little data."""
    name, variable, write = SETS[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    found = write(folder / 'data', IMAGES, 0)
    options = [
        'model.backbone.base_channels=8',
        'model.backbone.stem_channels=8',
        'model.backbone.execution=dense',
        'model.head.in_channels=16',
        'train_cfg.max_epochs=1',
        'default_hooks.logger.interval=1',
    ]
    for split in ('train', 'val', 'test'):
        options += [
            f'{split}_dataloader.{option}'
            for option in (
                'batch_size=7',
                'num_workers=0',
                'persistent_workers=False',
            )
        ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(variable, str(folder / 'data'))
        patch.chdir(folder)
        config = CONFIGS / f'{name}.py'
        common = ('--no-pin-memory', '--cfg-options', *options)
        # OpenMP and autograd do not survive a fork: in a process of its own
        trained = subprocess.run(
            [
                *(sys.executable, TOOLS / 'train.py', config),
                *('--work-dir', 'run', *common),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
        )
        assert trained.returncode == 0, trained.stdout[-3000:]
        weights = folder / 'run' / 'epoch_1.pth'
        status, output = in_child(
            find_tool('test.py'),
            config,
            weights,
            '--out',
            'results.pkl',
            '--show-dir',
            'shown',
            *common,
        )
        assert status == 0, output[-3000:]
        yield SimpleNamespace(
            config=config,
            weights=weights,
            options=('--cfg-options', *options),
            kind=request.param,
            images=sum(split == 'test' for split, *_ in found),
        )


@pytest.mark.slow
def test_verify_dataset(run):
    for phase in ('train', 'test'):
        told = tool('verify_dataset', run.config, '--phase', phase)
        assert 'There is no broken file found.' in told
        assert 'cannot be read' not in told
    told = tool('verify_dataset', run.config, '--num-process', 2)
    assert 'There is no broken file found.' in told


@pytest.mark.slow
def test_verify_dataset_tells_a_broken_file(run):
    if run.kind == 'pixels':
        return  # no row of a CSV can be read in part
    path = next(Path('data').rglob('train_0000*.jpg'))
    whole = path.read_bytes()
    path.write_bytes(b'no image')
    try:
        told = tool('verify_dataset', run.config)
    finally:
        path.write_bytes(whole)
    assert f'{path.name} cannot be read correctly' in told


@pytest.mark.slow
def test_vis_scheduler(run):
    told = tool(
        'vis_scheduler',
        run.config,
        '--not-show',
        '--save-path',
        'rate.png',
        *run.options,
        'train_cfg.max_epochs=3',
    )
    assert 'Iterations per epoch: 3' in told
    assert Path('rate.png').stat().st_size > 5000


@pytest.mark.slow
@pytest.mark.parametrize(
    'mode', ['original', 'transformed', 'concat', 'pipeline']
)
def test_browse_dataset(run, mode):
    tool(
        *('browse_dataset', run.config, '--output-dir', f'browse-{mode}'),
        *('--not-show', '--mode', mode, '--show-number', 2),
    )
    assert len(list(Path(f'browse-{mode}').iterdir())) == 2


@pytest.mark.slow
def test_print_config_and_get_flops(run):
    assert "type='GResNet'" in tool('print_config', run.config)
    told = tool('get_flops', run.config, '--shape', 48, 48)
    assert 'Input shape: (3, 48, 48)' in told
    assert 'Flops: ' in told


@pytest.mark.slow
def test_analyze_logs(run):
    (log,) = Path('run').glob('*/vis_data/[0-9]*.json')
    told = tool('analyze_logs', 'cal_train_time', log)
    assert 'average iter time' in told
    tool(
        *('analyze_logs', 'plot_curve', log, '--keys', 'loss'),
        *('--out', 'loss.png'),
    )
    assert Path('loss.png').stat().st_size > 5000


@pytest.mark.slow
def test_results(run):
    assert len(pickle.loads(Path('results.pkl').read_bytes())) == run.images
    tool('analyze_results', run.config, 'results.pkl', '--out-dir', 'worst')
    assert list(Path('worst').rglob('*.png'))
    told = tool(
        *('eval_metric', 'results.pkl', '--metric'),
        *('type=Accuracy', 'topk=1,2'),
    )
    assert 'accuracy/top2' in told
    assert list(Path('shown').rglob('*.png'))


@pytest.mark.slow
@pytest.mark.parametrize('source', ['results', 'weights'])
def test_confusion_matrix(run, source):
    given = 'results.pkl' if source == 'results' else run.weights
    tool(
        *('confusion_matrix', run.config, given, '--out', 'matrix.pkl'),
        *('--show-path', 'matrix.png', '--include-values', *run.options),
    )
    matrix = pickle.loads(Path('matrix.pkl').read_bytes())
    assert matrix.sum() == run.images
    assert Path('matrix.png').stat().st_size > 5000


@pytest.mark.slow
def test_vis_tsne(run):
    tool(
        *('vis_tsne', run.config, '--checkpoint', run.weights),
        *('--work-dir', 'tsne', '--perplexity', 5, '--n-iter', 250),
        *('--device', 'cpu', *run.options),
    )
    assert list(Path('tsne').rglob('*.png'))


@pytest.mark.slow
def test_publish_model(run):
    tool('publish_model', run.weights, 'public.pth')
    (path,) = Path().glob('public*.pth')
    published = torch.load(path, weights_only=True)
    assert 'optimizer' not in published
    assert published['meta']['dataset_meta']['classes']
    path.unlink()


@pytest.mark.vis
def test_vis_cam(run):
    picture = Path('noise.png')
    noise = np.random.default_rng(0).integers(0, 256, (48, 48, 3), np.uint8)
    cv2.imwrite(str(picture), noise)
    tool(
        *('vis_cam', picture, run.config, run.weights),
        *('--target-layers', 'backbone.layer4', '--save-path', 'cam.png'),
        *run.options,
    )
    assert Path('cam.png').stat().st_size > 1000


def test_tools_are_listed(capsys):
    with pytest.raises(SystemExit) as ended:
        analyse.main(['--help'])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert 'analysis_tools: analyze_logs, analyze_results, conf' in told
    for name in ('verify_dataset', 'vis_cam', 'publish_model'):
        assert name in told


def test_an_unknown_tool_is_told(capsys):
    with pytest.raises(SystemExit) as ended:
        analyse.main(['analyze_log'])
    assert ended.value.code == 2
    assert "no tool 'analyze_log'; expected one of analyze_" in (
        capsys.readouterr().err
    )
