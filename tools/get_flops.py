"""Count a model, with MMPretrain's get_flops.py and one option more.

Give the input size: ``get_flops.py CONFIG --shape 112 112``. One multiply-add
is one FLOP; backbone and neck are counted, parameters include the head.
``--execution dense|factorised|native`` chooses the form of the Gabor
convolutions that is counted; dense is the paper's figure.
"""

import argparse
import sys

from csgresnet_mm.apis.flops import run_get_flops

if __name__ == '__main__':
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument(
        '--execution',
        choices=('dense', 'factorised', 'native'),
        default='dense',
    )
    options, sys.argv[1:] = parser.parse_known_args()
    run_get_flops(options.execution)
