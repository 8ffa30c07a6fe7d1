"""Write a run's model card; the options: ``model_card.py --help``."""

from csgresnet_mm.program import run

if __name__ == '__main__':
    run('csgresnet_mm.programs.model_card.cli:main')
