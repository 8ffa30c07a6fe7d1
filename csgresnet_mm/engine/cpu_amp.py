"""Mixed precision on the CPU, which MMEngine's AmpOptimWrapper refuses."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from mmengine.optim import OptimWrapper
from mmpretrain.registry import OPTIM_WRAPPERS
from torch import nn
from torch.overrides import TorchFunctionMode

_FLOAT32 = {
    F.log_softmax,
    F.softmax,
    F.kl_div,
    F.binary_cross_entropy_with_logits,
    torch.log_softmax,
    torch.softmax,
    torch.Tensor.log_softmax,
    torch.Tensor.softmax,
}
"""What autocast computes in float32 on CUDA, and on the CPU does not."""


class _LossesInFloat32(TorchFunctionMode):
    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if func in _FLOAT32:
            args = [
                value.float()
                if isinstance(value, torch.Tensor)
                and value.dtype == torch.bfloat16
                else value
                for value in args
            ]
        return func(*args, **(kwargs or {}))


@OPTIM_WRAPPERS.register_module()
class CPUAmpOptimWrapper(OptimWrapper):
    """Trains in bfloat16 on the CPU, under torch's autocast.

    Weights, gradients of weights and the optimizer stay in float32, and there
    is no loss scale: bfloat16 has float32's range. Losses are computed in
    float32. ``tools/train.py --amp`` takes it where there is no accelerator.

    Args:
        optimizer: As in OptimWrapper.
        kwargs: Likewise.
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Compute the model's forward pass under autocast."""
        context: Any = super().optim_context(model)
        autocast = torch.autocast('cpu', torch.bfloat16)
        with context, autocast, _LossesInFloat32():
            yield
