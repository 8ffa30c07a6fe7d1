"""Several convolutions, one after the other, in one call of the kernel."""

import ctypes
from collections.abc import Sequence

import torch

from csgresnet_mm.native.binding import library


class Link(ctypes.Structure):
    """A convolution with what follows it, or a shift of planes: ``k`` is 0.

    Tensors are pointers, as `binding.forward` takes them; `x`, `residual` and
    `y` are places of the chain, a residual of -1 is none. `packed` of a shift
    is (H, W, M) int8: the plane that a value comes from less its own.
    """

    _fields_ = (
        ('packed', ctypes.c_void_p),
        ('bank', ctypes.c_void_p),
        ('scale', ctypes.c_void_p),
        ('bias', ctypes.c_void_p),
        ('x', ctypes.c_int64),
        ('residual', ctypes.c_int64),
        ('y', ctypes.c_int64),
        ('height', ctypes.c_int64),
        ('width', ctypes.c_int64),
        ('channels', ctypes.c_int64),
        ('planes', ctypes.c_int64),
        ('orientations', ctypes.c_int),
        ('k', ctypes.c_int),
        ('stride', ctypes.c_int),
        ('padding', ctypes.c_int),
        ('relu', ctypes.c_int),
        ('planar', ctypes.c_int),
    )


def forward_chain(
    links: 'ctypes.Array[Link]',
    places: Sequence[int],
    batch: int,
    dtype: torch.dtype,
) -> None:
    """Compute every link, in one parallel region.

    The caller has asked `covers` and `is_symmetric` of each; nothing is
    checked here.

    Args:
        links: In the order of execution.
        places: Addresses, (B, H, W, C) each, or (B, C, H, W) where a link
            that reads it is planar.
        batch: B.
        dtype: float32 or bfloat16, of all places.
    """
    library().csg_forward_chain(
        links,
        len(links),
        (ctypes.c_void_p * len(places))(*places),
        batch,
        dtype == torch.bfloat16,
        torch.get_num_threads(),
    )
