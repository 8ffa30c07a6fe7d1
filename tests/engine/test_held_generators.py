"""Generators that transforms keep are seeded by the sample (T11)."""

from __future__ import annotations

import random
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.dataset import Compose, ConcatDataset
from mmpretrain.engine import SwitchRecipeHook
from tiny_run import TinyColours, log_of, runner
from torch.utils.data import DataLoader, Dataset

from csgresnet_mm.engine.held_generators import find_generators, reseed
from csgresnet_mm.engine.seeded_access import seed_access


class OwnRandom:
    """As a transform of Albumentations 2: two generators of its own."""

    def __init__(self):
        self.random_generator = np.random.default_rng()
        self.py_random = random.Random()

    def draw(self):
        return float(self.random_generator.random()), self.py_random.random()

    def __call__(self, data):
        return dict(data, noise=self.draw())


class Nested:
    """A composition of others, which draws itself, too."""

    def __init__(self, *transforms):
        self.own = OwnRandom()
        self.transforms = list(transforms)

    def __call__(self, data):
        noise = [t(data)['noise'] for t in (self.own, *self.transforms)]
        return dict(data, noise=tuple(noise))


class Legacy:
    """Older and other kinds, in a dict, a tuple and a slot of partial."""

    def __init__(self):
        self.kept = {'a': (np.random.RandomState(),)}
        self.draw = partial(torch.rand, 1, generator=torch.Generator())

    def __call__(self, data):
        noise = float(self.kept['a'][0].rand()), float(self.draw())
        return dict(data, noise=noise)


def closure():
    rng = np.random.Generator(np.random.Philox())
    return lambda data: dict(data, noise=float(rng.random()))


HOLDERS = [
    OwnRandom,
    lambda: Nested(OwnRandom(), Nested(OwnRandom())),
    Legacy,
    closure,
    lambda: OwnRandom().__call__,
]


def made(make):
    data = TinyColours()
    data.pipeline = Compose([make()])
    return data


def read(dataset, workers=0, epochs=(0,)):
    loader = DataLoader(
        dataset,
        batch_size=4,
        num_workers=workers,
        collate_fn=list,
        multiprocessing_context='fork' if workers else None,
    )
    access = seed_access(loader)
    rows = []
    for epoch in epochs:
        access.set(0, epoch)
        rows += [sample['noise'] for batch in loader for sample in batch]
    return rows


@pytest.mark.parametrize('make', HOLDERS)
def test_T11_a_sample_is_the_same_in_every_run(make):
    first = read(made(make))
    assert first == read(made(make))
    assert len(set(map(str, first))) == len(first)
    assert read(made(make), epochs=(0, 1))[12:] == read(
        made(make), epochs=(1,)
    )
    assert first != read(made(make), epochs=(1,))


def test_T11_it_does_not_matter_how_many_read():
    assert read(made(OwnRandom)) == read(made(OwnRandom), workers=2)


def test_T11_parts_of_a_composition_draw_apart():
    for row in read(made(HOLDERS[1])):
        numbers = np.ravel(np.concatenate([np.ravel(x) for x in row]))
        assert len(set(numbers)) == len(numbers) == 8


def test_T11_concatenated_sets_and_switched_pipelines():
    def noises(switch):
        data = ConcatDataset([made(OwnRandom), made(OwnRandom)])
        loader = DataLoader(data, batch_size=4, collate_fn=list)
        seed_access(loader).set(0, 0)
        before = [s['noise'] for batch in loader for s in batch]
        if not switch:
            return before
        SwitchRecipeHook._switch_train_pipeline(
            SimpleNamespace(train_loop=SimpleNamespace(dataloader=loader)),
            Compose([OwnRandom()]),
        )
        return [s['noise'] for batch in loader for s in batch]

    assert noises(False) == noises(False)
    assert noises(True) == noises(True)


def test_T11_sets_of_torchvisions_kind():
    class Folder(Dataset):
        def __init__(self):
            self.transform = OwnRandom()

        def __len__(self):
            return 4

        def __getitem__(self, index):
            return self.transform({})

    assert read(Folder()) == read(Folder())


def test_what_a_transform_only_refers_to_is_left_alone():
    data = made(OwnRandom)
    holder = SimpleNamespace(data=data, module=random, kind=random.Random)
    holder.itself = holder
    assert find_generators(holder) == []


@pytest.mark.parametrize('kind', ['PCG64', 'MT19937', 'Philox', 'SFC64'])
def test_every_bit_generator_is_seeded(kind):
    both = [np.random.Generator(getattr(np.random, kind)()) for _ in '12']
    for generator in both:
        reseed(generator, 1, 2)
    assert both[0].random(5).tolist() == both[1].random(5).tolist()


def test_T11_what_takes_no_seed_is_reported(tmp_path):
    run = runner(
        tmp_path,
        train={},
        hooks=[dict(type='SeedingHook')],
        epochs=1,
    )
    run.train_dataloader.dataset.transform = [random.SystemRandom()]
    run.train()
    assert 'transforms hold SystemRandom, which takes no seed' in log_of(run)
