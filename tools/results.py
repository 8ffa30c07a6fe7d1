"""Write the page of results; the options: ``results.py --help``."""

from csgresnet_mm.program import run

if __name__ == '__main__':
    run('csgresnet_mm.programs.results.cli:main')
