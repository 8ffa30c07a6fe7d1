"""Training may be balanced; what is evaluated never is."""

import pytest
from mmengine.dataset import DefaultSampler
from mmengine.registry import DATA_SAMPLERS

from tests.configs.test_configs import FLAT, load

PLAIN = 'csgresnet18_affectnet'
WRAPPERS = {'ClassBalancedDataset', 'RepeatDataset', 'ConcatDataset'}


@pytest.mark.parametrize('split', ['val', 'test'])
@pytest.mark.parametrize('name', FLAT)
def test_val_and_test_are_never_resampled(name, split):
    loader = load(name)[f'{split}_dataloader']
    assert loader.dataset.type not in WRAPPERS
    sampler = DATA_SAMPLERS.build(
        loader.sampler, default_args=dict(dataset=range(50), seed=0)
    )
    assert type(sampler) is DefaultSampler
    assert list(sampler) == list(range(50))


def without(config, *keys):
    plain = config.to_dict()
    for key in keys:
        plain.pop(key)
    return plain


def test_weighted_differs_in_one_hook():
    plain, weighted = load(PLAIN), load('csgresnet18_weighted_affectnet')
    assert weighted.custom_hooks == [
        *plain.custom_hooks,
        dict(type='ClassWeightsHook'),
    ]
    assert without(weighted, 'custom_hooks') == without(plain, 'custom_hooks')


def test_balanced_differs_in_one_sampler():
    plain, balanced = load(PLAIN), load('csgresnet18_balanced_affectnet')
    sampler = balanced.train_dataloader.pop('sampler')
    assert sampler == dict(type='ClassBalancedSampler')
    assert plain.train_dataloader.pop('sampler').type == 'DefaultSampler'
    assert balanced.to_dict() == plain.to_dict()


def test_the_base_runtime_checks_orders_and_keeps_fingerprints():
    assert [hook.type for hook in load(PLAIN).custom_hooks] == [
        'ClassOrderHook',
        'ClassPermutationHook',
        'FingerprintHook',
        'SeedingHook',
        'ExactResumeHook',
        'PreemptionHook',
        'CheckedWeightsHook',
        'FiniteLossHook',
        'SyncStatisticsHook',
    ]
