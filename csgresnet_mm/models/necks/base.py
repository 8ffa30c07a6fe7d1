"""What the necks share."""

from collections.abc import Callable

from torch import Tensor

Features = Tensor | tuple[Tensor, ...]


def apply_to_features(
    function: Callable[[Tensor], Tensor], features: Features
) -> Features:
    """Apply a function to one feature map, or to each of a tuple.

    Args:
        function: Takes and gives a tensor.
        features: A tensor or a tuple of tensors.

    Returns:
        What it was given: a tensor or a tuple.

    Raises:
        TypeError: If ``features`` is neither.
    """
    if isinstance(features, Tensor):
        return function(features)
    if isinstance(features, tuple):
        return tuple(map(function, features))
    raise TypeError(
        'neck input must be a tensor or a tuple of tensors, found '
        f'{type(features).__name__}'
    )
