"""The Gabor convolution as Triton kernels, for CUDA tensors.

Importing this room imports Triton. Under ``TRITON_INTERPRET=1`` the kernels
run on the CPU, slowly, to be tested.
"""

from csgresnet_mm.triton_kernels.binding import (
    backward,
    forward,
    pack_weight,
)

__all__ = ['backward', 'forward', 'pack_weight']
