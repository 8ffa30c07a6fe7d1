"""Sampler and permutation check in two processes on gloo."""

import os

import pytest
import torch
from tiny_run import CLASSES, TinyColours, log_of, runner
from torch import multiprocessing

from csgresnet_mm.datasets import ClassBalancedSampler
from tests.gloo import in_group

PROCESSES = 2
COUNTS = (9, 3, 1)


def work(rank, folder, checkpoint):
    os.chdir(folder)  # MMEngine's metrics put their parts here
    with in_group(rank, folder, PROCESSES):
        sampler = ClassBalancedSampler(TinyColours(counts=COUNTS))
        run = runner(
            f'{folder}/{rank}',
            test=dict(
                order=('Happiness', 'Sadness', 'Anger'),
                named=CLASSES,
                counts=COUNTS,
            ),
            hooks=[dict(type='ClassPermutationHook')],
            load_from=checkpoint,
        )
        run.test()
        log = log_of(run) if rank == 0 else ''
        torch.save((sampler.seed, list(sampler), log), f'{folder}/{rank}.pth')


@pytest.fixture(scope='module')
def found(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp('processes'))
    trained = runner(f'{folder}/trained', train={})
    trained.train()
    multiprocessing.start_processes(
        work,
        (folder, f'{folder}/trained/epoch_8.pth'),
        nprocs=PROCESSES,
        start_method='fork',
    )
    return [torch.load(f'{folder}/{rank}.pth') for rank in range(PROCESSES)]


def test_each_image_is_counted_once(found):
    # 13 images are dealt out as 7 and 7
    (_, _, log), _ = found
    assert 'the accuracy from 0.00 % to 100.00 % of 13 images' in log
    assert 'agree best with Sadness, Anger, Happiness' in log


def test_processes_agree_on_a_seed_and_share_its_draw(found):
    (seed, even, _), (same, odd, _) = found
    assert seed == same
    drawn = torch.multinomial(
        torch.tensor([1 / 9] * 9 + [1 / 3] * 3 + [1.0]).double(),
        14,
        replacement=True,
        generator=torch.Generator().manual_seed(seed),
    ).tolist()
    assert (even, odd) == (drawn[::2], drawn[1::2])
