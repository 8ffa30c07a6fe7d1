"""Modules on torch alone: state around :mod:`csgresnet_mm.functional`."""

from csgresnet_mm.layers.channel_shift import (
    ChannelShift,
    insert_channel_shift,
)
from csgresnet_mm.layers.conversion_policy import ConversionPolicy
from csgresnet_mm.layers.conversion_report import ConversionReport
from csgresnet_mm.layers.convert import convert_to_gconv
from csgresnet_mm.layers.deployed_gconv import DeployedGConv
from csgresnet_mm.layers.gconv import GConv, release_layout, set_execution

__all__ = [
    'ChannelShift',
    'ConversionPolicy',
    'ConversionReport',
    'DeployedGConv',
    'GConv',
    'convert_to_gconv',
    'insert_channel_shift',
    'release_layout',
    'set_execution',
]
