"""A plan of two short trainings, as a program that can be killed.

``python -m tests.paper.tiny_plan WORK FACES [LAUNCHER]``
"""

import sys
from pathlib import Path

from csgresnet_mm.paper.cli import reproduce
from csgresnet_mm.paper.launch import Launch
from csgresnet_mm.paper.plan import Sizes

ITEMS = ('table1', 'table3', 'fig1')


def tiny_sizes(faces, **changes):
    return Sizes(
        **{
            'seeds': 1,
            'demo': True,
            'pretrain': False,
            'ablation_seeds': 1,
            'divisors': (16,),
            'epochs': 2,
            'num_train': 28,
            'num_test': 14,
            'faces': str(faces),
            **changes,
        }
    )


if __name__ == '__main__':
    work, faces, *launcher = sys.argv[1:]
    launch = Launch(1, launcher[0], 2, 1) if launcher else Launch(threads=1)
    sys.exit(reproduce(ITEMS, tiny_sizes(faces), launch, Path(work)))
