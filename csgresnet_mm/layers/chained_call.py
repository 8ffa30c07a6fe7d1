"""When a deployed network computes as one chain.

Where nobody can tell: in eager mode, without gradient, with nothing that
listens to a layer, and as long as the network is what the chain was made from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import is_
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.nn.modules import module as nn_module

from csgresnet_mm.functional import tracing
from csgresnet_mm.layers.deployed_chain import Chain, NotChainedError
from csgresnet_mm.layers.deployed_gconv import DeployedGConv

MOST_SIZES = 8
"""Sizes of images for which a network's chains are kept."""


class _State:
    """What a chain was made from, to see that it is still that."""

    def __init__(self, network: nn.Module) -> None:
        _, *self._modules = network.modules()
        self._hooks = [
            hooks
            for module in self._modules
            for hooks in (module._forward_hooks, module._forward_pre_hooks)
        ]
        self._convs = [m for m in self._modules if type(m) is DeployedGConv]
        self._executions = [conv.execution for conv in self._convs]
        self._contents = [
            (contents, tuple(contents.values()))
            for module in (network, *self._modules)
            for contents in (
                module._modules,
                module._parameters,
                module._buffers,
            )
            if contents
        ]
        self._tensors = [*network.parameters(), *network.buffers()]
        self._marks = self._current_marks()

    def _current_marks(self) -> list[tuple[int, int]]:
        return [
            (t.data_ptr(), 0 if t.is_inference() else t._version)
            for t in self._tensors
        ]

    def holds(self) -> bool:
        """Whether no layer, weight or execution is another one."""
        return (
            all(
                len(now) == len(then) and all(map(is_, now.values(), then))
                for now, then in self._contents
            )
            and [conv.execution for conv in self._convs] == self._executions
            and self._current_marks() == self._marks
        )

    def is_heard(self) -> bool:
        """Whether a hook waits for the call of a layer."""
        return (
            any(self._hooks)
            or bool(nn_module._global_forward_hooks)
            or bool(nn_module._global_forward_pre_hooks)
        )


_KNOWN: WeakKeyDictionary[nn.Module, tuple[_State, dict[Any, Chain | None]]]
_KNOWN = WeakKeyDictionary()


def run_chained(
    network: nn.Module,
    x: Tensor,
    describe: Callable[[Chain], Sequence[int]],
) -> list[Tensor] | None:
    """Compute a deployed network in one call, where that is possible.

    Args:
        network: Its layers must be what ``describe`` adds.
        x: Images, shape (B, C, H, W).
        describe: Adds the layers to a chain, and returns the outputs.

    Returns:
        The outputs, the bits that the layers would give; None where they are
        to be called one by one.
    """
    if not _is_plain(x) or x.requires_grad and torch.is_grad_enabled():
        return None
    state, chains = _KNOWN.get(network, (None, {}))
    if state is None or not state.holds():
        state, chains = _State(network), {}
        _KNOWN[network] = (state, chains)
    if state.is_heard():
        return None
    key = (*x.shape[1:], x.dtype, x.is_contiguous())
    try:
        chain = chains[key]  # other threads may use, and clear, the same
    except KeyError:
        if len(chains) >= MOST_SIZES:
            chains.clear()
        chain = chains[key] = _make(x, describe)
    return None if chain is None else chain.run(x)


def _make(
    x: Tensor, describe: Callable[[Chain], Sequence[int]]
) -> Chain | None:
    chain = Chain(x)
    try:
        chain.finish(describe(chain))
    except NotChainedError:
        return None
    return chain


def _is_plain(x: Tensor) -> bool:
    """Whether nobody looks on, and the kernel takes such numbers."""
    return (
        not torch.compiler.is_compiling()
        and not tracing.is_tracing()  # before a size is looked at
        and type(x) is Tensor
        and x.is_cpu
        and x.dim() == 4
        and x.numel() > 0
        and x.dtype in (torch.float32, torch.bfloat16)
        and not tracing.needs_torch_form(x)
        and not torch.is_autocast_enabled('cpu')
        and not torch._C._len_torch_dispatch_stack()
    )
