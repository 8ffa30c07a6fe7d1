"""Measure speed and memory; the options: ``benchmark.py --help``."""

from csgresnet_mm.apis.benchmark.cli import main

if __name__ == '__main__':
    main()
