"""The native CPU kernel: its build, and its binding to torch tensors."""

from csgresnet_mm.native.binding import (
    covers,
    forward,
    library,
    pack_weight,
)
from csgresnet_mm.native.binding_backward import backward, backward_covers

__all__ = [
    'backward',
    'backward_covers',
    'covers',
    'forward',
    'library',
    'pack_weight',
]
