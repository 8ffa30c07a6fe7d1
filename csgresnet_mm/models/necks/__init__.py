"""Necks."""

from csgresnet_mm.models.necks.channel_shift import ChannelShift
from csgresnet_mm.models.necks.orientation_max_pooling import (
    OrientationMaxPooling,
)

__all__ = ['ChannelShift', 'OrientationMaxPooling']
