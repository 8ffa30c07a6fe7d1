"""Facial expression data sets and their sampler in MMPretrain's registries."""

from csgresnet_mm.stack import require_stack

require_stack()

from csgresnet_mm.datasets.affectnet import AffectNet  # noqa: E402
from csgresnet_mm.datasets.base import FERDataset  # noqa: E402
from csgresnet_mm.datasets.ckplus import CKPlus  # noqa: E402
from csgresnet_mm.datasets.concat import ConcatDataset  # noqa: E402
from csgresnet_mm.datasets.demo import DemoFaces  # noqa: E402
from csgresnet_mm.datasets.errors import (  # noqa: E402
    DatasetError,
    UnreadableImageError,
)
from csgresnet_mm.datasets.expw import ExpW  # noqa: E402
from csgresnet_mm.datasets.fer2013 import FER2013  # noqa: E402
from csgresnet_mm.datasets.ferplus import FERPlus  # noqa: E402
from csgresnet_mm.datasets.jaffe import JAFFE  # noqa: E402
from csgresnet_mm.datasets.kdef import KDEF  # noqa: E402
from csgresnet_mm.datasets.loading import LoadFace  # noqa: E402
from csgresnet_mm.datasets.loading.corner_crop import CornerCrop  # noqa: E402
from csgresnet_mm.datasets.own_folders import OwnFolders  # noqa: E402
from csgresnet_mm.datasets.rafdb import RAFDB, RAFDBCompound  # noqa: E402
from csgresnet_mm.datasets.retrieval_queries import (  # noqa: E402
    RetrievalQueries,
)
from csgresnet_mm.datasets.samplers import ClassBalancedSampler  # noqa: E402
from csgresnet_mm.datasets.sfew import SFEW  # noqa: E402

__all__ = [
    'AffectNet',
    'CKPlus',
    'ClassBalancedSampler',
    'ConcatDataset',
    'CornerCrop',
    'DatasetError',
    'DemoFaces',
    'ExpW',
    'FER2013',
    'FERDataset',
    'FERPlus',
    'JAFFE',
    'KDEF',
    'LoadFace',
    'OwnFolders',
    'RAFDB',
    'RAFDBCompound',
    'RetrievalQueries',
    'SFEW',
    'UnreadableImageError',
]
