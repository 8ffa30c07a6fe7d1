"""Runs of the tools in processes of their own, on a few demo faces."""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from csgresnet_mm import program

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope='session')
def run_command(tmp_path_factory):
    """Run a command and give its output; a failure shows it."""

    def run(*command, cwd=None, expect=0, **environment):
        result = subprocess.run(
            [str(part) for part in command],
            cwd=cwd or tmp_path_factory.mktemp('cwd'),
            env={**os.environ, 'OMP_NUM_THREADS': '1', **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
        )
        assert result.returncode == expect, result.stdout[-6000:]
        return result.stdout

    return run


@pytest.fixture(scope='session')
def demo_options(tmp_path_factory):
    """Options that make the demo config small, and where its faces lie."""
    root = tmp_path_factory.mktemp('demo') / 'faces'
    options = [f'data_root={root}']
    for loader in ('train', 'val', 'test'):
        options += [
            f'{loader}_dataloader.dataset.data_root={root}',
            f'{loader}_dataloader.dataset.num_train=28',
            f'{loader}_dataloader.dataset.num_test=14',
            f'{loader}_dataloader.batch_size=14',
            f'{loader}_dataloader.num_workers=0',
            f'{loader}_dataloader.persistent_workers=False',
        ]
    return options


@pytest.fixture(scope='session')
def train(run_command, demo_options):
    """Run tools/train.py on the small demo; give the output."""

    def run(
        work_dir, *arguments, epochs=1, launch=(), configured=(), **kwargs
    ):
        return run_command(
            sys.executable,
            *launch,
            ROOT / 'tools' / 'train.py',
            ROOT / 'configs' / 'csgresnet18_demo.py',
            '--work-dir',
            work_dir,
            *arguments,
            '--cfg-options',
            *demo_options,
            f'train_cfg.max_epochs={epochs}',
            'default_hooks.logger.interval=1',
            *configured,
            **kwargs,
        )

    return run


@pytest.fixture(scope='session')
def trained(train, tmp_path_factory):
    """A run of one epoch: its folder and its output."""
    work_dir = tmp_path_factory.mktemp('trained')
    return work_dir, train(work_dir)


@pytest.fixture
def tell(tmp_path, monkeypatch):
    """Run a tool as its script does, in a fork: importing takes seconds."""

    def call(entry, *arguments, hidden=(), **environment):
        said = tmp_path / 'said.txt'
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')  # forking beside threads
            child = os.fork()
        if child:
            return os.waitstatus_to_exitcode(
                os.waitpid(child, 0)[1]
            ), said.read_text()
        code = 99
        try:
            with open(said, 'w') as file:
                os.dup2(file.fileno(), 1)
                os.dup2(file.fileno(), 2)
            sys.stdout = open(1, 'w', closefd=False)
            sys.stderr = open(2, 'w', closefd=False)
            warnings.resetwarnings()
            warnings.simplefilter('default')
            os.chdir(tmp_path)
            os.environ.update(environment)
            for name in hidden:  # as if it were not installed
                sys.modules[name] = None
            if hidden:  # also where another test imported what needs it
                for name in list(sys.modules):
                    if name.startswith('csgresnet_mm.programs.audit'):
                        del sys.modules[name]
            sys.argv = [entry, *map(str, arguments)]
            program.run(entry)
        except SystemExit as end:
            code = end.code or 0
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    return call
