"""Start one of MMPretrain's analysis tools: ``analyse.py NAME ...``.

``analyse.py --help`` lists them, tools/README.md says what they do.
"""

from csgresnet_mm.program import run

if __name__ == '__main__':
    run('csgresnet_mm.programs.analyse:main')
