"""What is written is ONNX, as its own package judges."""

import numpy as np
import pytest

from csgresnet_mm.apis.model_info import ModelInfo
from csgresnet_mm.apis.predictor.onnx_writer import GraphWriter
from csgresnet_mm.apis.predictor.resnet_graph import build_graph
from csgresnet_mm.safetensors_file import INFO_KEY, read_safetensors
from csgresnet_mm.weights import DEFAULT, find_weights

pytestmark = pytest.mark.onnx


def test_nodes_shapes_and_numbers_are_read_back():
    import onnx

    writer = GraphWriter('g')
    x = writer.input('x', ('batch', 3, 300))
    pads = writer.constant(np.array([0, -1, 2**40], np.int64))
    y = writer.add('Pad', [x, pads], axes=[1, -1], flag=-5)
    name = writer.weight('w', np.ones((2, 3), np.float32))
    writer.output(y, ('batch', 3))
    model = onnx.ModelProto.FromString(writer.to_bytes())
    graph = model.graph
    assert graph.name == 'g' and model.opset_import[0].version == 17
    sizes = graph.input[0].type.tensor_type.shape.dim
    assert [d.dim_param or d.dim_value for d in sizes] == ['batch', 3, 300]
    (node,) = graph.node
    assert node.op_type == 'Pad' and list(node.input) == [x, pads]
    read = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    assert read == {'axes': [1, -1], 'flag': -5}
    found = onnx.numpy_helper.to_array(graph.initializer[0])
    assert found.tolist() == [0, -1, 2**40]
    outside = graph.initializer[1]
    assert outside.name == name and list(outside.dims) == [2, 3]
    assert outside.data_location == onnx.TensorProto.EXTERNAL


def test_the_shipped_networks_graph_is_valid():
    import onnx

    state, metadata = read_safetensors(find_weights(DEFAULT), 'numpy')
    info = ModelInfo.from_json(metadata[INFO_KEY])
    graph, weights = build_graph(info, state)
    model = onnx.ModelProto.FromString(graph)
    for tensor in model.graph.initializer:
        if tensor.name in weights:
            tensor.ClearField('external_data')
            tensor.data_location = onnx.TensorProto.DEFAULT
            tensor.raw_data = weights[tensor.name].tobytes()
    onnx.checker.check_model(model, full_check=True)
    assert {t.name for t in model.graph.initializer} >= weights.keys()
