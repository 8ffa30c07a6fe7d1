"""Packed and exported networks answer as their checkpoint does."""

import numpy as np
import pytest

from csgresnet_mm.apis import ExpressionPredictor
from csgresnet_mm.apis.predictor import SyntheticWeightsWarning
from csgresnet_mm.apis.predictor.networks import OnnxNetwork, open_network
from csgresnet_mm.apis.safetensors_model import save_safetensors_model
from csgresnet_mm.apis.trained import load_trained
from csgresnet_mm.programs.onnx_export.export import Options, export_onnx

from .conftest import CONFIG

pytestmark = pytest.mark.onnx


@pytest.fixture
def faces():
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (64, 56, 56, 3), np.uint8)


def test_packed_weights_agree(checkpoint, tmp_path, faces):
    path = tmp_path / 'a.safetensors'
    save_safetensors_model(CONFIG, checkpoint, path)
    wanted = open_network(CONFIG, checkpoint)(faces)
    found = open_network(None, path)(faces)
    assert np.abs(found - wanted).max() < 1e-5
    with pytest.warns(SyntheticWeightsWarning):
        predictor = ExpressionPredictor(
            weights=path, detector=lambda image: []
        )
    assert predictor.alignment == 'rafdb'


@pytest.mark.parametrize(
    'options',
    [
        Options(),
        Options(normalisation=True),
        Options(normalisation=True, input_type='uint8', form='factorised'),
        Options(logits=True),
    ],
)
@pytest.mark.filterwarnings('default')  # of torch's exporter
def test_onnx_agrees_whatever_goes_in(checkpoint, tmp_path, faces, options):
    path = tmp_path / 'a.onnx'
    export_onnx(load_trained(CONFIG, checkpoint), path, options)
    network = open_network(None, path)
    assert isinstance(network, OnnxNetwork)
    wanted = open_network(CONFIG, checkpoint)(faces)
    for size in (1, 7, 64):
        found = network(faces[:size])
        assert np.abs(found - wanted[:size]).max() < 1e-5
    with pytest.raises(ValueError, match='runs on cpu, not cuda'):
        open_network(None, path, 'cuda')


def test_other_onnx_files_are_reported(tmp_path):
    from onnx import TensorProto, helper

    path = tmp_path / 'a.onnx'
    path.write_bytes(b'no network')
    with pytest.raises(ValueError, match='cannot be read as an ONNX file'):
        open_network(None, path)
    values = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1])
        for name in 'xy'
    ]
    node = helper.make_node('Relu', ['x'], ['y'])
    graph = helper.make_graph([node], 'g', values[:1], values[1:])
    imports = [helper.make_opsetid('', 18)]
    model = helper.make_model(graph, opset_imports=imports, ir_version=9)
    path.write_bytes(model.SerializeToString())
    with pytest.raises(ValueError, match="expected 'csgresnet_mm.info'"):
        open_network(None, path)
