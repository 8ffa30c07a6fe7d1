"""The paper's tables and figures; the options: ``reproduce.py --help``."""

import sys

from csgresnet_mm.apis.reproduce.cli import main

if __name__ == '__main__':
    sys.exit(main())
