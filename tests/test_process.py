"""The process of a program: what is set, and what the user keeps."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from csgresnet_mm import cpus, process

SET = {*process.WAIT, *process.ALLOCATOR, 'OMP_NUM_THREADS', 'GLIBC_TUNABLES'}

FAULTS = """
import json, os, resource, sys
import numpy as np
from csgresnet_mm import process
if sys.argv[1] == 'prepared':
    process.prepare()
def batch():
    return [np.ones(2**21) for _ in range(8)]
for _ in range(3):
    batch()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    batch()
after = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
print(json.dumps([after - before, process.describe(), dict(os.environ)]))
"""


def start(word: str, **variables: str) -> tuple[int, str, dict[str, str]]:
    """Page faults of five batches, what was set, the environment."""
    of_this = {k: v for k, v in os.environ.items() if k not in SET}
    done = subprocess.run(
        [sys.executable, '-c', FAULTS, word],
        capture_output=True,
        text=True,
        check=True,
        env={**of_this, **variables},
    )
    faults, said, environment = json.loads(done.stdout)
    return faults, said, environment


linux = pytest.mark.skipif(sys.platform != 'linux', reason='of glibc')


@linux
def test_a_program_keeps_its_memory_and_waits_briefly() -> None:
    stock, said, _ = start('library')
    assert said == ''
    kept, said, environment = start('prepared')
    assert kept < stock / 10
    assert said == (
        'set for this process: GOMP_SPINCOUNT=1000, freed memory is kept'
    )
    assert environment['GOMP_SPINCOUNT'] == '1000'


@linux
@pytest.mark.parametrize(
    ('name', 'value'),
    [
        ('MALLOC_TOP_PAD_', '0'),
        ('GLIBC_TUNABLES', 'glibc.malloc.top_pad=0'),
        ('GOMP_SPINCOUNT', '7'),
        ('OMP_WAIT_POLICY', 'active'),
    ],
)
def test_what_the_user_set_stays(name: str, value: str) -> None:
    faults, said, environment = start('prepared', **{name: value})
    assert environment[name] == value
    if 'OMP' in name:
        assert said == 'set for this process: freed memory is kept'
        assert ('GOMP_SPINCOUNT' in environment) == (name == 'GOMP_SPINCOUNT')
    else:
        assert said == 'set for this process: GOMP_SPINCOUNT=1000'
        assert faults > 1000


@linux
def test_threads_of_a_container(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, 'torch', raising=False)
    monkeypatch.setattr(process, 'available_cpus', lambda: 2)
    monkeypatch.setattr(process, 'present_cpus', lambda: 64)
    monkeypatch.setattr(process, '_keep_memory', lambda: False)
    monkeypatch.setenv('OMP_WAIT_POLICY', 'passive')
    monkeypatch.setenv('OMP_NUM_THREADS', '3')
    process.prepare()
    assert process.describe() == ''
    monkeypatch.delenv('OMP_NUM_THREADS')
    process.prepare()
    assert os.environ['OMP_NUM_THREADS'] == '2'
    assert 'OMP_NUM_THREADS=2 (this container' in process.describe()


@pytest.mark.parametrize(
    ('files', 'expected'),
    [
        ({'cpu.max': '150000 100000\n'}, 2),
        ({'cpu.max': '50000 100000\n'}, 1),
        ({'cpu.max': 'max 100000\n'}, None),
        (
            {
                'cpu/cpu.cfs_quota_us': '400000\n',
                'cpu/cpu.cfs_period_us': '100000\n',
            },
            4,
        ),
        (
            {
                'cpu/cpu.cfs_quota_us': '-1\n',
                'cpu/cpu.cfs_period_us': '100000\n',
            },
            None,
        ),
        ({}, None),
    ],
)
def test_share_of_a_container(
    tmp_path: Path, files: dict[str, str], expected: int | None
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert cpus._quota(tmp_path) == expected


def test_no_more_processors_than_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cpus, '_quota', lambda: 10**6)
    assert cpus.available_cpus() == cpus.present_cpus()
    monkeypatch.setattr(cpus, '_quota', lambda: 1)
    assert cpus.available_cpus() == 1
