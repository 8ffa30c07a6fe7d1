"""Registration of models."""

from typing import TypeVar

from mmengine.registry import MODELS as ROOT_MODELS
from mmpretrain.registry import MODELS
from torch import nn

_Module = TypeVar('_Module', bound=type[nn.Module])


def register_model(cls: _Module) -> _Module:
    """Register a class in MMPretrain's and in MMEngine's root registry.

    The first serves ``type='mmpretrain.GResNet'`` and ``get_model``, the
    second every other scope, for example mmseg's and mmdet's.

    Args:
        cls: The class.

    Returns:
        The class.
    """
    ROOT_MODELS.register_module(module=cls)
    MODELS.register_module(module=cls)
    return cls
