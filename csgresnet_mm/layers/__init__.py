"""Modules on torch alone: state around :mod:`csgresnet_mm.functional`."""

from csgresnet_mm.stack import require_packages

require_packages('torch', 'torch')

from csgresnet_mm.layers.channel_shift import (  # noqa: E402
    ChannelShift,
    insert_channel_shift,
)
from csgresnet_mm.layers.conversion_policy import ConversionPolicy  # noqa: E402
from csgresnet_mm.layers.conversion_report import ConversionReport  # noqa: E402
from csgresnet_mm.layers.convert import convert_to_gconv  # noqa: E402
from csgresnet_mm.layers.deployed_gconv import DeployedGConv  # noqa: E402
from csgresnet_mm.layers.gconv import GConv, release_layout, set_execution  # noqa: E402

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
