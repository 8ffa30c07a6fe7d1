"""Check the data of a config; the options: ``check_dataset.py --help``."""

import sys

from csgresnet_mm.apis.audit.cli import main

if __name__ == '__main__':
    sys.exit(main())
