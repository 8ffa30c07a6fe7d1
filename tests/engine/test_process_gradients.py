"""Two processes compute the gradients that one does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

SCRIPT = Path(__file__).with_name('process_gradients.py')
TORCHRUN = (
    *('-m', 'torch.distributed.run', '--standalone'),
    '--nproc-per-node=2',
)


def start(folder, processes):
    folder.mkdir()
    launch = TORCHRUN if processes > 1 else ()
    return subprocess.Popen(
        [sys.executable, *launch, SCRIPT, folder, str(processes)],
        env=os.environ | dict(OMP_NUM_THREADS='1'),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture(scope='module')
def found(tmp_path_factory):
    """Kind of batch norms to the steps of one and of two processes."""
    root = tmp_path_factory.mktemp('gradients')
    folders = [root / 'one', root / 'two']
    jobs = [start(folder, i) for i, folder in enumerate(folders, 1)]
    for job in jobs:
        output, _ = job.communicate(timeout=300)
        assert job.returncode == 0, output[-3000:]
    return {
        kind: [torch.load(folder / f'{kind}.pth') for folder in folders]
        for kind in ('frozen', 'free')
    }


def largest_difference(one, two):
    assert len(one) == len(two) == 6
    assert len(one[0]) > 60
    return max(
        (step[name] - other[name]).abs().max().item()
        for step, other in zip(one, two, strict=True)
        for name in step.keys() | other.keys()
    )


def test_gradients_agree_with_frozen_batch_norms(found):
    one, two = found['frozen']
    assert one[0]['backbone.conv1.weight'].dtype == torch.float64
    assert max(g.abs().max().item() for g in one[0].values()) > 1e-3
    assert all(g.count_nonzero() for g in one[-1].values())
    assert largest_difference(one, two) < 1e-6


def test_each_process_normalises_its_own_part(found):
    assert largest_difference(*found['free']) > 1e-3
