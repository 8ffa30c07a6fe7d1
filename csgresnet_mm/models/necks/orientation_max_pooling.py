"""Maximum over the orientations of Gabor features."""

from torch import nn

from csgresnet_mm.functional import max_over_orientations
from csgresnet_mm.models.necks.base import Features, apply_to_features
from csgresnet_mm.models.registry import register_model


@register_model
class OrientationMaxPooling(nn.Module):
    """Maximum over the orientations of each plane.

    The last step of GCN (Luan et al., 2018) before its classifier; put it
    after ``GlobalAveragePooling``.

    Args:
        num_orientations: M, the number of orientations.

    Shape:
        - Input: (B, C) or (B, C, H, W), or a tuple of such
        - Output: (B, C/M) or (B, C/M, H, W), or a tuple of such

    Raises:
        TypeError: If the input is neither a tensor nor a tuple.
        ValueError: If M does not divide C.

    Example:
        >>> import torch
        >>> OrientationMaxPooling()(torch.rand(2, 512)).shape
        torch.Size([2, 128])
    """

    def __init__(self, num_orientations: int = 4) -> None:
        super().__init__()
        if num_orientations < 1:
            raise ValueError(
                f'num_orientations={num_orientations} must be at least 1'
            )
        self.num_orientations = num_orientations

    def forward(self, features: Features) -> Features:
        """Pool one tensor, or each of a tuple."""
        return apply_to_features(
            lambda x: max_over_orientations(x, self.num_orientations), features
        )

    def extra_repr(self) -> str:
        """Name the argument."""
        return f'num_orientations={self.num_orientations}'
