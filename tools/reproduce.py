"""The paper's tables and figures; the options: ``reproduce.py --help``."""

from csgresnet_mm.program import run

if __name__ == '__main__':
    run('csgresnet_mm.paper.cli:main')
