"""Who is looking on: the one place that decides on the torch form.

Our operators live in this package. What records a network to run it elsewhere
(torch.jit, torch.fx, torch.export, ONNX) must not find them, and what
transforms it (torch.func, forward-mode differentiation) cannot see into them:
both get torch's own operators. torch.compile stays in this process and keeps
ours. ``torch.jit.script`` reads source instead of running it, and skips what
stands under ``if not is_scripting()``.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
import torch.fx
from torch import Tensor
from torch.autograd import forward_ad

_jit: Any = torch.jit  # names that it does not export to type checkers
is_tracing: Callable[[], bool] = _jit.is_tracing
is_scripting: Callable[[], bool] = _jit.is_scripting
TracerWarning: type[Warning] = _jit.TracerWarning

_COUNTING = ContextVar('_COUNTING', default=False)


def is_proxy(*tensors: Tensor) -> bool:
    """Whether ``torch.fx`` stands in for a tensor: nothing is known of it.

    Args:
        tensors: What a function was given.

    Example:
        >>> is_proxy(torch.ones(1))
        False
    """
    return any(isinstance(tensor, torch.fx.Proxy) for tensor in tensors)


def is_symbolic(*tensors: Tensor) -> bool:
    """Whether sizes are placeholders, which no ``if`` may look at.

    So they are of a proxy, and in ``torch.jit.trace``, which a comparison
    would fix.

    Args:
        tensors: What a function was given.

    Example:
        >>> is_symbolic(torch.ones(1))
        False
    """
    return is_tracing() or is_proxy(*tensors)


def needs_torch_form(*tensors: Tensor) -> bool:
    """Whether torch's own operators must compute, and none of ours.

    Args:
        tensors: What a function was given.

    Example:
        >>> x = torch.ones(1, 4, 5, 5)
        >>> needs_torch_form(x)
        False
        >>> torch.func.vmap(lambda x: x * needs_torch_form(x))(x).sum()
        tensor(100.)
    """
    if is_tracing():
        return not _COUNTING.get()
    return (
        is_proxy(*tensors)
        or torch.compiler.is_exporting()
        or torch._C._are_functorch_transforms_active()
        or _has_tangent(*tensors)
    )


def _has_tangent(*tensors: Tensor) -> bool:
    """Whether one is a dual number of forward-mode differentiation."""
    return not torch.compiler.is_compiling() and any(
        forward_ad.unpack_dual(tensor).tangent is not None
        for tensor in tensors
    )


@contextmanager
def counting() -> Iterator[None]:
    """Let ``torch.jit``'s tracer see our operators.

    For counters of operations, which know them and keep no file.
    """
    token = _COUNTING.set(True)
    try:
        yield
    finally:
        _COUNTING.reset(token)
