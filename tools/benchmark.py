"""Measure speed and memory; the options: ``benchmark.py --help``."""

from csgresnet_mm.program import run

if __name__ == '__main__':
    run('csgresnet_mm.programs.benchmark.cli:main', prepared=False)
