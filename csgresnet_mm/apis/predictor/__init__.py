"""From a trained network to an answer about a photograph."""

from csgresnet_mm.apis.predictor.alignment import align
from csgresnet_mm.apis.predictor.detector import (
    CenterFaceDetector,
    Detection,
)
from csgresnet_mm.apis.predictor.draw import annotate
from csgresnet_mm.apis.predictor.faces import Face, Frame
from csgresnet_mm.apis.predictor.images import ImageError, read_image
from csgresnet_mm.apis.predictor.predictor import (
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
