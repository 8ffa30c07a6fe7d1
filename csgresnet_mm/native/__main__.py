"""Builds the native kernel ahead of time: python -m csgresnet_mm.native."""

import sys
import time

from csgresnet_mm.native.build import BuildError, build


def main() -> int:
    """Build, and give the exit status."""
    start = time.perf_counter()
    try:
        path = build()
    except BuildError as error:
        print(f'not built: {error}', file=sys.stderr)
        return 1
    print(f'{path} ready after {time.perf_counter() - start:.1f} s')
    return 0


if __name__ == '__main__':
    sys.exit(main())
