"""What a training imports before it knows what it is to do."""

import subprocess
import sys

PROGRAM = """
import atexit, gc, sys
from csgresnet_mm import program
@atexit.register
def tell():
    found = sorted({'matplotlib', 'mmpretrain', 'scipy'} & sys.modules.keys())
    print(gc.isenabled(), gc.get_freeze_count() > 100_000, *found)
sys.argv = ['train.py', '--help']
program.run('csgresnet_mm.programs.training.cli:train')
"""


def test_the_tool_imports_what_every_training_needs_uncollected():
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', PROGRAM],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == 'True True mmpretrain'
