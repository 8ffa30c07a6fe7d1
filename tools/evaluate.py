"""Evaluate a run, as one page; the options: ``evaluate.py --help``."""

from csgresnet_mm.program import run

if __name__ == '__main__':
    run('csgresnet_mm.programs.evaluate.cli:main')
