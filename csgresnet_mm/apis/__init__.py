"""The library: predict, read and write model files, configs and runs.

Importing this package imports neither torch nor a stack:
``ExpressionPredictor`` is imported when it is asked for. What the programs in
tools/ do lies in ``csgresnet_mm.programs``.
"""

from csgresnet_mm.lazy import lazy_names
from csgresnet_mm.weights import list_weights as list_weights

__getattr__, __dir__, __all__ = lazy_names(
    __name__, {'predictor': ('ExpressionPredictor',)}
)
__all__ += ['list_weights']
