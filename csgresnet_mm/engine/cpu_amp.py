"""Mixed precision on the CPU, which MMEngine's AmpOptimWrapper refuses."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from mmengine.optim import OptimWrapper
from mmpretrain.registry import OPTIM_WRAPPERS
from torch import nn


@OPTIM_WRAPPERS.register_module()
class CPUAmpOptimWrapper(OptimWrapper):
    """Trains in bfloat16 on the CPU, under torch's autocast.

    Weights, gradients of weights and the optimizer stay in float32, and there
    is no loss scale: bfloat16 has float32's range. ``tools/train.py --amp``
    takes it where there is no accelerator.

    Args:
        optimizer: As in OptimWrapper.
        kwargs: Likewise.
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Compute the model's forward pass under autocast."""
        context: Any = super().optim_context(model)
        with context, torch.autocast('cpu', torch.bfloat16):
            yield
