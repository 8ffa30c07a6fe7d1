"""Runs are started, finished, begun again, and reported when they fail."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock, Timeout
from rich.console import Console

from csgresnet_mm.evaluation import Predictions
from csgresnet_mm.paper import planned
from csgresnet_mm.paper.cli import describe_missing, main
from csgresnet_mm.paper.configs import hash_config, make_config
from csgresnet_mm.paper.execute import Executor
from csgresnet_mm.paper.launch import (
    FolderInUseError,
    Launch,
    sole_user,
)
from csgresnet_mm.paper.plan import Run, Sizes, plan
from tests.paper.tiny_plan import tiny_sizes

ROOT = Path(__file__).parents[2]
RUNS = ('csgresnet18_demo_test_seed0', 'csgresnet18_demo_honest_seed0')


@pytest.fixture(scope='session')
def faces(tmp_path_factory):
    return tmp_path_factory.mktemp('demo') / 'faces'


def start(work, faces, *launcher):
    return subprocess.Popen(
        [
            sys.executable,
            '-m',
            'tests.paper.tiny_plan',
            *map(str, (work, faces, *launcher)),
        ],
        cwd=ROOT,
        env={**os.environ, 'OMP_NUM_THREADS': '1'},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process):
    output, _ = process.communicate(timeout=600)
    assert process.returncode == 0, output[-4000:]
    return output


@pytest.fixture(scope='session')
def undisturbed(tmp_path_factory, faces):
    work = tmp_path_factory.mktemp('undisturbed')
    finish(start(work, faces))
    return work


def wait_for(path, process, seconds=300):
    end = time.monotonic() + seconds
    while not path.exists():
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < end, path
        time.sleep(0.02)


def test_a_run_leaves_what_the_report_needs(undisturbed):
    for name in RUNS:
        folder = undisturbed / 'runs' / name
        facts = json.loads((folder / 'run.json').read_text())
        protocol = facts['protocol']
        assert facts['run'] == name
        assert facts['parameters'] == 2_804_679
        assert facts['release'].startswith('generated')
        assert str(undisturbed) not in facts['variant']
        curve = json.loads((folder / 'curve.json').read_text())
        assert [entry['epoch'] for entry in curve] == [1, 2]
        split = 'val' if protocol == 'honest' else 'test'
        assert {entry['split'] for entry in curve} == {split}
        kept = ['honest'] if protocol == 'honest' else ['best', 'last']
        found = sorted(path.stem for path in folder.glob('*.npz'))
        assert found == kept
        for kind in kept:
            assert len(Predictions.load(folder / f'{kind}.npz')) == 14
        last = 100 * Predictions.load(folder / f'{kept[-1]}.npz').right.mean()
        if protocol == 'test':
            assert last == pytest.approx(curve[-1]['top1'])


def test_the_same_command_trains_nothing_again(undisturbed, faces):
    before = {
        name: (undisturbed / 'runs' / name / 'run.json').stat().st_mtime_ns
        for name in RUNS
    }
    finish(start(undisturbed, faces))
    for name, time_ns in before.items():
        path = undisturbed / 'runs' / name / 'run.json'
        assert path.stat().st_mtime_ns == time_ns


def contents(work):
    """What must not differ: the report without times, the predictions."""
    files = {
        path.name: path.read_bytes()
        for path in (work / 'report').iterdir()
        if 'timing' not in path.name
    }
    for path in (work / 'runs').glob('*/*.npz'):
        files[f'{path.parent.name}/{path.name}'] = path.read_bytes()
    return files


@pytest.mark.slow
@pytest.mark.parametrize('moment', ['work', 'curve.json'])
def test_kill_9_and_again_gives_the_same_bytes(
    undisturbed, faces, tmp_path, moment
):
    process = start(tmp_path, faces)
    # in the first run, or in the second one after its first epoch
    name = RUNS[0] if moment == 'work' else RUNS[1]
    wait_for(tmp_path / 'runs' / name / moment, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (tmp_path / 'runs' / name / 'run.json').exists()
    finish(start(tmp_path, faces))
    expected, found = contents(undisturbed), contents(tmp_path)
    assert found.keys() == expected.keys()
    assert [k for k in expected if found[k] != expected[k]] == []


def test_children_end_with_a_killed_parent(faces, tmp_path):
    process = start(tmp_path, faces)
    wait_for(tmp_path / 'runs' / RUNS[0] / 'work', process)
    # the run's process holds this lock until it ends
    lock = FileLock(tmp_path / 'runs' / f'.{RUNS[0]}.lock')
    with pytest.raises(Timeout):
        lock.acquire(timeout=0)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with lock.acquire(timeout=60):
        pass


@pytest.mark.slow
def test_two_gloo_processes_train_a_run(faces, tmp_path):
    finish(start(tmp_path, faces, 'pytorch'))
    for name in RUNS:
        folder = tmp_path / 'runs' / name
        assert 'GPU number: 2' in (folder / 'log.txt').read_text()
        (kept, *_) = folder.glob('*.npz')
        assert len(Predictions.load(kept)) == 14
    config = (tmp_path / 'runs' / RUNS[0] / 'config.py').read_text()
    assert 'batch_size=8,' in config  # 16 in both


def test_commands():
    path = Path('run/config.py')
    assert Launch().command(path)[1:4] == [
        '-m', 'csgresnet_mm.paper.train_one', 'run/config.py',
    ]  # fmt: skip
    torchrun = Launch(launcher='pytorch', gpus=4).command(path)
    assert torchrun[2] == 'torch.distributed.run'
    assert '--nproc-per-node=4' in torchrun
    slurm = Launch(launcher='slurm', gpus=4).command(path)
    assert slurm[:4] == [
        'srun', '--ntasks=4', '--ntasks-per-node=4', '--gres=gpu:4',
    ]  # fmt: skip
    assert slurm[-3:] == ['--launcher', 'slurm', '--watch-parent']
    assert Launch(threads=3).environment()['OMP_NUM_THREADS'] == '3'


def test_gpus_must_divide_the_batch(faces, tmp_path):
    run = plan(['fig1'], tiny_sizes(faces))[0]
    with pytest.raises(ValueError, match='--gpus 3 .* batch of 16'):
        make_config(run, tmp_path, tiny_sizes(faces), 3)


def test_a_folder_has_one_user(tmp_path):
    with (
        sole_user(tmp_path),
        pytest.raises(FolderInUseError, match='another reproduce.py'),
        sole_user(tmp_path),
    ):
        pass
    with sole_user(tmp_path):
        pass


def test_hash_covers_what_is_computed_not_where(faces, tmp_path):
    run = plan(['fig1'], tiny_sizes(faces))[0]

    def hashed(folder, **changes):
        sizes = tiny_sizes(**{'faces': faces, **changes})
        return hash_config(make_config(run, tmp_path / folder, sizes))

    assert hashed('a') == hashed('b')
    assert hashed('a') == hashed('a', faces=str(tmp_path / 'elsewhere'))
    assert hashed('a') != hashed('a', epochs=3)


class Fake(Executor):
    """Runs a short program instead of a training."""

    def __init__(self, work, sizes, code, jobs=1):
        class Quick(Launch):
            def command(self, config):
                return [sys.executable, '-c', code, str(config.parent)]

        super().__init__(work, sizes, Quick(jobs), Console(quiet=True))
        self.started = []

    def _spawn(self, run):
        self.started.append(run)
        return super()._spawn(run)


WRITES = """
import json, pathlib, sys, hashlib
folder = pathlib.Path(sys.argv[1])
if '{fails}' in folder.name: sys.exit(3)
folder.joinpath('run.json').write_text(json.dumps({{'config_sha256': '0'}}))
"""


@pytest.fixture
def datasets(tmp_path, monkeypatch):
    for name in ('AFFECTNET', 'RAFDB', 'FER2013'):
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.setenv(f'{name}_ROOT', str(folder))
    monkeypatch.setenv('SFEW_ROOT', str(tmp_path / 'nowhere'))


def test_missing_data_are_named_and_the_rest_runs(datasets, tmp_path):
    sizes = Sizes(1)
    runs = plan(['table3', 'table5'], sizes)
    executor = Fake(
        tmp_path / 'work', sizes, WRITES.format(fails='no such run')
    )
    outcome = executor.execute(runs)
    assert {run.data for run in outcome.done} == {'affectnet', 'rafdb'}
    (line,) = describe_missing(['table3', 'table5'], sizes, outcome)
    assert 'SFEW_ROOT' in line and line.endswith('2 trainings of table5')
    assert not outcome.complete


def test_a_missing_pre_training_names_what_it_blocks(
    datasets, tmp_path, monkeypatch
):
    monkeypatch.setenv('AFFECTNET_ROOT', str(tmp_path / 'nowhere'))
    sizes = Sizes(1)
    executor = Fake(tmp_path / 'work', sizes, WRITES.format(fails='none'))
    outcome = executor.execute(plan(['table1', 'table3'], sizes))
    (line,) = describe_missing(['table1', 'table3'], sizes, outcome)
    assert line.endswith('blocks 3 trainings of table3')
    assert executor.started == []


def test_a_failed_pre_training_blocks_what_needs_it(datasets, tmp_path):
    sizes = Sizes(1)
    runs = plan(['table3', 'fig3'], sizes)
    code = WRITES.format(fails='gresnet18_affectnet_test')
    executor = Fake(tmp_path / 'work', sizes, code, jobs=2)
    outcome = executor.execute(runs)
    (failed,) = outcome.failed
    assert failed == Run('gresnet18', 'affectnet', 'test', 0)
    assert outcome.failed[failed].is_file()
    needed = {run for run in runs if run.needs == failed}
    assert needed and needed <= outcome.blocked.keys()
    done = {run.network for run in outcome.done}
    assert done == {'resnet18', 'resnet34', 'gresnet34'}
    order = executor.started
    for run in outcome.done:
        if run.needs is not None:
            assert order.index(run.needs) < order.index(run)
    lines = describe_missing(['table3', 'fig3'], sizes, outcome)
    assert any('log.txt' in line for line in lines)


def test_another_config_is_said_and_trained_again(faces, tmp_path):
    sizes = tiny_sizes(faces)
    (run,) = plan(['fig1'], sizes)
    folder = tmp_path / 'runs' / run.id
    folder.mkdir(parents=True)
    (folder / 'run.json').write_text('{"config_sha256": "old"}')
    executor = Fake(tmp_path, sizes, WRITES.format(fails='no such run'))
    executor.console = Console(record=True, file=open(os.devnull, 'w'))
    with executor.console.file:
        outcome = executor.execute([run])
        said = executor.console.export_text()
    assert executor.started == outcome.done == [run]
    assert 'its config is another one' in said


def test_E8_a_plan_has_groups_and_hours(capsys, monkeypatch):
    monkeypatch.setattr(planned, 'images_a_second', lambda side: 10.0)
    assert main(['table3', '--plan', '--seeds', '2']) == 0
    lines = capsys.readouterr().out.splitlines()
    # 283,901 images in 150 epochs at 10 a second; twice 12,271 of RAF-DB
    assert lines[:3] == [
        'affectnet, protocol test: 1 trainings (1 networks, 1 seeds), '
        '1,182.9 h',
        'rafdb, protocol test: 2 trainings (1 networks, 2 seeds), 102.3 h',
        'rafdb, protocol val-selected: 2 trainings (1 networks, 2 seeds), '
        '102.3 h',
    ]
    assert lines[3].startswith('5 trainings of 150 epochs, about 1,387.4 h')
    assert len(lines) == 4
    assert main(['table1', '--plan']) == 0
    assert '0 trainings' in capsys.readouterr().out


def test_E8_the_tables_are_printed(capsys, tmp_path):
    assert main(['table1', '--work-dir', str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert (tmp_path / 'report' / 'table1.md').read_text() in printed
    assert 'timing.md' not in (tmp_path / 'report' / 'report.md').read_text()


@pytest.mark.parametrize(
    'options', [['--seeds', '0'], ['--jobs', '0'], ['--gpus', '2']]
)
def test_bad_options(options, capsys):
    with pytest.raises(SystemExit):
        main(['table1', *options])
    assert options[0] in capsys.readouterr().err
