"""Evaluate a run, as one page; the options: ``evaluate.py --help``."""

from csgresnet_mm.apis.evaluate.cli import main

if __name__ == '__main__':
    main()
