"""Write a run's model card; the options: ``model_card.py --help``."""

from csgresnet_mm.apis.model_card.cli import main

if __name__ == '__main__':
    main()
