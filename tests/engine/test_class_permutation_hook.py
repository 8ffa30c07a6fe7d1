"""A permutation of the classes that explains a low accuracy is reported."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn
from mmpretrain.structures import DataSample
from tiny_run import CLASSES, log_of, runner

from csgresnet_mm.engine.hooks import class_permutation_hook as permutation
from csgresnet_mm.engine.hooks.class_permutation_hook import (
    ClassPermutationHook,
    best_permutation,
    describe_permutation,
)

HOOK = [dict(type='ClassPermutationHook')]
WARNING = 'another order of the classes would raise the accuracy'
# The same names, but the numbers mean other colours: labels that lie
LYING = dict(order=('Happiness', 'Sadness', 'Anger'), named=CLASSES)


def matrices():
    return st.integers(1, 5).flatmap(
        lambda k: stn.arrays(np.int64, (k, k), elements=st.integers(0, 30))
    )


@given(matrices())
@settings(derandomize=True, deadline=None)
def test_no_permutation_agrees_better(confusion):
    classes = range(len(confusion))

    def value(order):
        agreed = sum(confusion[order[output], output] for output in classes)
        stays = sum(order[output] == output for output in classes)
        return agreed, stays

    found = best_permutation(confusion)
    assert sorted(found) == list(classes)
    assert value(found) == max(map(value, itertools.permutations(classes)))


def shifted(right, wrong):
    """Outputs of three classes: right ones, and others one class further."""
    confusion = np.zeros((3, 3), np.int64)
    confusion[np.arange(3), np.arange(3)] = right
    confusion[np.arange(3), (np.arange(3) + 1) % 3] = wrong
    return confusion


@pytest.mark.parametrize(
    ('right', 'wrong', 'warns'),
    [(100, 0, False), (40, 60, False), (39, 61, True), (0, 100, True)],
)
def test_more_than_twenty_points_warn(right, wrong, warns):
    text = describe_permutation(shifted(right, wrong), CLASSES)
    assert (text is not None) is warns
    if warns:
        assert f'from {right:.2f} % to {wrong:.2f} % of 300 images' in text


@given(matrices())
@settings(derandomize=True, deadline=None)
def test_the_gain_of_the_best_permutation_decides(confusion):
    classes = range(len(confusion))
    agreed = [
        sum(confusion[order[output], output] for output in classes)
        for order in itertools.permutations(classes)
    ]
    gain = max(agreed) - np.trace(confusion)
    text = describe_permutation(confusion, [f'c{each}' for each in classes])
    assert (text is not None) is bool(gain > 0.2 * confusion.sum())


def test_none_is_looked_for_where_none_can_gain_enough(monkeypatch):
    def refuse(confusion):
        raise AssertionError

    monkeypatch.setattr(permutation, 'best_permutation', refuse)
    # of all images of one class, and of all given one class
    for confusion in ([[30, 9], [0, 0]], [[50, 0], [30, 0]]):
        assert describe_permutation(np.array(confusion), 'ab') is None
        assert describe_permutation(np.array(confusion).T, 'ab') is None
    with pytest.raises(AssertionError):
        describe_permutation(np.array([[1, 9], [9, 1]]), 'ab')


def test_a_training_is_judged_once(tmp_path, monkeypatch):
    judged = []

    def describe(confusion, classes):
        judged.append(int(confusion.sum()))

    monkeypatch.setattr(permutation, 'describe_permutation', describe)
    runner(tmp_path, train={}, val=LYING, hooks=HOOK, epochs=3).train()
    assert judged == [12]


def test_the_warning_gives_the_order_of_the_outputs():
    # True Anger is called Happiness, Happiness Sadness, Sadness Anger
    text = describe_permutation(shifted(1, 9), CLASSES)
    assert 'read as Anger, Happiness, Sadness;' in text
    assert text.endswith('agree best with Sadness, Anger, Happiness')
    assert 'untrained' not in text


def test_a_collapsed_model_is_excused():
    confusion = np.array([[0, 10, 0], [0, 2, 0], [0, 3, 0]])
    text = describe_permutation(confusion, CLASSES)
    assert 'only 1 of the 3 classes, so it may merely be untrained' in text


def test_a_test_on_data_that_number_otherwise_warns(tmp_path):
    run = runner(
        tmp_path, train={}, test=LYING, hooks=HOOK, val=dict(counts=(3, 3, 3))
    )
    run.train()
    assert WARNING not in log_of(run)
    assert run.test()['accuracy/top1'] == 0
    log = log_of(run)
    assert log.count(WARNING) == 1
    assert f'test: {WARNING} from 0.00 % to 100.00 % of 12 images' in log
    # Output 0 is red, which these data call Sadness
    assert (
        log.rstrip()
        .splitlines()[-1]
        .endswith('agree best with Sadness, Anger, Happiness')
    )


def test_the_last_validation_of_a_training_warns_once(tmp_path):
    run = runner(tmp_path, train={}, val=LYING, hooks=HOOK, epochs=8)
    run.train()
    assert log_of(run).count(f'val: {WARNING}') == 1


def test_a_validation_by_itself_warns(tmp_path):
    trained = runner(tmp_path / 'a', train={})
    trained.train()
    run = runner(
        tmp_path / 'b',
        val=LYING,
        hooks=HOOK,
        load_from=f'{trained.work_dir}/epoch_8.pth',
    )
    run.val()
    assert log_of(run).count(f'val: {WARNING}') == 1


def test_early_epochs_do_not_warn(tmp_path):
    class Wrong(ClassPermutationHook):
        """As if only the first epoch were permuted."""

        def _count(self, outputs, total):
            for sample in outputs if self.epoch == 1 else ():
                sample.set_pred_label((sample.gt_label + 1) % 3)
            super()._count(outputs, total)

        def before_val_epoch(self, runner):
            self.epoch = runner.epoch
            super().before_val_epoch(runner)

    run = runner(tmp_path, train={}, val={}, epochs=8)
    run.register_hook(Wrong())
    run.train()
    assert WARNING not in log_of(run)


def sample(true, given_label):
    return DataSample().set_gt_label(true).set_pred_label(given_label)


def counting():
    hook = ClassPermutationHook()
    hook._classes = CLASSES
    hook._confusion = torch.zeros(3, 3, dtype=torch.int64)
    return hook


def as_process(monkeypatch, rank, world_size):
    monkeypatch.setattr(
        permutation, 'get_dist_info', lambda: (rank, world_size)
    )


@pytest.mark.parametrize('world_size', [1, 2, 3, 4, 16])
def test_each_image_counts_once_on_any_number_of_processes(
    monkeypatch, world_size
):
    pairs = [(i % 3, (i * i) % 3) for i in range(14)]
    length = -(-len(pairs) // world_size)
    padded = (pairs * 2)[: length * world_size]
    total = torch.zeros(3, 3, dtype=torch.int64)
    for rank in range(world_size):
        as_process(monkeypatch, rank, world_size)
        hook = counting()
        share = [sample(*pair) for pair in padded[rank::world_size]]
        hook._count(share[:2], len(pairs))
        hook._count(share[2:], len(pairs))
        total += hook._confusion
    expected = torch.zeros(3, 3, dtype=torch.int64)
    for true, output in pairs:
        expected[true, output] += 1
    assert torch.equal(total, expected)


@pytest.mark.parametrize(
    'odd',
    [
        DataSample().set_pred_label(1),
        DataSample().set_gt_label(1),
        DataSample().set_gt_label([0, 1]).set_pred_label(1),
        DataSample().set_gt_label(-1).set_pred_label(1),
        torch.zeros(3),
        {'pred_label': 1},
    ],
    ids=['unlabelled', 'unpredicted', 'two', 'minus', 'tensor', 'dict'],
)
def test_what_has_no_label_is_left_alone(odd):
    hook = counting()
    hook._count([odd, sample(2, 0)], 2)
    assert hook._confusion.sum() == hook._confusion[2, 0] == 1


def test_data_that_name_no_classes_are_left_alone(tmp_path):
    run = runner(tmp_path, test=LYING, hooks=HOOK)
    run.test_dataloader.dataset._metainfo = {}
    run.test()
    assert WARNING not in log_of(run)
