"""Tensors in, tensors out: the mathematics of CS-GResNet on torch alone."""

from csgresnet_mm.stack import require_packages

require_packages('torch', 'torch')

from csgresnet_mm.functional.channel_shift import (  # noqa: E402
    channel_shift,
    check_channel_shift,
    shift_blocks,
)
from csgresnet_mm.functional.dense import dense_conv2d  # noqa: E402
from csgresnet_mm.functional.factorised import factorised_conv2d  # noqa: E402
from csgresnet_mm.functional.gabor import (  # noqa: E402
    check_orientations,
    filter_bank,
    gabor_filter_bank,
    is_symmetric,
    modulate,
    resolve_orientations,
)
from csgresnet_mm.functional.gabor_conv import (  # noqa: E402
    EXECUTIONS,
    PADDING_MODES,
    gabor_conv2d,
)
from csgresnet_mm.functional.orientation import (  # noqa: E402
    check_channels,
    expand_bias,
    expand_orientations,
    max_over_orientations,
    merge_orientations,
    split_orientations,
    sum_expanded_kernel,
)

__all__ = [
    'EXECUTIONS',
    'PADDING_MODES',
    'channel_shift',
    'check_channel_shift',
    'check_channels',
    'check_orientations',
    'dense_conv2d',
    'expand_bias',
    'expand_orientations',
    'factorised_conv2d',
    'filter_bank',
    'gabor_conv2d',
    'gabor_filter_bank',
    'is_symmetric',
    'max_over_orientations',
    'merge_orientations',
    'modulate',
    'resolve_orientations',
    'shift_blocks',
    'split_orientations',
    'sum_expanded_kernel',
]
