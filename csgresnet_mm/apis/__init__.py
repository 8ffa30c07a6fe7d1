"""What the programs in tools/ do.

Importing this package imports nothing else: ``ExpressionPredictor`` is
imported when it is asked for.
"""

from csgresnet_mm.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__, {'predictor': ('ExpressionPredictor',)}
)
