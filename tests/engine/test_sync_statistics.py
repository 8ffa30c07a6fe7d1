"""All processes go on from one set of batch norm statistics."""

import copy
import os
import warnings

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import EMAHook, Hook
from resume_run import CONFIG
from test_finite_loss import NormalisedPixels  # noqa: F401
from tiny_run import model, runner
from torch import multiprocessing

from tests.gloo import in_group

BUFFER = torch.tensor([0.1, 0.2, 0.3])
STATISTICS = ('norm.running_mean', 'norm.running_var')


class Keep(Hook):
    """The state of model and averaged model before they are averaged."""

    priority = 'HIGHEST'

    def after_train_epoch(self, runner):
        self.before = copy.deepcopy(states(runner))


def states(run):
    (ema,) = [hook for hook in run.hooks if isinstance(hook, EMAHook)]
    return [
        {
            name.rpartition('backbone.')[2]: value.detach().clone()
            for name, value in network.state_dict().items()
        }
        for network in (run.model, ema.ema_model)
    ]


def work(rank, folder, hooks):
    os.chdir(folder)
    os.environ.update(
        LOCAL_RANK=str(rank), OMP_NUM_THREADS='1', MKL_NUM_THREADS='1'
    )
    warnings.filterwarnings('ignore', '`broadcast_buffers` is deprecated')
    with in_group(rank, folder):
        network = model()
        network['backbone'] = dict(type='NormalisedPixels')
        run = runner(
            f'{folder}/{rank}',
            train={},
            epochs=1,
            hooks=[*hooks, dict(type='EMAHook')],
            model=network,
            launcher='pytorch',
            model_wrapper_cfg=dict(
                type='MMDistributedDataParallel',
                device_ids=None,
                broadcast_buffers=False,
            ),
        )
        run.model.module.backbone.register_buffer('fixed', BUFFER.clone())
        keep = Keep()
        run.register_hook(keep)
        run.train()
        torch.save((keep.before, states(run)), f'{folder}/{rank}.pth')


@pytest.fixture
def train(tmp_path):
    def run(*hooks):
        multiprocessing.start_processes(
            work, (str(tmp_path), hooks), nprocs=2, start_method='fork'
        )
        return [torch.load(tmp_path / f'{rank}.pth') for rank in (0, 1)]

    return run


def test_statistics_become_the_mean_of_the_processes(train):
    (before, after), (others_before, others_after) = train(
        dict(type='SyncStatisticsHook')
    )
    for network in range(2):  # the model, and its average
        for name in STATISTICS:
            one, two = before[network][name], others_before[network][name]
            assert not torch.equal(one, two)
            assert torch.equal(after[network][name], (one + two) / 2)
        for name, value in after[network].items():
            assert torch.equal(value, others_after[network][name])
            if not name.endswith(STATISTICS):
                assert torch.equal(value, before[network][name])
    assert torch.equal(after[0]['fixed'], BUFFER)


def test_without_it_they_differ(train):
    (_, after), (_, others_after) = train()
    for name in STATISTICS:
        assert not torch.equal(after[0][name], others_after[0][name])


def test_our_runtime_has_it():
    hooks = Config.fromfile(CONFIG).custom_hooks
    assert 'SyncStatisticsHook' in [hook.type for hook in hooks]
