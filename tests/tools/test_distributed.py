"""Several processes on the CPU, as a user starts them."""

import os
import re
import socket
import subprocess
import sys

import mmengine
import pytest
import torch

from csgresnet_mm.engine import safe_loading
from tests.tools.conftest import ROOT

CONFIG = ROOT / 'configs/csgresnet18_demo.py'
SCRIPT = ROOT / 'tools/dist_train.sh'
TORCHRUN = (
    *(sys.executable, '-m', 'torch.distributed.run'),
    *('--standalone', '--nproc-per-node=2'),
)
IMAGES = 15
"""Odd: two processes are dealt 8 each, one image twice."""


@pytest.fixture(scope='module')
def place():
    """The environment in which dist_train.sh finds this python."""
    path = os.pathsep.join(
        [os.path.dirname(sys.executable), os.environ['PATH']]
    )
    return dict(PATH=path, OMP_NUM_THREADS='1')


@pytest.fixture(scope='module')
def evaluate(run_command, demo_options, trained, tmp_path_factory):
    """Test the trained network; give metrics and results."""
    folder = tmp_path_factory.mktemp('evaluated')
    options = [
        *demo_options,
        'test_dataloader.batch_size=4',
        f'test_dataloader.dataset.num_test={IMAGES}',
        f'test_dataloader.dataset.data_root={folder}/faces',
    ]

    def run(name, *launch):
        output = run_command(
            *(launch or [sys.executable]),
            ROOT / 'tools/test.py',
            CONFIG,
            trained[0] / 'epoch_1.pth',
            f'--work-dir={folder}',
            f'--out={folder}/{name}.pkl',
            *(['--launcher', 'pytorch'] if launch else []),
            '--cfg-options',
            *options,
        )
        metrics = re.findall(r'(accuracy/top1|recall): (\d+\.\d+)', output)
        return metrics, mmengine.load(folder / f'{name}.pkl')

    return run


@pytest.mark.slow
def test_two_processes_count_each_image_once(evaluate):
    metrics, results = evaluate('one')
    two_metrics, two_results = evaluate('two', *TORCHRUN)
    assert metrics == two_metrics
    assert {name for name, _ in metrics} == {'accuracy/top1', 'recall'}
    paths = [result['img_path'] for result in two_results]
    assert paths == [result['img_path'] for result in results]
    assert len(set(paths)) == len(paths) == IMAGES
    for one, two in zip(results, two_results, strict=True):
        assert one['gt_label'] == two['gt_label']
        torch.testing.assert_close(one['pred_score'], two['pred_score'])
    right = [int(r['pred_label']) == int(r['gt_label']) for r in two_results]
    assert float(metrics[0][1]) == pytest.approx(
        100 * sum(right) / IMAGES, abs=1e-4
    )


def options(demo_options, *more):
    return ['--cfg-options', *demo_options, 'train_cfg.max_epochs=1', *more]


def test_script_trains_in_two_processes(
    run_command, demo_options, place, tmp_path
):
    run_command(
        *('bash', SCRIPT, CONFIG, '2', '--work-dir', tmp_path),
        *options(demo_options, 'train_dataloader.batch_size=7'),
        **place,
    )
    (log,) = tmp_path.glob('*/*.log')
    assert 'GPU number: 2' in log.read_text()
    # 28 images, 2 processes of 7 each: two iterations
    saved = safe_loading.load_from_local(str(tmp_path / 'epoch_1.pth'), 'cpu')
    assert saved['meta']['iter'] == 2


@pytest.mark.slow
def test_script_trains_on_two_machines(demo_options, trained, place, tmp_path):
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    nodes = [
        subprocess.Popen(
            [
                *('bash', SCRIPT, CONFIG, '1', '--work-dir', tmp_path),
                *options(demo_options),
            ],
            cwd=tmp_path,
            env=os.environ
            | place
            | dict(
                NNODES='2',
                NODE_RANK=str(rank),
                MASTER_ADDR='127.0.0.1',
                PORT=str(port),
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(2)
    ]
    outputs = [node.communicate(timeout=300)[0] for node in nodes]
    assert [node.returncode for node in nodes] == [0, 0], outputs
    log = next(tmp_path.glob('*/*.log'))
    assert 'GPU number: 2' in log.read_text()
    assert 'Epoch(val)' in outputs[0]
    assert 'Epoch(val)' not in outputs[1]  # only process 0 logs


@pytest.mark.parametrize(
    ('arguments', 'environment', 'told'),
    [
        ([], {}, 'usage: '),
        (['config.py'], {}, 'usage: '),
        (['config.py', '2'], dict(NNODES='2'), 'NODE_RANK=, MASTER_ADDR=:'),
        (
            ['config.py', '2'],
            dict(NNODES='2', NODE_RANK='1'),
            'NODE_RANK=1, MASTER_ADDR=: several machines need both',
        ),
    ],
)
def test_script_tells_what_it_lacks(run_command, arguments, environment, told):
    assert told in run_command(
        'bash', SCRIPT, *arguments, expect=2, **environment
    )


WATCH = """
import glob
from csgresnet_mm.programs.training.cli import train
from csgresnet_mm.engine import mmpretrain_tools as tools

def tell(when):
    paths = glob.glob('/proc/self/task/*/comm')
    gloo = [path for path in paths if 'gloo' in open(path).read()]
    print(f'{when}: threads of gloo {len(gloo)}.', flush=True)

destroy = tools.dist.destroy_process_group
tools.dist.destroy_process_group = lambda: (tell('training done'), destroy())
train()
tell('tool done')
"""


def test_no_thread_of_gloo_outlives_the_tool(
    run_command, demo_options, tmp_path
):
    # It may end Python's exit with 'terminate called'. Linux alone has /proc.
    script = tmp_path / 'watch.py'
    script.write_text(WATCH)
    output = run_command(
        *(*TORCHRUN, script, CONFIG, '--work-dir', tmp_path),
        *('--launcher', 'pytorch', *options(demo_options)),
    )
    at_work = re.findall(r'training done: threads of gloo [1-9]', output)
    assert len(at_work) == 2
    assert output.count('tool done: threads of gloo 0.') == 2
