"""SIGTERM: what is lost is logged, and the exit status is 143."""

import ast
import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path

import psutil
import pytest
import torch
from mmengine.hooks import Hook
from tiny_run import runner

HOOKS = [dict(type='PreemptionHook')]


class TermHook(Hook):
    priority = 'HIGHEST'

    def __init__(self, iteration):
        self.iteration = iteration

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter == self.iteration:
            children = [c.pid for c in multiprocessing.active_children()]
            (Path(runner.work_dir) / 'children').write_text(str(children))
            os.kill(os.getpid(), signal.SIGTERM)


def work(work_dir, iteration, interval=1, **options):
    run = runner(
        work_dir,
        train={},
        epochs=3,
        hooks=HOOKS,
        **{'default_hooks.checkpoint.type': 'CheckpointHook', **options},
        **{'default_hooks.checkpoint.interval': interval},
    )
    run.register_hook(TermHook(iteration))
    run.train()


def in_child(*arguments, **options):
    child = os.fork()
    if child == 0:
        # OpenMP's threads did not come along, and are not to be waited for.
        torch.set_num_threads(1)
        try:
            work(*arguments, **options)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def log(work_dir):
    return max(work_dir.glob('*/*.log')).read_text()


@pytest.mark.parametrize(
    ('iteration', 'kept', 'lost'),
    [
        (2, 'no checkpoint was saved yet', 2),
        (3, 'epoch_1.pth is kept', 0),
        (8, 'epoch_2.pth is kept', 2),
    ],
)
def test_what_is_lost_is_reported(tmp_path, iteration, kept, lost):
    assert in_child(tmp_path, iteration) == 143
    expected = f'{kept}; lost are {lost} iterations, and a validation'
    assert expected in log(tmp_path)
    assert f'{iteration // 3} epochs and {iteration} iter' in log(tmp_path)


@pytest.mark.parametrize(
    ('iteration', 'kept', 'lost'),
    [
        (3, 'no checkpoint was saved yet', 3),
        (4, 'iter_4.pth is kept', 0),
        (7, 'iter_4.pth is kept', 3),
        (8, 'iter_8.pth is kept', 0),
    ],
)
def test_T10_a_loop_that_counts_iterations(tmp_path, iteration, kept, lost):
    options = {
        'train_cfg': dict(_delete_=True, by_epoch=False, max_iters=12),
        'train_dataloader.sampler.type': 'InfiniteSampler',
        'default_hooks.checkpoint.by_epoch': False,
    }
    assert in_child(tmp_path, iteration, interval=4, **options) == 143
    expected = f'{kept}; lost are {lost} iterations, and a validation'
    assert expected in log(tmp_path)
    assert f'SIGTERM after {iteration} iterations: ' in log(tmp_path)


def test_T10_iterations_may_be_counted_by_the_checkpoints_alone(tmp_path):
    options = {'default_hooks.checkpoint.by_epoch': False}
    assert in_child(tmp_path, 5, interval=4, **options) == 143
    assert 'iter_4.pth is kept; lost are 1 iter' in log(tmp_path)
    assert 'SIGTERM after 1 epochs and 5 iterations' in log(tmp_path)


def test_a_resumed_run_keeps_what_it_started_from(tmp_path):
    assert in_child(tmp_path / 'first', 4) == 143
    path = str(tmp_path / 'first/epoch_1.pth')
    options = dict(resume=True, load_from=path)
    assert in_child(tmp_path / 'second', 5, **options) == 143
    assert f'{path} is kept; lost are 2 iter' in log(tmp_path / 'second')


def is_alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_no_loader_worker_outlives_it(tmp_path):
    """The signal may reach the process alone, and not its group."""
    options = {
        'train_dataloader.num_workers': 2,
        'train_dataloader.persistent_workers': True,
    }
    assert in_child(tmp_path, 4, **options) == 143
    workers = ast.literal_eval((tmp_path / 'children').read_text())
    assert len(workers) == 2
    # they look every five seconds whether their parent is there
    end = time.monotonic() + 2
    while any(map(is_alive, workers)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(map(is_alive, workers))


def test_the_handler_is_given_back(tmp_path):
    called = []
    before = signal.signal(signal.SIGTERM, lambda *_: called.append(1))
    try:
        work(tmp_path, -1)
        os.kill(os.getpid(), signal.SIGTERM)
        assert called == [1]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_other_threads_train_without_it(tmp_path):
    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=work, args=(tmp_path, -1))
    thread.start()
    thread.join()
    assert (tmp_path / 'epoch_3.pth').is_file()
    assert signal.getsignal(signal.SIGTERM) is before
