"""The native CPU kernel: its build, and its binding to torch tensors."""

from csgresnet_mm.stack import require_packages

require_packages('torch', 'torch')

from csgresnet_mm.native.binding import (  # noqa: E402
    PLANAR,
    backward,
    backward_covers,
    covers,
    forward,
    is_symmetric,
    library,
    pack_weight,
)
from csgresnet_mm.native.chain import Link, forward_chain  # noqa: E402

__all__ = [
    'PLANAR',
    'Link',
    'backward',
    'backward_covers',
    'covers',
    'forward',
    'forward_chain',
    'is_symmetric',
    'library',
    'pack_weight',
]
