"""The contract that every data set keeps, whatever reads it.

A data set's test says how to write it, and what can be wrong with it::

    class TestJAFFE(DatasetContract):
        kind = JAFFE
        classes = ('Angry', ...)
        layouts = {n: Layout(WRITERS[n], 'official') for n in WRITERS}
        bad = {'no name': Bad(image('face.png'), 'the name does not say')}

and gets a test for every layout and split, for everything that can be wrong
in every layout, and for what is kept, skipped, split off and pickled. Public
classes only: no module behind them is imported here.
"""

from .declare import Bad, Edit, Found, Layout
from .suite import DatasetContract

__all__ = ['Bad', 'DatasetContract', 'Edit', 'Found', 'Layout']
