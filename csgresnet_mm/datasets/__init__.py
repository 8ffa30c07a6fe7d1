"""Facial expression data sets in MMPretrain's registry."""

from csgresnet_mm.stack import require_stack

require_stack()

from csgresnet_mm.datasets.base import FERDataset  # noqa: E402
from csgresnet_mm.datasets.demo import DemoFaces  # noqa: E402
from csgresnet_mm.datasets.errors import (  # noqa: E402
    DatasetError,
    UnreadableImageError,
)
from csgresnet_mm.datasets.loading import LoadFace  # noqa: E402
from csgresnet_mm.datasets.rafdb import RAFDB  # noqa: E402

__all__ = [
    'RAFDB',
    'DatasetError',
    'DemoFaces',
    'FERDataset',
    'LoadFace',
    'UnreadableImageError',
]
