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
    read_architecture,
)
from csgresnet_mm.apis.predictor.graph_layers import GraphLayers
from csgresnet_mm.apis.predictor.onnx_writer import GraphWriter
from csgresnet_mm.apis.predictor.taken_weights import TakenWeights
from csgresnet_mm.safe_json import parse_json

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
    writer = GraphWriter('csgresnet_mm')
    layers = GraphLayers(
        network,
        TakenWeights(state),
        writer,
        info.input_size,
        form == FORMS[0] and _can_factorise(network),
    )
    return _Builder(network, layers).build(), writer.external


def _can_factorise(network: Architecture) -> bool:
    """Whether whole planes of orientations go from the stem to the neck."""
    if network.gabor is None:
        return False
    count = len(network.gabor.angles)
    shifted = {s.num_orientations for s in network.shifts.values()}
    return count > 1 and {network.pooled_orientations, *shifted} == {count}


class _Builder:
    """Walks the network from the image to the scores."""

    def __init__(self, network: Architecture, layers: GraphLayers) -> None:
        self.network = network
        self.layers = layers
        self.weights = layers.weights
        self.writer = layers.writer

    def build(self) -> bytes:
        network = self.network
        channels = network.stem_channels
        images = ('batch', network.in_channels, *self.layers.size)
        x = self.writer.input('images', images)
        x = self._stem(x)
        expansion = 4 if network.bottleneck else 1
        for stage, count in enumerate(network.blocks):
            width = network.base_channels * 2**stage
            for block in range(count):
                stride = 2 if stage and not block else 1
                name = f'backbone.layer{stage + 1}.{block}'
                x = self.layers.shift(x, channels, (stage, block), name)
                x = self._block(x, name, channels, width, stride)
                channels = width * expansion
        scores = self._head(x, channels)
        self.weights.check_rest()
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
            self.weights.check_angles(gabor.angles)
        x = self.layers.conv(
            x,
            ('backbone.conv1', 'backbone.bn1'),
            (network.in_channels, network.stem_channels),
            (kernel, 2, kernel // 2),
            expand=expand,
        )
        x = self.writer.add('Relu', [x])
        if not network.max_pool:
            return x
        self.layers.slide(3, 2, 1)
        return self.writer.add(
            'MaxPool', [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4
        )

    def _block(
        self, x: str, name: str, channels: int, width: int, stride: int
    ) -> str:
        """A BasicBlock or a Bottleneck."""
        entry = self.layers.size
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
            y = self.layers.conv(y, names, (given, made), shape)
            if index < len(steps):
                y = self.writer.add('Relu', [y])
        if stride != 1 or channels != out:
            self.layers.size = entry
            names = (f'{name}.downsample.0', f'{name}.downsample.1')
            x = self.layers.conv(x, names, (channels, out), (1, stride, 0))
        return self.writer.add('Relu', [self.writer.add('Add', [y, x])])

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
            if self.layers.orientations_first:
                grid, axis = grid[::-1], 1
            x = self.layers.reshape(x, grid)
            x = self.writer.add('ReduceMax', [x], axes=[axis], keepdims=0)
        else:
            x = self.layers.reshape(x, (features,))
        classes = self.network.num_classes
        shapes = {
            'head.fc.weight': (classes, features),
            'head.fc.bias': (classes,),
        }
        names = [
            self.writer.weight(name, self.weights.take(name, shape))
            for name, shape in shapes.items()
        ]
        return self.writer.add('Gemm', [x, *names], transB=1)
