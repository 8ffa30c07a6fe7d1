"""Count a model, with MMPretrain's get_flops.py and one option more.

The input is as large as the config's test images, or ``--shape 112 112``. One
multiply-add is one FLOP; backbone and neck are counted, parameters include the
head. ``--execution dense|factorised|native`` chooses the form of the Gabor
convolutions that is counted; dense is the paper's figure.
"""

from csgresnet_mm.program import run

if __name__ == '__main__':
    run('csgresnet_mm.programs.flops:main')
