"""Random numbers depend on seed, epoch and index, and on nothing else."""

import random

import numpy as np
import pytest
import torch
from mmengine.dataset import RepeatDataset
from mmengine.runner import EpochBasedTrainLoop
from mmpretrain.datasets import CustomDataset, KFoldDataset
from tiny_run import TinyColours, log_of, runner
from torch.utils.data import DataLoader

from csgresnet_mm.engine.seeded_access import seed_access
from csgresnet_mm.engine.seeding import preserved, seed_host, seed_process

HOOK = dict(type='SeedingHook')


def draw():
    return random.random(), np.random.rand(), float(torch.rand(()))


def noise(data):
    """A transform that uses all three generators."""
    return dict(data, noise=draw())


class Noisy(TinyColours):
    def __init__(self, **options):
        super().__init__(**options)
        self.pipeline = noise


class Lengthened(torch.utils.data.Dataset):
    """A data set that is none of MMEngine's."""

    def __len__(self):
        return 12

    def __getitem__(self, index):
        return dict(noise=draw())


def folder_of_images(tmp_path):
    for name in 'ab':
        (tmp_path / name).mkdir()
        for i in range(6):
            (tmp_path / name / f'{i}.png').touch()
    dataset = CustomDataset(str(tmp_path))
    dataset.pipeline = noise
    return dataset


def read(loader):
    return [sample['noise'] for batch in loader for sample in batch]


def loader_of(dataset, workers=0):
    return DataLoader(
        dataset,
        batch_size=3,
        num_workers=workers,
        persistent_workers=workers > 0,
        collate_fn=as_list,
    )


def as_list(batch):
    return list(batch)


def expected(*entropy):
    with preserved():
        seed_host(*entropy)
        return draw()


def test_generators_are_restored():
    seed_process(3, 1)
    wanted = draw()
    seed_process(3, 1)
    with pytest.raises(KeyError), preserved():
        seed_host(8)
        raise KeyError
    assert draw() == wanted


@pytest.mark.parametrize('accelerated', [False, True])
def test_generators_of_devices_are_seeded_where_there_are_any(
    monkeypatch, accelerated
):
    seeds = []
    monkeypatch.setattr(torch, 'manual_seed', seeds.append)
    monkeypatch.setattr(torch.accelerator, 'is_available', lambda: accelerated)
    with preserved():
        seed_process(3, 1)
        wanted = torch.default_generator.initial_seed()
    with preserved():
        seed_host(3, 1)
        seed = torch.default_generator.initial_seed()
    assert seeds == ([seed] if accelerated else [])
    assert accelerated or wanted == seed


def test_numbers_differ_with_each_part():
    assert len({expected(*key) for key in np.ndindex(2, 3, 4)}) == 24
    assert expected(0, 1, 2) == expected(0, 1, 2)
    with pytest.raises(ValueError, match='negative'):
        expected(0, -1, 0)


@pytest.mark.parametrize('workers', [0, 2])
def test_workers_do_not_matter(workers):
    loader = loader_of(Noisy(), workers)
    access = seed_access(loader)
    assert seed_access(loader) is access
    for seed, epoch in ((5, 0), (5, 1), (6, 1)):  # persistent workers see it
        access.set(seed, epoch)
        assert read(loader) == [expected(seed, epoch, i) for i in range(12)]


def test_any_data_set_is_seeded(tmp_path):
    kinds = [
        folder_of_images(tmp_path),
        Lengthened(),
        RepeatDataset(Noisy(), times=1),
    ]
    for dataset in kinds:
        loader = loader_of(dataset)
        seed_access(loader).set(1, 2)
        assert read(loader) == [expected(1, 2, i) for i in range(12)]


def test_repeats_of_a_wrapped_image_differ():
    loader = loader_of(RepeatDataset(Noisy(counts=(1, 1, 1)), times=3))
    seed_access(loader).set(0, 0)
    assert len(set(read(loader))) == 9


@pytest.mark.parametrize('workers', [0, 2])
def test_repeats_by_a_sampler_differ(workers):
    dataset = Noisy(counts=(1, 1, 1))
    loader = DataLoader(
        dataset,
        batch_size=4,
        sampler=[2, 0, 2, 2, 1, 0],
        num_workers=workers,
        collate_fn=as_list,
    )
    seed_access(loader).set(3, 1)
    assert seed_access(loader) is dataset.__getitems__
    draws = [(2,), (0,), (2, 1), (2, 2), (1,), (0, 1)]
    for _ in range(2):  # counted anew
        assert read(loader) == [expected(3, 1, *draw) for draw in draws]
    assert len(loader) == 2


def test_a_fold_reads_its_own_images():
    loader = loader_of(
        KFoldDataset(dict(type='TinyColours'), num_splits=3, seed=0)
    )
    seed_access(loader).set(0, 0)
    assert len([sample for batch in loader for sample in batch]) == 8


def test_a_run_seeds_loader_and_process(tmp_path, monkeypatch):
    run = runner(
        tmp_path,
        train={},
        epochs=2,
        hooks=[HOOK],
        randomness=dict(seed=4),
    )
    run._seed = 9  # as a checkpoint of another seed does
    drawn = []
    step = run.model.train_step

    def watch(*arguments, **options):
        drawn.append(draw())
        return step(*arguments, **options)

    monkeypatch.setattr(run.model, 'train_step', watch)
    epochs = []
    original = EpochBasedTrainLoop.run_epoch

    def run_epoch(loop):
        dataset = loop.dataloader.dataset
        original(loop)
        epochs.append(dataset.__getitems__._seed_and_epoch.tolist())

    monkeypatch.setattr(EpochBasedTrainLoop, 'run_epoch', run_epoch)
    run.train()
    assert run.train_dataloader.sampler.seed == 9
    assert epochs == [[9, 0], [9, 1]]
    assert drawn == [expected(9, i, 0, 1 << 31) for i in range(6)]
    assert 'bit-identical' not in log_of(run)


def test_what_is_not_exact_is_reported(tmp_path):
    run = runner(
        tmp_path,
        train={},
        epochs=1,
        hooks=[HOOK],
        **{'optim_wrapper.accumulative_counts': 2},
    )
    run.train()
    assert 'does not divide the 3 batches' in log_of(run)
