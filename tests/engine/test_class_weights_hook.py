"""The loss weighs the classes alike and keeps its scale."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mmpretrain.datasets import KFoldDataset
from tiny_run import TinyColours, log_of, runner
from torch.nn import functional as F

from csgresnet_mm.engine import ClassWeightsHook
from csgresnet_mm.engine.hooks.class_weights_hook import class_weights

HOOK = [dict(type='ClassWeightsHook')]
COUNTS = (12, 3, 1)


def trained(tmp_path, epochs=1, **options):
    run = runner(
        tmp_path,
        train=dict(counts=COUNTS),
        epochs=epochs,
        hooks=HOOK,
        **options,
    )
    run.train()
    return run


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=14))
@settings(derandomize=True, deadline=None)
def test_classes_weigh_alike_and_images_one_on_average(counts):
    weights = class_weights(counts)
    masses = [w * n for w, n in zip(weights, counts, strict=True)]
    assert sum(masses) == pytest.approx(sum(counts))
    assert masses == pytest.approx([sum(counts) / len(counts)] * len(counts))


def test_the_loss_of_all_data_is_torchs_weighted_loss(tmp_path):
    run = trained(tmp_path)
    labels = torch.tensor([0] * 12 + [1] * 3 + [2])
    torch.manual_seed(0)
    scores = torch.randn(16, 3)
    ours = run.model.head.loss_module(scores, labels, avg_factor=16)
    # torch divides by the weights' sum, MMPretrain by the number of images
    inverse = 1 / torch.tensor(COUNTS).float()
    torch.testing.assert_close(
        ours, F.cross_entropy(scores, labels, weight=inverse)
    )
    assert not torch.isclose(ours, F.cross_entropy(scores, labels))


def test_the_weights_are_logged_by_name(tmp_path):
    log = log_of(trained(tmp_path))
    assert 'class weights: Anger 0.4444, Happiness 1.778, Sadness 5.333' in log


def test_every_epoch_and_every_training_has_the_same_weights(tmp_path):
    run = trained(tmp_path, epochs=2)
    run.call_hook('before_train')
    assert run.model.head.loss_module.class_weight == pytest.approx(
        [16 / 3 / n for n in COUNTS]
    )


@pytest.mark.parametrize(
    'loss',
    [
        dict(
            type='LabelSmoothLoss',
            label_smooth_val=0.3,
            num_classes=3,
            mode='original',
        ),
        dict(type='CrossEntropyLoss', use_soft=True),
    ],
    ids=['smooth', 'soft'],
)
def test_losses_that_pass_the_weights_on(tmp_path, loss):
    run = runner(
        tmp_path,
        train=dict(counts=COUNTS),
        hooks=HOOK,
        **{'model.head.loss': dict(loss, _delete_=True)},
    )
    ClassWeightsHook().before_train(run)
    labels = torch.tensor([0, 1, 2])
    soft = loss['type'] == 'CrossEntropyLoss'
    target = F.one_hot(labels, 3).float() if soft else labels
    each = run.model.head.loss_module(
        torch.zeros(3, 3), target, reduction_override='none'
    )
    share = torch.full((3, 3), 0.0 if soft else 0.1)
    share += torch.eye(3) * (1.0 if soft else 0.7)
    weights = 16 / 3 / torch.tensor(COUNTS)
    torch.testing.assert_close(each, share @ weights * math.log(3))


def test_a_fold_is_counted_by_itself(tmp_path):
    run = runner(
        tmp_path,
        train=dict(counts=COUNTS),
        **{
            'train_dataloader.dataset': dict(
                _delete_=True,
                type='KFoldDataset',
                dataset=dict(type='TinyColours', counts=COUNTS),
                num_splits=4,
                fold=0,
            )
        },
    )
    assert isinstance(run.train_dataloader.dataset, KFoldDataset)
    ClassWeightsHook().before_train(run)  # without the first 4 of Anger
    assert run.model.head.loss_module.class_weight == pytest.approx(
        [12 / 3 / n for n in (8, 3, 1)]
    )


def test_an_absent_class_is_named(tmp_path):
    run = runner(tmp_path, train=dict(counts=(4, 0, 4)), hooks=HOOK)
    with pytest.raises(ValueError) as error:
        run.train()
    assert 'no training image of Happiness' in str(error.value)
    assert "{'Anger': 4, 'Happiness': 0, 'Sadness': 4}" in str(error.value)
    with pytest.raises(ValueError, match=r'no weight: \[4, 0\]'):
        class_weights([4, 0])


def test_balancing_twice_is_refused(tmp_path):
    sampler = dict(_delete_=True, type='ClassBalancedSampler')
    run = runner(
        tmp_path,
        train={},
        hooks=HOOK,
        **{'train_dataloader.sampler': sampler},
    )
    with pytest.raises(ValueError, match='balanced twice'):
        run.train()


def test_weights_of_the_config_are_not_overwritten(tmp_path):
    given_weights = {'model.head.loss.class_weight': [1.0, 2.0, 3.0]}
    run = runner(tmp_path, train={}, hooks=HOOK, **given_weights)
    with pytest.raises(ValueError, match=r'\[1.0, 2.0, 3.0\] of the loss'):
        run.train()


def test_a_loss_without_weights_is_reported(tmp_path):
    focal = dict(_delete_=True, type='FocalLoss')
    run = runner(tmp_path, train={}, hooks=HOOK, **{'model.head.loss': focal})
    with pytest.raises(ValueError, match=r'in the model: \[\]'):
        run.train()


def test_data_without_names_are_counted_by_number(tmp_path):
    class Unnamed(TinyColours):
        @property
        def metainfo(self):
            return {}

    named = ClassWeightsHook._weigh(Unnamed(counts=(1, 2)))
    assert named == {'0': 1.5, '1': 0.75}
