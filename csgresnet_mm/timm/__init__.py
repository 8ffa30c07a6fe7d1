"""The networks in timm: ``import csgresnet_mm.timm`` registers them.

It needs torch and timm (the extra ``timm``), not MMPretrain::

    import timm
    import csgresnet_mm.timm

    timm.list_models('*gresnet*')
    timm.create_model('csgresnet18', num_classes=7)

Outputs are those of the networks in MMPretrain, and :mod:`.keys` carries
weights over in both directions.
"""

from csgresnet_mm.stack import require_packages

require_packages('timm', 'torch', 'timm')

from csgresnet_mm.timm.gresnet import (  # noqa: E402
    GResNet,
    csgresnet18,
    csgresnet18_half,
    csgresnet34,
    gresnet18,
    gresnet34,
)
from csgresnet_mm.timm.keys import from_mmpretrain, to_mmpretrain  # noqa: E402

__all__ = [
    'GResNet',
    'csgresnet18',
    'csgresnet18_half',
    'csgresnet34',
    'from_mmpretrain',
    'gresnet18',
    'gresnet34',
    'to_mmpretrain',
]
