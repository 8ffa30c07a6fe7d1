"""Compare two runs; the options: ``compare.py --help``."""

from csgresnet_mm.program import run

if __name__ == '__main__':
    run('csgresnet_mm.programs.compare:main')
