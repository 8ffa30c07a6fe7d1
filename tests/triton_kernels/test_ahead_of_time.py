"""The kernels are compiled for cards that are not here.

The interpreter takes more than the compiler does. Triton needs no card to
compile, ``ptxas`` comes with it.
"""

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.triton

CASES = [  # capability, dtype of the features, precision, matrix instruction
    (80, 'fp16', 'ieee', 'mma.sync'),
    (80, 'bf16', 'ieee', 'mma.sync'),
    (80, 'fp32', 'tf32', 'mma.sync'),
    (90, 'fp16', 'ieee', 'mma.'),
    (90, 'fp32', 'ieee', 'fma.rn.f32'),
]


def test_compiles_for_cards_that_are_not_here(tmp_path) -> None:
    environment = {**os.environ, 'TRITON_CACHE_DIR': str(tmp_path / 'cache')}
    environment.pop('TRITON_INTERPRET', None)
    file = tmp_path / 'compiled.json'
    module = 'tests.triton_kernels.compile_kernels'
    done = subprocess.run(
        [sys.executable, '-m', module, str(file)],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    for case, found in zip(CASES, json.loads(file.read_text()), strict=True):
        assert set(found) == {
            'forward_kernel',
            'input_kernel',
            'weight_kernel',
        }
        for name, (size, count) in found.items():
            assert size > 0, (case, name)
            assert count > 0, (case, name)
