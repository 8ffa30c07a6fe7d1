"""A safetensors file's network as a graph for ONNX Runtime, made in numpy.

It is made of the file's config and weights each time, so that no graph has to
be kept beside each network and each size of input: that takes a tenth of a
second. Two forms compute the same, README.md beside this file has their times:

- dense: Gabor kernels are modulated, batch norms folded into them;
- factorised: 3x3 convolutions of stride 1 compute the products that all
  orientations share once, and mix them. Features are ordered (u, o) then, the
  orientation first, so that the mix is one product of matrices: whatever reads
  features has its weights in that order. Else they are ordered (o, u).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from csgresnet_mm.apis.model_info import ModelInfo
from csgresnet_mm.apis.predictor.architecture import (
    Architecture,
    ShiftSettings,
    read_architecture,
)
from csgresnet_mm.apis.predictor.folding import (
    fold_norm,
    gabor_bank,
    modulate,
    shift_masks,
)
from csgresnet_mm.apis.predictor.onnx_writer import GraphWriter
from csgresnet_mm.safe_json import parse_json
from csgresnet_mm.weight_faults import (
    listed,
    missing,
    unexpected,
    wrong_shape,
)

ANGLE_TOLERANCE = 1e-2
"""Radians, as in :mod:`csgresnet_mm.functional`: halves round them."""

FORMS = ('factorised', 'dense')

State = Mapping[str, np.ndarray]


def build_graph(
    info: ModelInfo, state: State, form: str = FORMS[0]
) -> tuple[bytes, dict[str, np.ndarray]]:
    """Make the graph of a network.

    Args:
        info: How it is used; its config says what it is.
        state: Weights by name, as in the file.
        form: ``'factorised'``, where the network is one of whole planes of
            orientations from the stem to the neck, or ``'dense'``.

    Returns:
        An ONNX file without weights, from images (batch, channels, H, W),
        normalised, to scores (batch, K); and its weights by name.

    Raises:
        UnsupportedNetworkError: It is no network that is known here.
        ValueError: Config and weights do not fit together: naming the key.
    """
    network = read_architecture(parse_json(info.config))
    if network.in_channels != len(info.mean):
        raise ValueError(
            f'model.backbone.in_channels={network.in_channels}; expected '
            f'{len(info.mean)}, as mean has'
        )
    builder = _Builder(network, state, info.input_size, form == FORMS[0])
    return builder.build(), builder.writer.external


class _Builder:
    """Walks the network from the image to the scores.

    ``size`` is (H, W) where the walk has come to.
    """

    def __init__(
        self,
        network: Architecture,
        state: State,
        size: tuple[int, int],
        factorise: bool,
    ) -> None:
        self.network = network
        gabor = network.gabor
        count = 1 if gabor is None else len(gabor.angles)
        self.orientations_first = (
            factorise
            and count > 1
            and network.pooled_orientations == count
            and all(
                shift.num_orientations == count
                for shift in network.shifts.values()
            )
        )
        self.state = dict(state)
        self.size = size
        self.writer = GraphWriter('csgresnet_mm')

    def build(self) -> bytes:
        network = self.network
        channels = network.stem_channels
        images = ('batch', network.in_channels, *self.size)
        x = self.writer.input('images', images)
        x = self._stem(x)
        expansion = 4 if network.bottleneck else 1
        for stage, count in enumerate(network.blocks):
            width = network.base_channels * 2**stage
            for block in range(count):
                stride = 2 if stage and not block else 1
                name = f'backbone.layer{stage + 1}.{block}'
                x = self._shift(x, channels, (stage, block), name)
                x = self._block(x, name, channels, width, stride)
                channels = width * expansion
        scores = self._head(x, channels)
        self._check_rest()
        self.writer.output(scores, ('batch', network.num_classes))
        return self.writer.to_bytes()

    def _stem(self, x: str) -> str:
        network = self.network
        kernel = network.stem_kernel
        gabor = network.gabor
        expand = network.expand_stem or (
            gabor is not None and network.in_channels % len(gabor.angles) != 0
        )
        if gabor is not None and gabor.stored:
            self._check_angles()
        x = self._conv(
            x,
            ('backbone.conv1', 'backbone.bn1'),
            (network.in_channels, network.stem_channels),
            (kernel, 2, kernel // 2),
            expand=expand,
        )
        x = self.writer.add('Relu', [x])
        if not network.max_pool:
            return x
        self._slide(3, 2, 1)
        return self.writer.add(
            'MaxPool', [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4
        )

    def _block(
        self, x: str, name: str, channels: int, width: int, stride: int
    ) -> str:
        """A BasicBlock or a Bottleneck."""
        entry = self.size
        if self.network.bottleneck:
            out = width * 4
            first, second = (stride, 1) if self.network.caffe else (1, stride)
            steps = [
                (channels, width, 1, first),
                (width, width, 3, second),
                (width, out, 1, 1),
            ]
        else:
            out = width
            steps = [(channels, width, 3, stride), (width, width, 3, 1)]
        y = x
        for index, (given, made, kernel, step) in enumerate(steps, 1):
            names = (f'{name}.conv{index}', f'{name}.bn{index}')
            shape = (kernel, step, kernel // 2)
            y = self._conv(y, names, (given, made), shape)
            if index < len(steps):
                y = self.writer.add('Relu', [y])
        if stride != 1 or channels != out:
            self.size = entry
            names = (f'{name}.downsample.0', f'{name}.downsample.1')
            x = self._conv(x, names, (channels, out), (1, stride, 0))
        return self.writer.add('Relu', [self.writer.add('Add', [y, x])])

    def _conv(
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
        """
        given, made = channels
        kernel, stride, padding = shape
        gabor = self.network.gabor
        if gabor is None:
            planes, inputs = made, given
        else:
            count = len(gabor.angles)
            planes, inputs = made // count, given * (count if expand else 1)
            if made % count or inputs % count:
                raise ValueError(
                    f'{names[0]}: {given} channels in and {made} out are not '
                    f'divisible by num_orientations={count}'
                )
        weight = self._take(
            f'{names[0]}.weight', (planes, inputs, kernel, kernel)
        )
        norm = {
            part: self._take(f'{names[1]}.{part}', (made,))
            for part in ('running_mean', 'running_var', 'weight', 'bias')
        }
        self.state.pop(f'{names[1]}.num_batches_tracked', None)
        scale, bias = fold_norm(
            norm['running_mean'],
            norm['running_var'],
            norm['weight'],
            norm['bias'],
            self.network.eps,
        )
        order = self._order(made)
        is_stem = names[0] == 'backbone.conv1'  # it sees an image
        rows = slice(None) if is_stem else self._order(given)
        scale, bias = scale[order], bias[order]
        self._slide(kernel, stride, padding)
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

    def _order(self, channels: int) -> slice | np.ndarray:
        """Where in the file's order (o, u) each channel of the graph is."""
        gabor = self.network.gabor
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
        y = self._reshape(y, (taps, planes * self.size[0] * self.size[1]))
        mix = bank.reshape(orientations, taps).astype(np.float32)
        y = self.writer.add('MatMul', [self.writer.constant(mix), y])
        y = self._reshape(y, (orientations * planes, *self.size))
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

    def _shift(
        self, x: str, channels: int, place: tuple[int, int], name: str
    ) -> str:
        shift = self.network.shifts.get(place)
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
        x = self._reshape(x, (*planes, *self.size))
        y = x
        for mask, direction in zip(masks, shift.directions, strict=True):
            step = 1 if direction == 'right' else -1
            pads = np.zeros(10, np.int64)
            pads[axis], pads[5 + axis] = step, -step
            moved = self.writer.add('Pad', [x, self.writer.constant(pads)])
            where = self.writer.constant(np.expand_dims(mask, (0, axis)))
            y = self.writer.add('Where', [where, moved, y])
        return self._reshape(y, (channels, *self.size))

    def _seed(self, shift: ShiftSettings, name: str) -> int:
        if shift.position != 'stochastic':
            return shift.seed
        return int(self._take(f'{name}.shift.seed', (), np.int64))

    def _head(self, x: str, channels: int) -> str:
        orientations = self.network.pooled_orientations
        features = channels // orientations
        if channels % orientations or features != self.network.features:
            raise ValueError(
                f'model.head.in_channels={self.network.features}; expected '
                f'{channels} / {orientations}'
            )
        x = self.writer.add('GlobalAveragePool', [x])
        if orientations > 1:
            grid, axis = (features, orientations), 2
            if self.orientations_first:
                grid, axis = grid[::-1], 1
            x = self._reshape(x, grid)
            x = self.writer.add('ReduceMax', [x], axes=[axis], keepdims=0)
        else:
            x = self._reshape(x, (features,))
        classes = self.network.num_classes
        shapes = {
            'head.fc.weight': (classes, features),
            'head.fc.bias': (classes,),
        }
        names = [
            self.writer.weight(name, self._take(name, shape))
            for name, shape in shapes.items()
        ]
        return self.writer.add('Gemm', [x, *names], transB=1)

    def _reshape(self, x: str, shape: tuple[int, ...]) -> str:
        sizes = self.writer.constant(np.array([-1, *shape], np.int64))
        return self.writer.add('Reshape', [x, sizes])

    def _slide(self, kernel: int, stride: int, padding: int) -> None:
        height, width = (
            (side + 2 * padding - kernel) // stride + 1 for side in self.size
        )
        if min(height, width) < 1:
            raise ValueError(
                f'input_size is too small: {self.size} positions are left '
                f'for a kernel of {kernel}'
            )
        self.size = height, width

    def _take(
        self,
        key: str,
        shape: tuple[int, ...],
        kind: type = np.float32,
    ) -> np.ndarray:
        if key not in self.state:
            raise ValueError(missing(key))
        value = self.state.pop(key)
        if value.shape != shape:
            raise ValueError(wrong_shape(key, value.shape, shape))
        return np.array(value, kind, order='C')

    def _check_angles(self) -> None:
        gabor = self.network.gabor
        expected = gabor.angles if gabor is not None else ()
        key = 'backbone.orientations'
        found = self._take(key, (len(expected),), np.float64)
        for one, other in zip(found, expected, strict=True):
            if not abs(one - other) <= max(
                ANGLE_TOLERANCE, abs(other) * 2**-8
            ):
                raise ValueError(
                    f'{key}: the file was made with the angles '
                    f'{tuple(found)}, its config has {expected} (radians)'
                )

    def _check_rest(self) -> None:
        if self.state:
            extra = [unexpected(key) for key in sorted(self.state)]
            raise ValueError(listed(extra, '; '))
