"""Every function that timm's users call, under every name."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from csgresnet_mm.functional import max_over_orientations
from csgresnet_mm.layers import DeployedGConv, GConv
from tests.oracle.counts import Network
from tests.timm.networks import NAMES, SIZE, create, images, randomise

pytestmark = pytest.mark.timm

README = Path(__file__).parents[2] / 'csgresnet_mm' / 'timm' / 'README.md'
SHIPPED = {'csgresnet18': (8, 40, 3), 'csgresnet18_half': (8, 40, 3)}
"""Name -> classes, input and last features' size, where weights ship."""
FUNCTIONS: dict[str, Callable[[str, Path], None]] = {}


def row(name: str):
    def decorate(check):
        FUNCTIONS[name] = check
        return check

    return decorate


def defaults(name: str) -> tuple[int, int, int]:
    """As in SHIPPED."""
    return SHIPPED.get(name, (7, 112, 7))


def width(name: str) -> int:
    return 32 if name.endswith('half') else 64


def channels(name: str) -> list[int]:
    return [width(name) * factor for factor in (1, 1, 2, 4, 8)]


@row('create_model')
def check_create_model(name, tmp_path):
    model = create(name, num_classes=7)
    depth = 34 if '34' in name else 18
    network = Network(depth, 5, False, width=width(name))
    parameters = sum(p.numel() for p in model.parameters())
    assert parameters == network.parameters(4)
    assert not any(type(m) is nn.Conv2d for m in model.modules())
    shifts = [n for n, m in model.named_modules() if n.endswith('shift')]
    shifts = [
        n
        for n in shifts
        if not isinstance(model.get_submodule(n), nn.Identity)
    ]
    last = 5 if depth == 34 else 1
    assert shifts == ([f'layer3.{last}.shift'] if name[0] == 'c' else [])
    scores = model.eval()(images(size=112))
    assert scores.shape == (2, 7)
    assert scores.std(0).min() > 0


@row('list_models')
def check_list_models(name, tmp_path):
    import timm

    create(name)
    assert name in timm.list_models('*gresnet*')
    assert timm.is_model(name)
    assert timm.list_models('*gresnet*', module='gresnet') == sorted(NAMES)


@row('pretrained_cfg')
def check_pretrained_cfg(name, tmp_path):
    cfg = create(name).pretrained_cfg
    assert cfg['architecture'] == name
    classes, size, pool = defaults(name)
    assert cfg['num_classes'] == classes
    assert cfg['input_size'] == (3, size, size)
    assert cfg['pool_size'] == (pool, pool)
    stages = create(name).forward_features(images(size=size))
    assert stages.shape[-2:] == (pool, pool)
    assert {'mean', 'std', 'crop_pct', 'interpolation', 'license'} <= set(cfg)
    model = create(name)
    assert isinstance(model.get_submodule(cfg['first_conv']), GConv)
    assert isinstance(model.get_submodule(cfg['classifier']), nn.Linear)


@row('pretrained=True')
def check_pretrained(name, tmp_path):
    if name in SHIPPED:
        model = create(name, pretrained=True).eval()
        wanted = load_file(model.pretrained_cfg['file'])
        key = 'layer2.1.conv1.weight'
        kernel = model.get_parameter(key)
        assert torch.equal(kernel, wanted[f'backbone.{key}'].float())
        assert create(name, pretrained=True, num_classes=3).num_classes == 3
        return
    message = f'No pretrained weights exist for {name}'
    with pytest.raises(RuntimeError, match=message):
        create(name, pretrained=True)


@row('pretrained_cfg_overlay=dict(file=...)')
def check_file(name, tmp_path):
    trained = randomise(create(name)).eval()
    nn.init.normal_(trained.fc.bias)
    torch.save({'state_dict': trained.state_dict()}, tmp_path / 'weights.pth')
    overlay = dict(file=str(tmp_path / 'weights.pth'))
    torch.manual_seed(9)
    loaded = create(name, pretrained=True, pretrained_cfg_overlay=overlay)
    assert torch.equal(loaded.eval()(images()), trained(images()))


@row('create_transform')
def check_transform(name, tmp_path):
    import numpy as np
    from PIL import Image
    from timm.data import create_transform, resolve_data_config

    config = resolve_data_config(model=create(name))
    grey = Image.fromarray(np.full((150, 130, 3), 124, np.uint8))
    x = create_transform(**config)(grey)
    size = defaults(name)[1]
    assert x.shape == (3, size, size)
    mean, std = 0.485, 0.229
    expected = torch.full((size, size), (124 / 255 - mean) / std)
    torch.testing.assert_close(x[0], expected)


@row('in_chans')
def check_in_chans(name, tmp_path):
    for count in (1, 4, 5):
        model = create(name, in_chans=count).eval()
        assert model.conv1.expand
        assert model.in_chans == count
        assert model(images(channels=count)).shape == (2, defaults(name)[0])


