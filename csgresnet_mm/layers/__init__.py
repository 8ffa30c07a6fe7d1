"""Modules on torch alone: state around :mod:`csgresnet_mm.functional`."""

from csgresnet_mm.layers.channel_shift import (
    ChannelShift,
    insert_channel_shift,
)
from csgresnet_mm.layers.gconv import GConv

__all__ = ['ChannelShift', 'GConv', 'insert_channel_shift']
