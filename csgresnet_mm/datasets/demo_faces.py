"""The old name of :mod:`csgresnet_mm.demo_faces`, for commands and imports."""

from csgresnet_mm.demo_faces import *  # noqa: F403
from csgresnet_mm.demo_faces.__main__ import main

if __name__ == '__main__':
    main()
