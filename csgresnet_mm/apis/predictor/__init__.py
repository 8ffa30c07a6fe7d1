"""From a trained network to an answer about a photograph."""

from csgresnet_mm.stack import require_stack

require_stack()

from csgresnet_mm.apis.predictor.alignment import align  # noqa: E402
from csgresnet_mm.apis.predictor.detector import (  # noqa: E402
    CenterFaceDetector,
    Detection,
)
from csgresnet_mm.apis.predictor.draw import annotate  # noqa: E402
from csgresnet_mm.apis.predictor.faces import Face, Frame  # noqa: E402
from csgresnet_mm.apis.predictor.images import ImageError, read_image  # noqa: E402
from csgresnet_mm.apis.predictor.predictor import (  # noqa: E402
    ExpressionPredictor,
    SyntheticWeightsWarning,
)

__all__ = [
    'CenterFaceDetector',
    'Detection',
    'ExpressionPredictor',
    'Face',
    'Frame',
    'ImageError',
    'SyntheticWeightsWarning',
    'align',
    'annotate',
    'read_image',
]
