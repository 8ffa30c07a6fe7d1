"""Compare two runs; the options: ``compare.py --help``."""

from csgresnet_mm.apis.compare import main

if __name__ == '__main__':
    main()
