"""The Triton kernels: on a GPU where there is one, else interpreted."""
