"""tools/compare.py on two files."""

from __future__ import annotations

import sys

from tests.evaluation.made import make
from tests.tools.conftest import ROOT


def test_two_files_are_compared(run_command, tmp_path):
    made = make(40)
    made.save(tmp_path / 'a.npz')
    output = run_command(
        sys.executable,
        ROOT / 'tools' / 'compare.py',
        tmp_path / 'a.npz',
        tmp_path / 'a.npz',
    )
    accuracy = 100 * made.right.mean()
    assert f'| Accuracy | {accuracy:.2f} [' in output
    assert 'p = 1.' in output