@row('num_classes')
def check_num_classes(name, tmp_path):
    assert create(name, num_classes=11)(images()).shape == (2, 11)
    model = create(name, num_classes=0).eval()
    features = model(images())
    assert features.shape == (2, model.head_hidden_size)
    assert model.head_hidden_size == channels(name)[-1] // 4


@row('global_pool')
def check_global_pool(name, tmp_path):
    model = randomise(create(name, num_classes=0)).eval()
    features = model.forward_features(images())
    average, maximum = features.mean((2, 3)), features.amax((2, 3))
    for pool, pooled in {
        'avg': average,
        'max': maximum,
        'avgmax': (average + maximum) / 2,
        'catavgmax': torch.cat((average, maximum), 1),
    }.items():
        model.reset_classifier(0, pool)
        expected = max_over_orientations(pooled, 4)
        torch.testing.assert_close(model(images()), expected)
        assert model.head_hidden_size == expected.shape[1]
        scores = create(name, global_pool=pool)(images())
        assert scores.shape == (2, defaults(name)[0])
    model.reset_classifier(0, '')
    assert torch.equal(model(images()), features)
    model.reset_classifier(7, '')
    with pytest.raises(ValueError, match='needs features: pool them'):
        model(images())


@row('drop_rate')
def check_drop_rate(name, tmp_path):
    model = randomise(create(name, drop_rate=0.5))
    features = model.eval().forward_features(images())
    torch.testing.assert_close(
        model.forward_head(features, pre_logits=True),
        max_over_orientations(features.mean((2, 3)), 4),
    )
    dropped = model.train().forward_head(features, pre_logits=True) == 0
    assert 0.3 < dropped.float().mean() < 0.7


@row('drop_path_rate')
def check_drop_path_rate(name, tmp_path):
    from timm.layers import DropPath

    model = create(name, drop_path_rate=0.3)
    rates = [m.drop_prob for m in model.modules() if isinstance(m, DropPath)]
    blocks = 16 if '34' in name else 8  # the first has none: its rate is 0
    expected = [0.3 * i / (blocks - 1) for i in range(1, blocks)]
    assert rates == pytest.approx(expected)


@row('output_stride')
def check_output_stride(name, tmp_path):
    for stride in (4, 8, 16):
        model = create(name, output_stride=stride).eval()
        assert model.forward_features(images()).shape[-1] == SIZE // stride
        assert model.feature_info[-1]['reduction'] == stride
    with pytest.raises(ValueError, match='output_stride=32 must be one of'):
        create(name, output_stride=32)


@row('features_only')
def check_features_only(name, tmp_path):
    model = create(name, features_only=True).eval()
    assert model.feature_info.channels() == channels(name)
    assert model.feature_info.reduction() == [2, 2, 4, 8, 16]
    expected = create(name).eval().forward_intermediates(images())[1]
    for found, wanted in zip(model(images()), expected, strict=True):
        assert torch.equal(found, wanted)


