"""Check the data of a config; the options: ``check_dataset.py --help``."""

from csgresnet_mm.program import run

if __name__ == '__main__':
    run('csgresnet_mm.programs.audit.cli:main')
