"""A run that is killed and resumed ends in the bits of an undisturbed one."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import resume_compare
import resume_run
import torch

SCRIPT = Path(__file__).with_name('resume_kills.py')


def run(folder: Path, *options: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, SCRIPT, folder, *options],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout.splitlines()


@pytest.mark.slow
def test_a_sample_of_kills(tmp_path):
    lines = run(tmp_path, '--workers', '2', '--kills', '4')
    assert lines[-3:] == [
        'SIGKILL: 4 of 4 identical',
        'full disk: 1 of 1 identical',
        'SIGTERM: 1 of 1 identical',
    ]


@pytest.mark.long
def test_sixty_kills(tmp_path):
    lines = run(tmp_path, '--seeds', '0', '1', '--workers', '0', '2')
    assert lines[-3:] == [
        'SIGKILL: 60 of 60 identical',
        'full disk: 4 of 4 identical',
        'SIGTERM: 4 of 4 identical',
    ]


TRAIN = Path(__file__).parents[2] / 'tools/train.py'


def command(work_dir: Path, *options: str) -> list[str]:
    sizes = ('num_train=32', 'num_test=16', f'data_root={work_dir.parent}/d')
    return [
        *(sys.executable, '-W', 'ignore', str(TRAIN)),
        str(resume_run.CONFIG),
        f'--work-dir={work_dir}',
        *options,
        '--cfg-options',
        'train_cfg.max_epochs=3',
        *(
            f'{split}_dataloader.dataset.{size}'
            for split in ('train', 'val', 'test')
            for size in sizes
        ),
    ]


@pytest.mark.slow
@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGKILL])
def test_the_tool_goes_on_when_all_its_processes_were_ended(tmp_path, number):
    subprocess.run(command(tmp_path / 'whole'), check=True)
    output = tmp_path / 'output.txt'
    with output.open('w') as stream:
        process = subprocess.Popen(
            command(tmp_path / 'ended'),
            start_new_session=True,  # as a cluster ends a job: workers too
            stdout=stream,
            stderr=stream,
        )
        deadline = time.monotonic() + 120
        while 'Epoch(val) [1]' not in output.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.killpg(process.pid, number)
        status = process.wait(30)
    assert status == (143 if number == signal.SIGTERM else -9)
    assert ('is kept; lost are' in output.read_text()) == (status == 143)
    subprocess.run(command(tmp_path / 'ended', '--resume'), check=True)
    whole, ended = tmp_path / 'whole', tmp_path / 'ended'
    assert resume_compare.differences(whole, ended) == []


def write_result(folder: Path, weight: float, loss: float, **extra) -> Path:
    (folder / 'date/vis_data').mkdir(parents=True)
    torch.save(
        dict(state_dict=dict(w=torch.tensor([weight])), time=weight, **extra),
        folder / 'epoch_1.pth',
    )
    log = folder / 'date/vis_data/scalars.json'
    log.write_text(f'{{"loss": {loss}, "step": 1, "time": {weight}}}\n')
    return folder


def test_the_comparison_sees_a_bit(tmp_path):
    one = write_result(tmp_path / 'one', 0.5, 0.25)
    assert resume_compare.differences(one, one) == []
    weight = write_result(tmp_path / 'weight', 0.5 + 2**-24, 0.25)
    assert 'epoch_1.pth: /state_dict/w' in str(
        resume_compare.differences(one, weight)
    )
    loss = write_result(tmp_path / 'loss', 0.5, 0.2500001)
    assert "log ('train', 1)" in str(resume_compare.differences(one, loss))
    more = write_result(tmp_path / 'more', 0.5, 0.25, optimizer=1)
    assert resume_compare.differences(one, more) == ['epoch_1.pth: /optimizer']
