"""From a trained network to an answer about a photograph.

Importing this package imports neither torch nor a stack: the network that
ships needs numpy, OpenCV and ONNX Runtime (extra ``predict``).
"""

from csgresnet_mm.lazy import lazy_names
from csgresnet_mm.stack import require_packages

require_packages('predict', 'cv2', 'PIL', 'safetensors')

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        'alignment': ('align',),
        'detector': ('CenterFaceDetector', 'Detection'),
        'draw': ('annotate',),
        'faces': ('Face', 'Frame'),
        'images': ('ImageError', 'read_image'),
        'predictor': ('ExpressionPredictor', 'SyntheticWeightsWarning'),
    },
)
