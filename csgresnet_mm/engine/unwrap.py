"""The model inside what wraps it: one owner for every hook and program."""

from mmengine.model import (
    BaseAveragedModel,
    BaseTTAModel,
    is_model_wrapper,
)
from torch import nn


def unwrap(model: nn.Module) -> nn.Module:
    """Give the model itself, however deep it is wrapped.

    Args:
        model: The model; or in DistributedDataParallel or another wrapper of
            MMEngine's registry, in a model of test-time augmentation, in
            averaged weights, compiled by torch.compile; or in several.

    Returns:
        The innermost of these.

    Example:
        >>> from mmengine.model import ExponentialMovingAverage
        >>> inner = nn.Linear(2, 2)
        >>> type(unwrap(ExponentialMovingAverage(inner))).__name__
        'Linear'
    """
    while True:
        if is_model_wrapper(model) or isinstance(
            model, (BaseTTAModel, BaseAveragedModel)
        ):
            model = model.module
        elif hasattr(model, '_orig_mod'):  # torch.compile's OptimizedModule
            model = model._orig_mod
        else:
            return model
