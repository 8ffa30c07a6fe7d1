"""Bring a checkpoint into another form; options: ``convert.py --help``."""

from csgresnet_mm.apis.convert.cli import main

if __name__ == '__main__':
    main()
