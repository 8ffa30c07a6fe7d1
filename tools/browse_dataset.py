"""Draw augmented samples of a config's data set, as a PNG.

``browse_dataset.py --help`` lists the options.
"""

from csgresnet_mm.program import run

if __name__ == '__main__':
    run('csgresnet_mm.programs.browse:main')
