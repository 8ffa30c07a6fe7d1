"""Models in MMPretrain's and MMEngine's registries."""

from csgresnet_mm.stack import require_stack

require_stack()

from mmengine.registry import MODELS  # noqa: E402

from csgresnet_mm.layers import (  # noqa: E402
    GConv,
    convert_to_gconv,
    insert_channel_shift,
)
from csgresnet_mm.models.backbones import CSResNet, GResNet  # noqa: E402
from csgresnet_mm.models.complexity import register_complexity  # noqa: E402
from csgresnet_mm.models.converted import build_converted  # noqa: E402
from csgresnet_mm.models.necks import (  # noqa: E402
    ChannelShift,
    OrientationMaxPooling,
)
from csgresnet_mm.models.repvgg import register_refusal  # noqa: E402

MODELS.register_module(module=GConv)  # build_conv_layer in every scope
register_complexity()
register_refusal()

__all__ = [
    'CSResNet',
    'ChannelShift',
    'GConv',
    'GResNet',
    'OrientationMaxPooling',
    'build_converted',
    'convert_to_gconv',
    'insert_channel_shift',
]
