"""The authors' checkpoint: the same outputs under our names."""

import pytest
import torch
from mmengine.config import Config

from csgresnet_mm.engine import safe_loading
from csgresnet_mm.engine.strict_loading import load_strictly
from csgresnet_mm.programs.convert import convert_release
from csgresnet_mm.programs.convert.cli import main
from tests.models.builders import classifier

from .release_network import ReleaseNetwork


def network(**options):
    torch.manual_seed(0)
    return ReleaseNetwork(**options).eval()


def ours(converted):
    backbone = dict(converted.backbone)
    channels = backbone['base_channels'] * 8
    model = classifier(channels, channels // 4, **backbone)
    load_strictly(model, converted.state, 'test')
    model.eval()
    return model


@pytest.mark.parametrize(
    ('options', 'position'),
    [
        ({}, 'start'),
        ({'shared': False}, 'start'),
        ({'first': 7}, 'middle'),
        ({'first': 6, 'divisor': 8}, 'end'),
        ({'first': 2, 'divisor': 8}, 2),
    ],
)
@torch.no_grad()
def test_outputs_are_those_of_the_release(options, position):
    release = network(**options)
    converted = convert_release(release.state_dict())
    assert converted.classes == 7
    shift = converted.backbone['channel_shift']
    assert shift == {
        'stage': 3,
        'placement': 'last_block',
        'num_orientations': 4,
        'divisor': options.get('divisor', 16),
        'position': position,
        'directions': ('left', 'right'),
    }
    x = torch.randn(3, 3, 48, 48)
    model = ours(converted)
    found = model(x, mode='tensor').softmax(1)
    torch.testing.assert_close(found, release(x).softmax(1), rtol=0, atol=1e-5)
    # scores, which rounding to float32 alone moves by 1e-5
    x = x.double()
    expected = release.double()(x)
    found = model.double()(x, mode='tensor')
    assert expected.std() > 0.01
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)
    # and the shift matters: without it the outputs are others
    model.backbone.layer3[-1].shift = None
    assert (model(x, mode='tensor') - expected).abs().max() > 1e-3


@torch.no_grad()
def test_wrappers_and_prefixes(tmp_path):
    release = network()
    state = {f'module.{k}': v for k, v in release.state_dict().items()}
    path = tmp_path / 'release.pth'
    torch.save({'net': state, 'acc': 88.0}, path)
    out = tmp_path / 'ours.pth'
    names = [f'class {i}' for i in range(7)]
    main(['release', str(path), str(out), '--classes', *names])
    loaded = safe_loading.load_from_local(str(out), 'cpu')
    assert loaded['meta']['dataset_meta']['classes'] == tuple(names)
    converted = convert_release(release.state_dict())
    for key, value in converted.state.items():
        assert torch.equal(loaded['state_dict'][key], value)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        'ours.pth',
        'release.pth',
    ]


def test_the_release_config_takes_it():
    """At 112 pixels: its angles, its directions, its place."""
    state = network(image=112).state_dict()
    backbone = convert_release(state).backbone
    config = Config.fromfile('configs/csgresnet18-release_rafdb.py')
    wanted = config.model.backbone
    assert backbone['orientations'] == pytest.approx(wanted.orientations)
    shift = backbone['channel_shift']
    assert (shift['stage'], shift['divisor'], shift['position']) == (
        wanted.channel_shift.stage,
        wanted.channel_shift.divisor,
        wanted.channel_shift.position,
    )
    assert shift['directions'] == tuple(wanted.channel_shift.directions)


def without(key):
    return lambda state: state.pop(key)


def put(key, value):
    return lambda state: state.__setitem__(key, value)


def scramble(state):
    weight = state['layer3.1.conv.weight']
    state['layer3.1.conv.weight'] = weight[torch.randperm(len(weight))]


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (without('conv1.weight'), r'conv1\.weight is not in the checkpoint'),
        (without('fc.weight'), r'fc\.weight is not in the checkpoint'),
        (
            without('layer2.0.conv1.weight'),
            r'layer2\.0\.conv1\.weight: in the model, not in the file',
        ),
        (
            put('layer1.0.conv3.weight', torch.zeros(1)),
            r"layer1\.0\.conv3\.weight is not one of the release's names",
        ),
        (
            put('layer1.0.conv1.weight', torch.zeros(2, 8, 3, 3)),
            r'layer1\.0\.conv1\.weight: shape \(2, 8, 3, 3\); expected five',
        ),
        (
            put('layer1.0.conv1.weight', torch.zeros(2, 2, 3, 3, 3)),
            r'layer1\.0\.conv1\.weight: shape .*expected 4 orientations',
        ),
        (
            put('layer1.1.bn1.bn.bias', torch.zeros(5)),
            r'layer1\.1\.bn1\.bias: found shape \(5,\), expected \(8,\)',
        ),
        (
            put('layer4.1.conv1.MFilters', torch.rand(4, 3, 3)),
            r'layer4\.1\.conv1\.MFilters: .*no Gabor bank',
        ),
        (
            put('layer3.1.conv.weight', torch.full((144, 1, 3), 0.5)),
            r'layer3\.1\.conv\.weight: taps \[0\.5.*position 0',
        ),
        (scramble, r'layer3\.1\.conv\.weight: .*stochastic'),
        (put('layer1.2.bn1.bn.bias', torch.zeros(2)), r'\(3, 2, 2, 2\)'),
    ],
)
def test_what_does_not_fit_is_named(change, message):
    state = network().state_dict()
    change(state)
    with pytest.raises(ValueError, match=message):
        convert_release(state)


def test_a_number_where_a_tensor_should_be():
    with pytest.raises(ValueError, match='epoch is a int'):
        convert_release({'epoch': 3})


def test_cli_names_file_and_leaves_nothing(tmp_path, capsys):
    path = tmp_path / 'release.pth'
    torch.save({'fc.weight': torch.zeros(7, 4)}, path)
    with pytest.raises(SystemExit):
        main(['release', str(path), str(tmp_path / 'out.pth')])
    assert f'{path}: conv1.weight is not' in capsys.readouterr().err
    assert not (tmp_path / 'out.pth').exists()
