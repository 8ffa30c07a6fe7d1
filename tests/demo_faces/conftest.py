"""What the tests of the data sets have: the log, and no long collections."""

from tests.datasets.conftest import log, short_collections

__all__ = ['log', 'short_collections']
