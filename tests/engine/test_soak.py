"""The memory of a long run and its workers stays what it was."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name('soak_run.py')


def soak(folder: Path, *options: str) -> dict:
    done = subprocess.run(
        [sys.executable, SCRIPT, folder, *options],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_a_short_soak_of_one_process(tmp_path):
    options = '--iterations 160 --width 8 --workers 0'.split()
    found = soak(tmp_path, *options)
    assert found['samples'] == 80
    assert found['processes'] == [1]


@pytest.mark.long
def test_two_thousand_iterations(tmp_path):
    found = soak(tmp_path)
    assert found['iterations'] == 2000
    assert max(found['processes']) == 5  # two workers a loader
    assert found['spread'] <= 0.05
