"""A deployed network in one call of the C++ kernel.

Layer by layer, a small image costs more in calls than in arithmetic. A chain
computes the same numbers, bit for bit, and is used where nobody can tell: in
eager mode, without gradient, with nothing that listens to a layer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from operator import is_
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.nn.modules import module as nn_module

from csgresnet_mm import native
from csgresnet_mm.functional import tracing
from csgresnet_mm.functional.channel_shift import shift_blocks
from csgresnet_mm.layers.channel_shift import ChannelShift
from csgresnet_mm.layers.deployed_gconv import DeployedGConv

_Shape = tuple[int, ...]  # C, H, W

MOST_SIZES = 8
"""Sizes of images for which a network's chains are kept."""


class NotChainedError(Exception):
    """A layer, or its way to compute, that a chain does not have."""


class ChainedModule(nn.Module):
    """A module of layers that a chain may have."""

    def chain(self, chain: Chain, x: int) -> int:
        """Add to a chain what ``forward`` does with a value of it.

        Args:
            chain: The chain.
            x: The value.

        Returns:
            The module's output.

        Raises:
            NotChainedError: If a chain has no such layer.
        """
        raise NotImplementedError


class Chain:
    """What a network computes, for images of one size.

    A value is a number, 0 that of the image. :meth:`add` is called as the
    layers would be.

    Args:
        x: An image, shape (B, C, H, W), of any B.
    """

    def __init__(self, x: Tensor) -> None:
        self.dtype = x.dtype
        self.planar = x.is_contiguous() and x.shape[1] <= native.PLANAR
        self._shapes: list[_Shape] = [tuple(x.shape[1:])]
        self._links: list[native.Link] = []
        self._last_use: list[int] = [0]
        self._slots: list[int] = []  # numbers of an image in each
        self._kept: list[Tensor] = []  # what the links point to

    def add(self, layer: nn.Module, x: int, residual: int = -1) -> int:
        """Call a layer.

        Args:
            layer: The layer.
            x: Its input.
            residual: What is added to its output; -1 is nothing.

        Returns:
            Its output.

        Raises:
            NotChainedError: If a chain has no such layer.
        """
        if residual == 0 and self.planar:
            raise NotChainedError('a sum with the image')
        if isinstance(layer, ChainedModule):
            return layer.chain(self, x)
        if type(layer).forward is nn.Sequential.forward:
            for child in layer.children():
                x = self.add(child, x)
            return x
        if type(layer) is nn.Identity:
            return x
        if type(layer) is DeployedGConv:
            link, shape = self._convolution(layer, x)
        elif type(layer) is ChannelShift:
            link, shape = self._shift(layer, x)
        else:
            raise NotChainedError(type(layer).__name__)
        link.x, link.residual, link.y = x, residual, len(self._shapes)
        for value in (x, residual):
            if value >= 0:
                self._last_use[value] = len(self._links)
        self._last_use.append(len(self._links))
        self._links.append(link)
        self._shapes.append(shape)
        return int(link.y)

    def _convolution(
        self, conv: DeployedGConv, x: int
    ) -> tuple[native.Link, _Shape]:
        channels, height, width = self._shapes[x]
        image = torch.empty(1, channels, height, width, dtype=self.dtype)
        plan = None
        if not conv.keep_layout and channels == conv.weight.shape[1]:
            plan = conv.plan(image)
        if plan is None or not conv.packed.numel():
            raise NotChainedError('a convolution that the kernel has not')
        planes, _, k, _ = conv.weight.shape
        tensors = [conv.packed]
        for tensor in (conv.bank, conv.scale, conv.bias):
            tensors.append(tensor.detach().float().contiguous())
            is_copy = tensors[-1].data_ptr() != tensor.data_ptr()
            if is_copy and tensor.is_inference():
                raise NotChainedError('a copy that may become another one')
        self._kept += tensors
        link = native.Link(
            *(tensor.data_ptr() for tensor in tensors),
            height=height,
            width=width,
            channels=channels,
            planes=planes,
            orientations=conv.num_orientations,
            k=k,
            stride=plan.stride,
            padding=plan.padding,
            relu=conv.relu,
            planar=x == 0 and self.planar,
        )
        if link.planar and k == 1:
            raise NotChainedError('a 1x1 convolution of the image')
        size = [
            (n + 2 * plan.padding - k) // plan.stride + 1
            for n in (height, width)
        ]
        return link, (planes * conv.num_orientations, *size)

    def _shift(
        self, shift: ChannelShift, x: int
    ) -> tuple[native.Link, _Shape]:
        channels, height, width = self._shapes[x]
        m = shift.num_orientations
        if channels % m or (x == 0 and self.planar):
            raise NotChainedError('a shift of the image')
        try:
            blocks = shift_blocks(
                m * height * width,
                shift.divisor,
                shift.position,
                seed=shift.seed,
                device=torch.device('cpu'),
            )
        except ValueError as error:  # layer by layer it is raised again
            raise NotChainedError(str(error)) from error
        source = torch.zeros(m * height * width, dtype=torch.int8)
        for block, way in zip(blocks, shift.directions, strict=True):
            source[block] = -1 if way == 'right' else 1
        source = source.reshape(m, height * width).T.contiguous()
        self._kept.append(source)
        link = native.Link(
            source.data_ptr(),
            height=height,
            width=width,
            planes=channels // m,
            orientations=m,
        )
        return link, (channels, height, width)

    def finish(self, outputs: Sequence[int]) -> None:
        """End the chain: give every value its place in memory.

        Args:
            outputs: The values that :meth:`run` returns, each once.

        Raises:
            NotChainedError: If the image itself is one.
        """
        if 0 in outputs:
            raise NotChainedError('no layer')
        places = {0: 0}
        free: list[int] = []
        for index, link in enumerate(self._links):
            if link.y not in outputs:
                if not free:
                    free.append(len(self._slots))
                    self._slots.append(0)
                slot = free.pop()
                size = math.prod(self._shapes[link.y])
                self._slots[slot] = max(self._slots[slot], size)
                places[link.y] = 1 + slot
            free += [
                place - 1
                for value, place in places.items()
                if value and self._last_use[value] == index
            ]
        for number, value in enumerate(outputs, 1 + len(self._slots)):
            places[value] = number
        for link in self._links:
            link.x, link.y = places[link.x], places[link.y]
            link.residual = places.get(link.residual, -1)
        self._outputs = [self._shapes[value] for value in outputs]
        self._array = (native.Link * len(self._links))(*self._links)

    def run(self, x: Tensor) -> list[Tensor]:
        """Compute the outputs, (B, C, H, W) each, channels-last in memory.

        Args:
            x: Images, shape (B, C, H, W), in the layout of the first.
        """
        layout = torch.channels_last
        if not self.planar:
            x = x.contiguous(memory_format=layout)
        (batch, dtype) = (x.shape[0], x.dtype)
        outputs = [
            torch.empty((batch, *shape), dtype=dtype, memory_format=layout)
            for shape in self._outputs
        ]
        scratch = [
            torch.empty(batch * size, dtype=dtype) for size in self._slots
        ]
        places = [t.data_ptr() for t in (x, *scratch, *outputs)]
        native.forward_chain(self._array, places, batch, dtype)
        return outputs


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
