"""What a training imports before it knows what it is to do."""

import subprocess
import sys

PROGRAM = """
import gc, sys
import csgresnet_mm.programs.training.cli
assert gc.isenabled()
assert gc.get_freeze_count() > 100_000, gc.get_freeze_count()
print(*sorted({'matplotlib', 'mmpretrain', 'scipy'} & sys.modules.keys()))
"""


def test_the_tool_imports_what_every_training_needs_uncollected():
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', PROGRAM],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == 'mmpretrain'
