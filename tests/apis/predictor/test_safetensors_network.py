"""A packed network's scores are torch's, whatever its config says."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from mmengine.registry import init_default_scope
from safetensors.numpy import load_file, save_file

from csgresnet_mm.apis.model_info import ModelInfo, fixed_input
from csgresnet_mm.apis.onnx_files import open_session, run_session
from csgresnet_mm.apis.predictor.architecture import UnsupportedNetworkError
from csgresnet_mm.apis.predictor.networks import open_network
from csgresnet_mm.apis.predictor.resnet_graph import FORMS, build_graph
from csgresnet_mm.apis.predictor.safetensors_network import SafetensorsNetwork
from csgresnet_mm.apis.predictor.torch_network import TorchNetwork
from csgresnet_mm.apis.safe_config import build_safely
from csgresnet_mm.apis.safetensors_model import load_safetensors_model
from csgresnet_mm.safetensors_file import GOLDEN_KEY, INFO_KEY
from csgresnet_mm.weights import find_weights, list_weights

pytestmark = pytest.mark.predict
NARROW = {'stem_channels': 16, 'base_channels': 16}
MAX = {'type': 'OrientationMaxPooling', 'num_orientations': 4}
NETWORKS = {
    'the paper': {},
    'depth 34': {'depth': 34},
    'bottlenecks': {'depth': 50},
    'stride in the first convolution': {'depth': 50, 'style': 'caffe'},
    'no shift': {'channel_shift': None},
    'two shifts': {
        'channel_shift': [
            {'stage': 1, 'placement': 'stage_input', 'divisor': 8},
            {'stage': 3, 'position': 'end', 'directions': ['left', 'right']},
        ]
    },
    'stochastic': {'channel_shift': {'position': 'stochastic', 'seed': 3}},
    'Algorithm 1': {'channel_shift': {'stage': 2, 'num_orientations': 1}},
    'angles from 0': {'orientations': [0.0, 0.785, 1.571, 2.356]},
    'two orientations': {'num_orientations': 2, 'scale': 1},
    'bank of ones': {'bank': 'ones'},
    'random bank': {'bank': 'random'},
    'max pool, large stem': {'with_max_pool': True, 'stem_kernel_size': 7},
    'grey': {'in_channels': 1},
    'one orientation': {'num_orientations': 1},
    'eps': {'norm_cfg': {'type': 'BN', 'eps': 0.01, 'requires_grad': True}},
    'training only': {'frozen_stages': 1, 'drop_path_rate': 0.1},
    'ResNet': {'type': 'ResNet'},
    'ResNet-50': {'type': 'ResNet', 'depth': 50},
    'CSResNet': {
        'type': 'CSResNet',
        'channel_shift': {'stage': 3, 'divisor': 4},
    },
    'ResNet of GConv': {
        'type': 'ResNet',
        'conv_cfg': {'type': 'GConv', 'num_orientations': 4},
    },
}


def make_config(changes):
    backbone = {'type': 'GResNet', 'depth': 18, **NARROW}
    if 'type' not in changes:
        backbone['channel_shift'] = {'stage': 3}
    backbone |= changes
    width = 128 * (4 if backbone['depth'] >= 50 else 1)
    neck = [{'type': 'GlobalAveragePooling'}]
    if backbone['type'] == 'GResNet':
        count = backbone.get('num_orientations', 4)
        neck.append({**MAX, 'num_orientations': count})
        width //= count
    return {
        'type': 'ImageClassifier',
        'backbone': backbone,
        'neck': neck,
        'head': {
            'type': 'LinearClsHead',
            'num_classes': 5,
            'in_channels': width,
        },
    }


def make_info(config, size=(40, 36)):
    channels = config['backbone'].get('in_channels', 3)
    return ModelInfo(
        classes=tuple('abcde'),
        input_size=size,
        channel_order='grey' if channels == 1 else 'rgb',
        mean=(120.0,) * channels,
        std=(60.0,) * channels,
        resize=size,
        interpolation='bilinear',
        alignment='none',
        synthetic=False,
        fingerprint=None,
        config=json.dumps(config),
    )


def make_network(config):
    """A network as after training: no norm does nothing."""
    torch.manual_seed(0)
    init_default_scope('mmpretrain')
    model = build_safely(config)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for value in (module.weight, module.running_var):
                value.data.uniform_(0.5, 1.5)
            for value in (module.bias, module.running_mean):
                value.data.normal_(0, 0.3)
    return model


def to_numpy(model):
    return {key: value.numpy() for key, value in model.state_dict().items()}


def write(path, info, state, scores):
    save_file(
        state,
        path,
        {INFO_KEY: info.to_json(), GOLDEN_KEY: json.dumps(scores.tolist())},
    )
    return path


@pytest.mark.parametrize('name', NETWORKS)
def test_both_forms_are_torchs(name):
    config = make_config(NETWORKS[name])
    info = make_info(config)
    model = make_network(config)
    x = fixed_input(info, 3)
    with torch.no_grad():
        wanted = model(torch.from_numpy(x), mode='tensor').numpy()
    assert wanted.std(0).min() > 1e-4 * abs(wanted).max()  # it sees x
    for form in FORMS:
        graph, weights = build_graph(info, to_numpy(model), form)
        found = run_session(open_session(graph, 1, weights), x)
        limit = 1e-5 * abs(wanted).max()
        np.testing.assert_allclose(found, wanted, rtol=0, atol=limit)
        assert len(graph) < 2**17  # no weights in it


@pytest.mark.parametrize('name', list_weights())
def test_shipped_weights_answer_as_in_torch(name):
    path = find_weights(name)
    network = SafetensorsNetwork(path)
    size = (37, *network.info.resize, 3)
    faces = np.random.default_rng(0).integers(0, 256, size, np.uint8)
    wanted = TorchNetwork(*load_safetensors_model(path))(faces)
    found = network(faces)
    assert found.shape == wanted.shape and found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, atol=1e-4)
    assert isinstance(open_network(None, name), SafetensorsNetwork)
    assert isinstance(open_network(None, name, in_torch=True), TorchNetwork)


@pytest.fixture(scope='module')
def small(tmp_path_factory):
    """Config, info, weights and the scores of the fixed input."""
    config = make_config({})
    info = make_info(config)
    model = make_network(config)
    with torch.no_grad():
        x = torch.from_numpy(fixed_input(info))
        scores = model(x, mode='tensor')[0].numpy()
    return config, info, to_numpy(model), scores


def test_an_own_packed_network_answers(small, tmp_path):
    _, info, state, scores = small
    path = write(tmp_path / 'a.safetensors', info, state, scores)
    faces = np.random.default_rng(0).integers(0, 256, (2, 40, 36, 3), np.uint8)
    wanted = TorchNetwork(*load_safetensors_model(path))(faces)
    np.testing.assert_allclose(
        SafetensorsNetwork(path)(faces), wanted, atol=1e-4
    )


def test_a_weight_changed_is_found(small, tmp_path):
    _, info, state, scores = small
    bias = state['head.fc.bias'] + np.float32(0.1)
    changed = {**state, 'head.fc.bias': bias}
    path = write(tmp_path / 'a.safetensors', info, changed, scores)
    with pytest.raises(ValueError, match=f'a.safetensors, {GOLDEN_KEY}: the'):
        SafetensorsNetwork(path)
    nan = {**state, 'head.fc.bias': bias * np.float32('nan')}
    path = write(tmp_path / 'b.safetensors', info, nan, scores)
    for load in (SafetensorsNetwork, load_safetensors_model):
        with pytest.raises(ValueError, match='b.safetensors: NaN .*fc.bias;'):
            load(path)


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (
            lambda state: state.pop('backbone.layer2.0.conv1.weight'),
            'layer2.0.conv1.weight: in the model, not in the file',
        ),
        (
            lambda state: state.update(extra=np.zeros(1, np.float32)),
            'extra: in the file, not in the model',
        ),
        (
            lambda state: state.update(
                {'head.fc.bias': np.zeros(7, np.float32)}
            ),
            r'head.fc.bias: found shape \(7,\), expected \(5,\)',
        ),
        (
            lambda state: state.update(
                {'backbone.orientations': np.zeros(4, np.float32)}
            ),
            'backbone.orientations: the file was made with the angles',
        ),
    ],
)
def test_weights_that_do_not_fit_are_named(change, message, small):
    _, info, state, _ = small
    state = dict(state)
    change(state)
    with pytest.raises(ValueError, match=message):
        build_graph(info, state)


@pytest.mark.parametrize(
    ('part', 'changes', 'message'),
    [
        ('backbone', {'type': 'MobileNetV2'}, 'model.backbone.type='),
        ('backbone', {'deep_stem': True}, 'model.backbone.deep_stem=True'),
        ('backbone', {'depth': 19}, 'model.backbone.depth of'),
        ('backbone', {'depth': '18'}, "model.backbone.depth='18'"),
        ('backbone', {'stem_channels': -4}, 'stem_channels=-4'),
        ('backbone', {'num_orientations': 10**9}, 'orientations of'),
        ('backbone', {'orientations': [0, 1, 2, 'x']}, 'orientations of'),
        ('backbone', {'conv_cfg': {'type': 'os.system'}}, 'conv_cfg='),
        ('backbone', {'norm_cfg': {'type': 'GN'}}, 'norm_cfg of'),
        ('backbone', {'channel_shift': {'stage': 7}}, 'channel_shift of'),
        ('backbone', {'channel_shift': ['x']}, "channel_shift='x'"),
        ('head', {'type': 'StackedLinearClsHead'}, 'model.head.type'),
        ('head', {'num_classes': None}, 'model.head.num_classes'),
    ],
)
def test_other_networks_are_left_to_torch(part, changes, message, small):
    config, info, state, _ = small
    config = {**config, part: {**config[part], **changes}}
    with pytest.raises(UnsupportedNetworkError, match=message):
        build_graph(make_info(config), state)


def test_what_is_left_to_torch_answers(tmp_path):
    config = make_config({'avg_down': True})
    info = make_info(config)
    model = make_network(config)
    with torch.no_grad():
        x = torch.from_numpy(fixed_input(info))
        scores = model(x, mode='tensor')[0].numpy()
    path = tmp_path / 'a.safetensors'
    write(path, info, to_numpy(model), scores)
    with pytest.raises(UnsupportedNetworkError, match='a.safetensors: .*avg'):
        SafetensorsNetwork(path)
    assert isinstance(open_network(None, path), TorchNetwork)


def test_a_config_that_is_no_json_is_reported(small, tmp_path):
    _, info, state, scores = small
    info = dataclasses.replace(info, config='{')
    path = write(tmp_path / 'a.safetensors', info, state, scores)
    with pytest.raises(ValueError, match='a.safetensors: Expecting'):
        SafetensorsNetwork(path)


def test_numbers_that_numpy_lacks_are_reported(tmp_path):
    from safetensors.torch import save_file as save_tensors

    save_tensors({'a': torch.zeros(1).bfloat16()}, tmp_path / 'a.safetensors')
    with pytest.raises(ValueError, match='type that numpy does not know'):
        SafetensorsNetwork(tmp_path / 'a.safetensors')


def test_the_shipped_file_is_read_as_it_is():
    """float16 in the file, float32 in the graph."""
    path = find_weights(list_weights()[0])
    kinds = {value.dtype for value in load_file(path).values()}
    assert np.dtype(np.float16) in kinds
