"""Hooks take loaders and sets that are not MMPretrain's for what they are.

T2 of the tools' list: MMPretrain's vis_scheduler.py trains a toy model on a
list of numbers with the config's hooks.
"""

import copy
from pathlib import Path
from unittest.mock import MagicMock, patch

import pytest
import torch
from mmengine.config import Config
from mmengine.model import BaseModel
from mmengine.runner import Runner
from tiny_run import RUNS, log_of, runner
from torch.utils.data import DataLoader, Dataset, IterableDataset, Subset

CONFIGS = Path(__file__).parents[2] / 'configs'
BASE_HOOKS = Config.fromfile(
    CONFIGS / '_base_' / 'default_runtime.py'
).custom_hooks
AVERAGED = [*BASE_HOOKS, dict(type='EMAHook')]
WEIGHTED = [*BASE_HOOKS, dict(type='ClassWeightsHook')]


class FakeLoader(list):
    """As in vis_scheduler.py."""

    dataset = MagicMock(metainfo=None)


class Toy(BaseModel):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)

    def forward(self, *args, **kwargs):
        return self.layer(torch.ones(1)).sum()

    def train_step(self, data, optim_wrapper):
        loss = self()
        optim_wrapper.update_params(loss)
        return dict(loss=loss.detach())


class Stream(IterableDataset):
    def __len__(self):
        return 8

    def __iter__(self):
        return iter([torch.zeros(1)] * 8)


class Plain(Dataset):
    """Of torch alone: no get_data_info, no metainfo."""

    def __len__(self):
        return 8

    def __getitem__(self, index):
        return torch.zeros(1)


def train(tmp_path, loader, hooks):
    with patch('mmengine.runner.runner.collect_env', dict):
        run = Runner(
            model=Toy(),
            work_dir=str(tmp_path),
            train_dataloader=loader,
            train_cfg=dict(by_epoch=True, max_epochs=2),
            optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.01)),
            default_scope='mmpretrain',
            default_hooks=dict(
                checkpoint=dict(type='CheckpointHook', max_keep_ckpts=2),
                sampler_seed=None,  # MMEngine's own asks for batches
            ),
            custom_hooks=copy.deepcopy(hooks),
            experiment_name=f'stand_in_{next(RUNS)}',
            randomness=dict(seed=0),
        )
        run.train()
    return run


@pytest.mark.parametrize('hooks', [BASE_HOOKS, AVERAGED, WEIGHTED])
def test_T2_a_list_of_numbers_is_trained_on(tmp_path, hooks):
    run = train(tmp_path, FakeLoader(range(3)), hooks)
    assert run.iter == 6
    assert 'not bit-identical' not in log_of(run)


@pytest.mark.parametrize(
    ('dataset', 'options', 'message'),
    [
        (Stream(), dict(batch_size=4), 'Stream is not read by index'),
        (Plain(), dict(batch_size=None), 'Plain is not read by index'),
        (Plain(), dict(batch_size=4), ''),
        (Subset(Plain(), [1, 3]), dict(batch_size=1), ''),
    ],
)
def test_T2_loaders_of_torch_alone(tmp_path, dataset, options, message):
    run = train(tmp_path, DataLoader(dataset, **options), BASE_HOOKS)
    log = log_of(run)
    assert message in log
    assert bool(message) == ('not bit-identical' in log)


@pytest.mark.parametrize(
    'wrapper',
    [
        dict(type='RepeatDataset', times=2),
        dict(type='ClassBalancedDataset', oversample_thr=0.5),
        dict(type='KFoldDataset', num_splits=3, seed=0),
        dict(type='ConcatDataset'),
    ],
)
def test_T2_wrapped_sets_are_trained_on(tmp_path, wrapper):
    own = dict(type='TinyColours')
    inner = (
        dict(datasets=[own, own])
        if wrapper['type'] == 'ConcatDataset'
        else dict(dataset=own)
    )
    run = runner(
        tmp_path, train=dict(wrapper, **inner), hooks=WEIGHTED, epochs=1
    )
    run.train()
    log = log_of(run)
    assert 'class weights: Anger' in log
    assert log.count('data of train: dataset TinyColours') == (
        2 if 'datasets' in inner else 1
    )


def test_T2_a_set_without_labels_is_named_where_they_are_needed(tmp_path):
    with pytest.raises(ValueError, match=r'^Plain has no get_data_info\(\)'):
        train(tmp_path, DataLoader(Plain(), batch_size=4), WEIGHTED)
