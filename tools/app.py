"""A page on this computer: a photo in, expressions out.

``app.py --help`` tells the options.
"""

from csgresnet_mm.program import run

if __name__ == '__main__':
    run('csgresnet_mm.programs.app.cli:main')
