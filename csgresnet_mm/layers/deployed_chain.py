"""The layers of a deployed network as one call of the C++ kernel.

Layer by layer, a small image costs more in calls than in arithmetic. A chain
computes the same numbers, bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from csgresnet_mm import native
from csgresnet_mm.functional.channel_shift import shift_blocks
from csgresnet_mm.layers.channel_shift import ChannelShift
from csgresnet_mm.layers.deployed_gconv import DeployedGConv

_Shape = tuple[int, ...]  # C, H, W


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
