"""Test a model; the options are those of MMPretrain's tools/test.py.

``--save-predictions FILE.npz`` also keeps what tools/compare.py compares.
"""

from csgresnet_mm.program import run

if __name__ == '__main__':
    run('csgresnet_mm.programs.training.cli:test')
