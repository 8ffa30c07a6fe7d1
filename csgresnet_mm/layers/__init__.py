"""Modules on torch alone: state around :mod:`csgresnet_mm.functional`."""

from csgresnet_mm.layers.channel_shift import (
    ChannelShift,
    insert_channel_shift,
)
from csgresnet_mm.layers.deployed_gconv import DeployedGConv
from csgresnet_mm.layers.gconv import GConv, set_execution

__all__ = [
    'ChannelShift',
    'DeployedGConv',
    'GConv',
    'insert_channel_shift',
    'set_execution',
]
