"""The one owner of the channel order of Gabor features.

Features with M orientations have C = O*M channels; the orientation u is the
fastest index: channel = plane * M + u.

Axes: B batch, C channels, M orientations, O planes.
"""

from torch import Tensor

from csgresnet_mm.functional.tracing import is_scripting, is_symbolic


def check_channels(
    channels: int, num_orientations: int, name: str = 'channels'
) -> int:
    """Give the number of planes of a channel count.

    Args:
        channels: C, the number of channels.
        num_orientations: M, the number of orientations.
        name: What the count is called in the error.

    Returns:
        O = C / M.

    Raises:
        ValueError: If M is not positive or does not divide C.

    Example:
        >>> check_channels(512, 4)
        128
    """
    if num_orientations < 1:
        raise ValueError(
            f'num_orientations={num_orientations} must be at least 1'
        )
    if channels % num_orientations:
        raise ValueError(
            f'{name}={channels} is not divisible by '
            f'num_orientations={num_orientations}'
        )
    return channels // num_orientations


def split_orientations(x: Tensor, num_orientations: int) -> Tensor:
    """View the channels as planes and orientations.

    Args:
        x: Shape (B, C, ...).
        num_orientations: M, the number of orientations.

    Returns:
        A view of shape (B, C/M, M, ...).

    Raises:
        ValueError: If M does not divide C.

    Example:
        >>> import torch
        >>> split_orientations(torch.arange(4.)[None], 2)
        tensor([[[0., 1.],
                 [2., 3.]]])
    """
    planes = -1
    if not is_scripting():
        if not is_symbolic(x):
            planes = check_channels(x.shape[1], num_orientations)
    y: Tensor = x.unflatten(1, (planes, num_orientations))
    return y


def merge_orientations(x: Tensor) -> Tensor:
    """Undo :func:`split_orientations`: (B, O, M, ...) to (B, O*M, ...).

    Args:
        x: Shape (B, O, M, ...).

    Returns:
        Shape (B, O*M, ...).

    Example:
        >>> import torch
        >>> merge_orientations(torch.tensor([[[0., 1.], [2., 3.]]]))
        tensor([[0., 1., 2., 3.]])
    """
    return x.flatten(1, 2)


def expand_orientations(x: Tensor, num_orientations: int) -> Tensor:
    """Repeat each channel once for every orientation (before Eq. 2).

    Args:
        x: Shape (B, C, ...).
        num_orientations: M, the number of orientations.

    Returns:
        Shape (B, C*M, ...); channel c fills the channels c*M to c*M + M-1.

    Example:
        >>> import torch
        >>> expand_orientations(torch.tensor([[1., 2.]]), 2)
        tensor([[1., 1., 2., 2.]])
    """
    return x.repeat_interleave(num_orientations, dim=1)


def expand_bias(bias: Tensor, num_orientations: int) -> Tensor:
    """Repeat the bias of each plane for its orientations.

    Args:
        bias: Shape (O,).
        num_orientations: M, the number of orientations.

    Returns:
        Shape (O*M,).

    Example:
        >>> import torch
        >>> expand_bias(torch.tensor([1., 2.]), 2)
        tensor([1., 1., 2., 2.])
    """
    return bias[:, None].expand(-1, num_orientations).flatten()


def sum_expanded_kernel(weight: Tensor, num_orientations: int) -> Tensor:
    """Fold the expansion of the input into the kernel.

    A convolution of :func:`expand_orientations` (x) equals the convolution of
    x with the kernel summed over the M copies of each input channel, and
    needs M times more multiplications.

    Args:
        weight: Kernel for the expanded input, shape (O, C_in*M, h, w).
        num_orientations: M, the number of orientations.

    Returns:
        Kernel for the input itself, shape (O, C_in, h, w).

    Raises:
        ValueError: If M does not divide the kernel's input channels.

    Example:
        >>> import torch
        >>> sum_expanded_kernel(torch.ones(1, 12, 1, 1), 4).flatten()
        tensor([4., 4., 4.])
    """
    return split_orientations(weight, num_orientations).sum(2)


def max_over_orientations(x: Tensor, num_orientations: int) -> Tensor:
    """Maximum over the orientations of each plane (the GCN classifier).

    Args:
        x: Shape (B, C, ...).
        num_orientations: M, the number of orientations.

    Returns:
        Shape (B, C/M, ...).

    Raises:
        ValueError: If M does not divide C.

    Example:
        >>> import torch
        >>> max_over_orientations(torch.tensor([[1., 5., 3., 2.]]), 2)
        tensor([[5., 3.]])
    """
    return split_orientations(x, num_orientations).max(dim=2).values
