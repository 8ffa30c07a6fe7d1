"""The native CPU kernel: its build, and its binding to torch tensors."""

from csgresnet_mm.stack import require_packages

require_packages('torch', 'torch')

from csgresnet_mm.native.binding import (  # noqa: E402
    backward,
    backward_covers,
    covers,
    forward,
    is_symmetric,
    library,
    pack_weight,
)

__all__ = [
    'backward',
    'backward_covers',
    'covers',
    'forward',
    'is_symmetric',
    'library',
    'pack_weight',
]
