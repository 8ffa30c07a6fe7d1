"""CS-GResNet and facial expression recognition for MMPretrain.

Importing this package imports neither torch nor MMEngine. Models, data sets
and metrics are registered at once where MMEngine is imported already, as it
is under ``custom_imports = dict(imports=['csgresnet_mm'])``, and else when
MMPretrain is. ``csgresnet_mm.functional`` and ``csgresnet_mm.layers`` work on
torch alone. What is named in ``__all__`` is imported when it is asked for.
"""

import sys

from csgresnet_mm.lazy import lazy_names
from csgresnet_mm.registration import register_when_possible

__version__ = '0.2.0'

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        'apis.predictor': ('ExpressionPredictor',),
        'layers': ('ChannelShift', 'GConv', 'insert_channel_shift'),
        'models': ('CSResNet', 'GResNet', 'OrientationMaxPooling'),
        'apis': (),
        'datasets': (),
        'engine': (),
        'evaluation': (),
        'functional': (),
        'native': (),
        'visualization': (),
    },
)

register_when_possible(sys.modules)