@row('out_indices')
def check_out_indices(name, tmp_path):
    for extractor in ('list', 'getter', 'hook', 'fx'):
        model = create(
            name,
            features_only=True,
            out_indices=(1, 3),
            feature_cls=extractor,
        ).eval()
        sizes = [(f.shape[1], f.shape[2]) for f in model(images())]
        wide = channels(name)
        assert sizes == [(wide[1], SIZE // 2), (wide[3], SIZE // 8)]


@row('forward_features')
def check_forward_features(name, tmp_path):
    model = create(name).eval()
    x = images()
    expected = x
    for child in ('conv1', 'bn1', 'act1'):
        expected = getattr(model, child)(expected)
    for stage in ('layer1', 'layer2', 'layer3', 'layer4'):
        expected = getattr(model, stage)(expected)
    features = model.forward_features(x)
    assert torch.equal(features, expected)
    assert features.shape == (2, model.num_features, SIZE // 16, SIZE // 16)


@row('forward_head(pre_logits=)')
def check_forward_head(name, tmp_path):
    model = randomise(create(name)).eval()
    features = model.forward_features(images())
    before = model.forward_head(features, pre_logits=True)
    assert before.shape == (2, model.head_hidden_size)
    assert torch.equal(model.fc(before), model(images()))
    assert torch.equal(model.forward_head(features), model(images()))


@row('forward_intermediates')
def check_forward_intermediates(name, tmp_path):
    model = create(name).eval()
    last, every = model.forward_intermediates(images())
    assert [f.shape[1] for f in every] == channels(name)
    assert torch.equal(last, every[-1])
    assert torch.equal(last, model.forward_features(images()))
    (third,) = model.forward_intermediates(
        images(), indices=[3], stop_early=True, intermediates_only=True
    )
    assert torch.equal(third, every[3])
    with pytest.raises(ValueError, match="output_fmt='NLC' must be 'NCHW'"):
        model.forward_intermediates(images(), output_fmt='NLC')


@row('prune_intermediate_layers')
def check_prune(name, tmp_path):
    model = create(name).eval()
    expected = model.forward_intermediates(images())[1][2]
    assert model.prune_intermediate_layers([2]) == [2]
    assert not list(model.layer3.parameters())
    assert not list(model.layer4.parameters())
    assert torch.equal(model(images()), expected)


@row('get_classifier')
def check_get_classifier(name, tmp_path):
    model = create(name)
    assert model.get_classifier() is model.fc
    assert model.get_classifier(name_only=True) == 'fc'


@row('reset_classifier')
def check_reset_classifier(name, tmp_path):
    model = create(name, global_pool='max').double().eval()
    model.reset_classifier(5)
    assert model.global_pool.pool_type == 'max'
    assert model.fc.weight.dtype == torch.float64
    assert not model.fc.training
    assert model(images().double()).shape == (2, 5)


@row('group_matcher')
def check_group_matcher(name, tmp_path):
    from timm.models import group_parameters
    from timm.optim import create_optimizer_v2

    model = create(name)
    layers = group_parameters(model, model.group_matcher(), reverse=True)
    blocks = 16 if '34' in name else 8
    assert sorted(set(layers.values())) == list(range(blocks + 2))
    assert layers['conv1.weight'] == layers['bn1.bias'] == 0
    assert layers['fc.weight'] == blocks + 1
    stages = group_parameters(model, model.group_matcher(True), reverse=True)
    assert stages['layer4.1.conv2.weight'] == 4
    optimizer = create_optimizer_v2(model, 'sgd', 0.1, layer_decay=0.5)
    scales = {group['lr_scale'] for group in optimizer.param_groups}
    assert scales == {0.5**depth for depth in range(blocks + 2)}


@row('set_grad_checkpointing')
def check_grad_checkpointing(name, tmp_path):
    gradients = []
    for enable in (False, True):
        model = randomise(create(name)).eval()
        model.set_grad_checkpointing(enable)
        model(images()).square().sum().backward()
        gradients.append([p.grad for p in model.parameters()])
    for plain, checkpointed in zip(*gradients, strict=True):
        torch.testing.assert_close(plain, checkpointed)
        assert plain.abs().max() > 0


@row('reparameterize_model')
def check_reparameterize(name, tmp_path):
    from timm.utils import reparameterize_model

    model = randomise(create(name)).double().eval()
    x = images().double()
    expected = model(x).detach()
    fused = reparameterize_model(model)
    assert not any(
        isinstance(m, nn.BatchNorm2d) for m in fused.layer4.modules()
    )
    torch.testing.assert_close(fused(x), expected)
    model.switch_to_deploy()
    model.switch_to_deploy()
    assert not any(isinstance(m, nn.BatchNorm2d) for m in model.modules())
    assert isinstance(model.conv1, DeployedGConv)
    torch.testing.assert_close(model(x), expected)
    model, x = model.float(), x.float()
    at_once = model(x)  # in one call of the kernel
    with torch.no_grad():
        model.layer2.register_forward_hook(lambda *_: None)
        assert torch.equal(model(x), at_once)


@row('torch.fx')
def check_fx(name, tmp_path):
    from timm.models import get_notrace_modules
    from torchvision.models.feature_extraction import create_feature_extractor

    model = create(name).eval()
    traced = create_feature_extractor(
        model,
        ['layer2', 'fc'],
        tracer_kwargs=dict(leaf_modules=get_notrace_modules()),
    )
    found = traced(images())
    assert torch.equal(found['fc'], model(images()))
    wanted = model.forward_intermediates(images())[1][2]
    assert torch.equal(found['layer2'], wanted)


@row('torch.export')
def check_export(name, tmp_path):
    model = create(name).eval()
    program = torch.export.export(model, (images(),))
    torch.testing.assert_close(program.module()(images()), model(images()))


@row('torch.jit.script')
def check_jit_script(name, tmp_path):
    with pytest.warns(FutureWarning, match=r'torch.jit.script. is deprec'):
        with pytest.raises(RuntimeError, match='csgresnet_mm'):
            torch.jit.script(create(name))


@pytest.mark.parametrize('name', NAMES)
@pytest.mark.parametrize('function', FUNCTIONS)
def test_function(function, name, tmp_path):
    FUNCTIONS[function](name, tmp_path)


def test_the_readmes_table_is_what_was_run():
    lines = re.findall(r'^\| (.*) \|$', README.read_text(), re.MULTILINE)
    header, *rows = (line.split(' | ') for line in lines)
    assert tuple(header[1:]) == NAMES
    cells = {'torch.jit.script': ['no'] * len(NAMES)}
    cells['pretrained=True'] = [
        'yes' if name in SHIPPED else 'no weights yet' for name in NAMES
    ]
    assert rows == [
        [f'`{function}`', *cells.get(function, ['yes'] * len(NAMES))]
        for function in FUNCTIONS
    ]
