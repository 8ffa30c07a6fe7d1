"""An app in the browser: a photo in, expressions out.

``app.py --help`` lists the options.
"""

from csgresnet_mm.program import run

if __name__ == '__main__':
    run('csgresnet_mm.programs.app.cli:main')
