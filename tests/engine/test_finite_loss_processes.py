"""Two processes agree that a loss is not finite, and none waits."""

import os
import warnings

import pytest
import torch
from test_finite_loss import HOOK, SKIP, Poison, equal, state_of, training
from torch import multiprocessing

from tests.gloo import in_group

WRAPPER = dict(
    type='MMDistributedDataParallel', device_ids=None, broadcast_buffers=False
)


def work(rank, folder, skip):
    os.chdir(folder)
    os.environ.update(
        LOCAL_RANK=str(rank), OMP_NUM_THREADS='1', MKL_NUM_THREADS='1'
    )
    # which MMEngine passes by itself, too
    warnings.filterwarnings('ignore', '`broadcast_buffers` is deprecated')
    with in_group(rank, folder):
        poison = Poison(1, 3) if rank else Poison()
        run = training(
            folder,
            poison,
            SKIP if skip else HOOK,
            launcher='pytorch',
            model_wrapper_cfg=WRAPPER,
        )
        try:
            run.train()
            message = ''
        except FloatingPointError as error:
            message = str(error)
    count = run.message_hub.runtime_info.get('skipped_losses')
    kept = (state_of(run), run.iter, count, message)
    torch.save(kept, f'{folder}/{rank}.pth')


@pytest.fixture
def found(tmp_path):
    def train(skip):
        multiprocessing.start_processes(
            work, (str(tmp_path), skip), nprocs=2, start_method='fork'
        )
        saved = tmp_path / 'nonfinite_loss'
        names = sorted(path.name for path in saved.glob('*.json'))
        return names, [torch.load(tmp_path / f'{r}.pth') for r in (0, 1)]

    return train


def test_both_leave_the_step_out(found):
    names, ((state, *rest), (other, *others)) = found(True)
    assert names == ['iter_2_rank_1.json', 'iter_4_rank_1.json']
    assert rest == others == [6, 2, '']
    weights = [dict(s[0]) for s in (state, other)]
    for key in weights[0]:
        if 'running' not in key:  # statistics are each process's own
            assert torch.equal(weights[0][key], weights[1][key])
    assert all(weight.isfinite().all() for weight in weights[1].values())
    assert not equal(state, other)


def test_both_stop(found):
    names, ((_, *rest), (_, *others)) = found(False)
    assert names == ['iter_2_rank_1.json']
    message = 'the loss of another process is not finite. The weights are unto'
    assert rest[:2] == others[:2] == [1, None]
    assert rest[2].startswith(message)
    assert others[2].startswith('the loss is nan in epoch 1, iteration 2')
