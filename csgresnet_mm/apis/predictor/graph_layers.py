"""Layers of a network as nodes of an ONNX graph."""

from __future__ import annotations

import numpy as np

from csgresnet_mm.apis.predictor.architecture import (
    Architecture,
    ShiftSettings,
)
from csgresnet_mm.apis.predictor.folding import (
    gabor_bank,
    modulate,
    shift_masks,
)
from csgresnet_mm.apis.predictor.onnx_writer import GraphWriter
from csgresnet_mm.apis.predictor.taken_weights import TakenWeights


class GraphLayers:
    """Adds layers to a graph, each with its weights.

    Args:
        network: To which they belong.
        weights: From which they take theirs.
        writer: Of the graph.
        size: (H, W) of the image. The attribute is the size where the graph
            has come to.
        orientations_first: Whether features are ordered (u, o), see
            :mod:`~.resnet_graph`.
    """

    def __init__(
        self,
        network: Architecture,
        weights: TakenWeights,
        writer: GraphWriter,
        size: tuple[int, int],
        orientations_first: bool,
    ) -> None:
        self._network = network
        self.weights = weights
        self.writer = writer
        self.size = size
        self.orientations_first = orientations_first

    def conv(
        self,
        x: str,
        names: tuple[str, str],
        channels: tuple[int, int],
        shape: tuple[int, int, int],
        *,
        expand: bool = False,
    ) -> str:
        """A convolution and its batch norm.

        Args:
            x: Its input.
            names: Of the two in the file.
            channels: In and out.
            shape: Kernel size, stride and padding.
            expand: Whether each input channel is repeated M times first.

        Raises:
            ValueError: Weights are missing or of another shape, or channels
                are not divisible by the orientations.
        """
        given, made = channels
        kernel, stride, padding = shape
        weight = self._take_kernel(names[0], channels, kernel, expand)
        scale, bias = self.weights.take_norm(names[1], made, self._network.eps)
        order = self._order(made)
        is_stem = names[0] == 'backbone.conv1'  # it sees an image
        rows = slice(None) if is_stem else self._order(given)
        scale, bias = scale[order], bias[order]
        self.slide(kernel, stride, padding)
        gabor = self._network.gabor
        if gabor is not None:
            size = (kernel, kernel)
            bank = gabor_bank(gabor.bank, size, gabor.scale, gabor.angles)
            if self.orientations_first and (kernel, stride) == (3, 1):
                weight = weight[:, rows]
                return self._mixed(x, names[0], weight, bank, scale, bias)
            weight = modulate(weight, bank, expand=expand)
        weight = weight[order][:, rows] * scale[:, None, None, None]
        return self.writer.add(
            'Conv',
            [
                x,
                self.writer.weight(f'{names[0]}.weight', weight),
                self.writer.weight(f'{names[0]}.bias', bias),
            ],
            kernel_shape=[kernel, kernel],
            strides=[stride, stride],
            pads=[padding] * 4,
        )

    def _take_kernel(
        self, name: str, channels: tuple[int, int], kernel: int, expand: bool
    ) -> np.ndarray:
        """The learned kernel, (O, C_in, kernel, kernel)."""
        given, made = channels
        gabor = self._network.gabor
        if gabor is None:
            planes, inputs = made, given
        else:
            count = len(gabor.angles)
            planes, inputs = made // count, given * (count if expand else 1)
            if made % count or inputs % count:
                raise ValueError(
                    f'{name}: {given} channels in and {made} out are not '
                    f'divisible by num_orientations={count}'
                )
        shape = (planes, inputs, kernel, kernel)
        return self.weights.take(f'{name}.weight', shape)

    def _order(self, channels: int) -> slice | np.ndarray:
        """Where in the file's order (o, u) each channel of the graph is."""
        gabor = self._network.gabor
        if gabor is None or not self.orientations_first:
            return slice(None)
        grid = np.arange(channels).reshape(-1, len(gabor.angles))
        return grid.T.ravel()

    def _mixed(
        self,
        x: str,
        name: str,
        weight: np.ndarray,
        bank: np.ndarray,
        scale: np.ndarray,
        bias: np.ndarray,
    ) -> str:
        """A factorised convolution: spec of the sums in functional.

        ``T[q, o] = sum_c weight[o, c, q] x[c]`` everywhere, then
        ``y[u, o] = sum_q bank[u, q] T[q, o]`` where tap q meets it.
        """
        planes, channels, kernel, _ = weight.shape
        orientations, taps = len(bank), kernel * kernel
        # (O, C, h, w) -> (Q*O, C, 1, 1)
        products = weight.reshape(planes, channels, taps).transpose(2, 0, 1)
        products = products.reshape(-1, channels, 1, 1)
        weights = self.writer.weight(f'{name}.weight', products)
        y = self.writer.add('Conv', [x, weights], kernel_shape=[1, 1])
        edge = np.zeros(8, np.int64)
        edge[[2, 3, 6, 7]] = kernel // 2
        y = self.writer.add('Pad', [y, self.writer.constant(edge)])
        maps = [
            self._cut(y, (tap * planes, *divmod(tap, kernel)), planes)
            for tap in range(taps)
        ]
        y = self.writer.add('Concat', maps, axis=1)
        y = self.reshape(y, (taps, planes * self.size[0] * self.size[1]))
        mix = bank.reshape(orientations, taps).astype(np.float32)
        y = self.writer.add('MatMul', [self.writer.constant(mix), y])
        y = self.reshape(y, (orientations * planes, *self.size))
        for kind, values in (('Mul', scale), ('Add', bias)):
            per_channel = values[:, None, None]
            operand = self.writer.weight(f'{name}.{kind}', per_channel)
            y = self.writer.add(kind, [y, operand])
        return y

    def _cut(self, x: str, first: tuple[int, int, int], planes: int) -> str:
        """The window of a padded map that one tap meets."""
        start = np.array(first, np.int64)
        end = start + (planes, *self.size)
        axes = np.array((1, 2, 3), np.int64)
        window = [
            self.writer.constant(values) for values in (start, end, axes)
        ]
        return self.writer.add('Slice', [x, *window])

    def shift(
        self, x: str, channels: int, place: tuple[int, int], name: str
    ) -> str:
        """The channel shift before a block, where there is one.

        Args:
            x: Its input.
            channels: Of the input.
            place: Stage and block, both from 0.
            name: Of the block.

        Raises:
            ValueError: The channels are not divisible by the orientations.
        """
        shift = self._network.shifts.get(place)
        if shift is None:
            return x
        orientations = shift.num_orientations
        if channels % orientations:
            raise ValueError(
                f'{name}.shift: {channels} channels are not divisible by '
                f'num_orientations={orientations}'
            )
        masks = shift_masks(
            (orientations, *self.size),
            shift.divisor,
            shift.position,
            self._seed(shift, name),
        )
        # (B, C, H, W) -> (B, C/M, M, H, W), or (B, M, C/M, H, W)
        planes = [channels // orientations, orientations]
        axis = 1
        if self.orientations_first:
            planes, axis = planes[::-1], 2
        x = self.reshape(x, (*planes, *self.size))
        y = x
        for mask, direction in zip(masks, shift.directions, strict=True):
            step = 1 if direction == 'right' else -1
            pads = np.zeros(10, np.int64)
            pads[axis], pads[5 + axis] = step, -step
            moved = self.writer.add('Pad', [x, self.writer.constant(pads)])
            where = self.writer.constant(np.expand_dims(mask, (0, axis)))
            y = self.writer.add('Where', [where, moved, y])
        return self.reshape(y, (channels, *self.size))

    def _seed(self, shift: ShiftSettings, name: str) -> int:
        if shift.position != 'stochastic':
            return shift.seed
        return int(self.weights.take(f'{name}.shift.seed', (), np.int64))

    def reshape(self, x: str, shape: tuple[int, ...]) -> str:
        """Give each item of the batch a shape."""
        sizes = self.writer.constant(np.array([-1, *shape], np.int64))
        return self.writer.add('Reshape', [x, sizes])

    def slide(self, kernel: int, stride: int, padding: int) -> None:
        """Move :attr:`size` past a window.

        Raises:
            ValueError: Nothing is left.
        """
        height, width = (
            (side + 2 * padding - kernel) // stride + 1 for side in self.size
        )
        if min(height, width) < 1:
            raise ValueError(
                f'input_size is too small: {self.size} positions are left '
                f'for a kernel of {kernel}'
            )
        self.size = height, width
