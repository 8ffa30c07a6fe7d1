"""A job that loses a process ends, and goes on as if it had not."""

import subprocess
import sys
from pathlib import Path

import process_kills
import pytest

SCRIPT = Path(process_kills.__file__)


def test_the_job_ends_when_a_process_dies_exchanging_gradients(tmp_path):
    job = process_kills.Job(tmp_path, workers=0)
    seconds, found = job.disturb(process_kills.FAULTS[0])
    assert found == []
    assert seconds < process_kills.LIMIT


def kill_and_resume(folder: Path, *options: str) -> int:
    """How many jobs ended in the bits of the undisturbed one."""
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', SCRIPT, folder, *options],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout.count('identical')


@pytest.mark.slow
def test_a_resumed_job_ends_in_the_same_bits(tmp_path):
    assert kill_and_resume(tmp_path, '--workers', '2', '--kills', '1') == 1


@pytest.mark.long
def test_resumed_jobs_end_in_the_same_bits(tmp_path):
    found = kill_and_resume(tmp_path, '--workers', '0', '2')
    assert found == 2 * len(process_kills.FAULTS)
