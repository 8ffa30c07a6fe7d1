"""Bring a checkpoint into another form; options: ``convert.py --help``."""

from csgresnet_mm.program import run

if __name__ == '__main__':
    run('csgresnet_mm.programs.convert.cli:main')
