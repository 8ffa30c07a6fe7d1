"""Every class is drawn equally often, on every process its share."""

from collections import Counter

import pytest
import torch
from mmengine.dataset import (
    ClassBalancedDataset,
    ConcatDataset,
    RepeatDataset,
)
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from mmpretrain.datasets import KFoldDataset
from mmpretrain.registry import DATASETS
from tiny_run import TinyColours, runner

from csgresnet_mm.datasets.samplers import (
    ClassBalancedSampler,
    class_balanced_sampler,
)

DATA = dict(type='TinyColours', counts=(20, 6, 2))
BALANCED = dict(_delete_=True, type='ClassBalancedSampler')


def as_process(monkeypatch, rank, world_size):
    monkeypatch.setattr(
        class_balanced_sampler, 'get_dist_info', lambda: (rank, world_size)
    )


def epochs(sampler, number):
    for epoch in range(number):
        sampler.set_epoch(epoch)
        yield list(sampler)


def test_each_image_is_drawn_with_weight_one_over_its_class():
    dataset = TinyColours(counts=(60, 12, 3))
    sampler = ClassBalancedSampler(dataset, seed=0)
    drawn = Counter(i for epoch in epochs(sampler, 400) for i in epoch)
    total = 75 * 400
    assert sum(drawn.values()) == total
    for first, size in ((0, 60), (60, 12), (72, 3)):
        images = [drawn[i] for i in range(first, first + size)]
        # binomial: four standard deviations of a third, and five of an image
        assert sum(images) == pytest.approx(total / 3, abs=4 * 82)
        each = total / 3 / size
        assert max(abs(n - each) for n in images) < 5 * each**0.5


def test_an_absent_class_leaves_the_others_equal():
    sampler = ClassBalancedSampler(TinyColours(counts=(300, 0, 100)), seed=1)
    (drawn,) = epochs(sampler, 1)
    assert len(drawn) == 400
    assert sum(i < 300 for i in drawn) == pytest.approx(200, abs=4 * 10)


@pytest.mark.parametrize('world_size', [1, 2, 3, 8])
def test_processes_share_one_draw_of_the_length_of_the_data(
    monkeypatch, world_size
):
    dataset = TinyColours(counts=(5, 4, 3))
    length = -(-12 // world_size)
    shares = []
    for rank in range(world_size):
        as_process(monkeypatch, rank, world_size)
        sampler = ClassBalancedSampler(dataset, seed=7)
        shares.append(list(sampler))
        assert len(shares[-1]) == len(sampler) == length
    together = [i for turn in zip(*shares, strict=True) for i in turn]
    expected = torch.multinomial(
        torch.tensor([1 / 5] * 5 + [1 / 4] * 4 + [1 / 3] * 3).double(),
        length * world_size,
        replacement=True,
        generator=torch.Generator().manual_seed(7),
    )
    assert together == expected.tolist()


def test_a_draw_depends_on_seed_and_epoch_only():
    dataset = TinyColours(counts=(50, 5, 5))
    first = list(epochs(ClassBalancedSampler(dataset, seed=3), 3))
    sampler = ClassBalancedSampler(dataset, seed=3)
    sampler.set_epoch(2)
    torch.rand(5)
    assert list(sampler) == list(sampler) == first[2]
    assert len({tuple(draw) for draw in first}) == 3
    other = list(epochs(ClassBalancedSampler(dataset, seed=4), 1))
    assert other[0] != first[0]


@pytest.mark.parametrize(
    'wrap',
    [
        lambda data: KFoldDataset(DATA, num_splits=4, seed=0),
        lambda data: RepeatDataset(data, times=2),
        lambda data: ConcatDataset([data, TinyColours(counts=(1, 9, 2))]),
        lambda data: ClassBalancedDataset(data, oversample_thr=0.2),
    ],
    ids=['fold', 'repeat', 'concat', 'oversample'],
)
def test_weights_follow_the_labels_through_wrappers(wrap):
    dataset = wrap(DATASETS.build(DATA))
    sampler = ClassBalancedSampler(dataset, seed=0)
    labels = [
        int(dataset[i]['data_samples'].gt_label) for i in range(len(dataset))
    ]
    counts = Counter(labels)
    assert len(counts) > 1
    expected = [1 / counts[label] for label in labels]
    assert sampler.weights.tolist() == pytest.approx(expected)
    assert len(sampler) == len(dataset)


def test_mmengine_builds_it_on_a_slice_of_the_data():
    with_slice = dict(
        dataset=TinyColours(counts=(20, 6, 2)),
        sampler=dict(type='ClassBalancedSampler'),
        batch_size=2,
        num_batch_per_epoch=4,
    )
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        built = Runner.build_dataloader(with_slice, seed=5)
    assert built.sampler.seed == 5
    assert len(built.sampler) == 8
    assert set(built.sampler) <= set(range(8))


def test_a_run_sets_the_epoch_and_keeps_its_length(tmp_path):
    run = runner(
        tmp_path,
        train=dict(counts=(10, 1, 1)),
        epochs=3,
        **{'train_dataloader.sampler': BALANCED},
    )
    run.train()
    assert isinstance(run.train_dataloader.sampler, ClassBalancedSampler)
    assert run.train_dataloader.sampler.epoch == 2
    assert run.iter == 3 * 3


@pytest.mark.parametrize('split', ['val', 'test'])
def test_val_and_test_are_refused(tmp_path, split):
    run = runner(
        tmp_path,
        **{
            split: dict(test_mode=True),
            f'{split}_dataloader.sampler': BALANCED,
        },
    )
    with pytest.raises(ValueError, match='never resampled'):
        getattr(run, split)()


@pytest.mark.parametrize('split', ['val', 'test'])
def test_val_and_test_that_are_not_marked_are_refused(tmp_path, split):
    run = runner(
        tmp_path, **{split: {}, f'{split}_dataloader.sampler': BALANCED}
    )
    with pytest.raises(ValueError, match=f'TinyColours is that of {split}'):
        getattr(run, split)()
    run.message_hub.pop_info('loop_stage')  # for the tests that follow


def test_training_goes_on_behind_a_validation(tmp_path):
    run = runner(
        tmp_path,
        train={},
        val={},
        epochs=2,
        **{'train_dataloader.sampler': BALANCED},
    )
    run.train()
    assert run.epoch == 2


def test_a_validation_fold_is_refused():
    fold = KFoldDataset(DATA, num_splits=3, test_mode=True)
    with pytest.raises(ValueError, match='KFoldDataset has test_mode=True'):
        ClassBalancedSampler(fold)
    with pytest.raises(ValueError, match='never resampled'):
        ClassBalancedSampler(
            RepeatDataset(TinyColours(test_mode=True), times=2)
        )


@pytest.mark.parametrize('label', [None, [0, 2], -1])
def test_a_sample_without_one_label_is_named(label):
    class Broken(TinyColours):
        def load_data_list(self):
            data = super().load_data_list()
            data[5]['gt_label'] = label
            return data

    with pytest.raises(ValueError) as error:
        ClassBalancedSampler(Broken())
    assert 'Broken, sample 5 (1/1.png)' in str(error.value)
    assert f'gt_label={label!r}' in str(error.value)
