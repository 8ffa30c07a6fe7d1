"""The channel shift as a neck."""

from csgresnet_mm import layers
from csgresnet_mm.models.necks.base import Features, apply_to_features
from csgresnet_mm.models.registry import register_model


@register_model
class ChannelShift(layers.ChannelShift):
    """Channel shift of any backbone's output.

    Arguments and mathematics are those of
    :class:`csgresnet_mm.layers.ChannelShift`.

    Shape:
        - Input and output: (B, C, H, W), or a tuple of such

    Raises:
        TypeError: If the input is neither a tensor nor a tuple.

    Example:
        >>> import torch
        >>> len(ChannelShift(divisor=8)((torch.rand(1, 8, 7, 7),)))
        1
    """

    def forward(self, features: Features) -> Features:
        """Shift one feature map, or each of a tuple."""
        return apply_to_features(super().forward, features)
