"""Ordinary convolutions, used without the package."""

import subprocess
import sys

import pytest
import torch

from csgresnet_mm.apis.trained import load_trained
from csgresnet_mm.programs.convert import to_plain
from csgresnet_mm.programs.convert.cli import main
from tests.apis.small_run import CLASSES, write_run


@pytest.mark.parametrize(
    'backbone',
    [
        {},
        {'in_channels': 1},
        {'depth': 34, 'with_max_pool': True, 'channel_shift': None},
        {
            'channel_shift': [
                {'stage': 1, 'placement': 'stage_input', 'position': 'end'},
                {'stage': 2, 'divisor': 8, 'position': 'middle'},
                {'stage': 3, 'divisor': 4, 'num_orientations': 1},
            ],
        },
    ],
)
def test_runs_on_torch_alone(backbone, tmp_path):
    config, checkpoint = write_run(tmp_path, **backbone)
    config.dump(tmp_path / 'config.py')
    out = tmp_path / 'plain.pth'
    main(['plain', str(tmp_path / 'config.py'), str(checkpoint), str(out)])
    trained = load_trained(config, checkpoint)
    x = torch.randn(5, len(trained.info.mean), 32, 32)
    torch.save(x, tmp_path / 'x.pth')
    code = (
        'import sys, torch\n'
        'from plain_network import load_plain\n'
        "model, classes = load_plain('plain.pth')\n"
        "scores = model(torch.load('x.pth'))\n"
        "ours = ('mmcv', 'mmengine', 'mmpretrain', 'csgresnet_mm')\n"
        'assert not set(ours) & set(sys.modules)\n'
        "torch.save((scores.detach(), classes), 'scores.pth')\n"
    )
    subprocess.run([sys.executable, '-c', code], cwd=tmp_path, check=True)
    scores, classes = torch.load(tmp_path / 'scores.pth')
    assert tuple(classes) == CLASSES
    with torch.no_grad():
        expected = trained.model(x, mode='tensor')
    error = (scores.softmax(1) - expected.softmax(1)).abs().max()
    assert error < 1e-5


def test_keys_without_shift_are_those_of_resnet(tmp_path):
    config, checkpoint = write_run(tmp_path, channel_shift=None)
    plain = to_plain(load_trained(config, checkpoint))
    folder = tmp_path / 'resnet'
    folder.mkdir()
    stock, path = write_run(folder, 1, type='ResNet')
    stock = load_trained(stock, path).model.state_dict()
    head = {'head.fc.weight'}  # a quarter of the features
    stem = {'backbone.conv1.weight'}  # 5x5, not 7x7
    found = {k: v.shape for k, v in plain['state_dict'].items()}
    expected = {k: v.shape for k, v in stock.items()}
    assert found.keys() == expected.keys()
    assert {k for k in found if found[k] != expected[k]} == head | stem


@pytest.mark.parametrize(
    ('backbone', 'message'),
    [
        ({'avg_down': True}, 'avg_down=True; expected False'),
        ({'deep_stem': True}, 'deep_stem=True; expected False'),
        (
            {'channel_shift': {'stage': 1, 'position': 'stochastic'}},
            r"layer1\.1\.shift: position='stochastic' has no plain form",
        ),
    ],
)
def test_what_it_cannot_be_is_refused(backbone, message, tmp_path):
    config, checkpoint = write_run(tmp_path, 1, **backbone)
    with pytest.raises(ValueError, match=message):
        to_plain(load_trained(config, checkpoint))


def test_resnet_is_refused(tmp_path):
    config, checkpoint = write_run(tmp_path, 1, type='ResNet')
    with pytest.raises(ValueError, match='is a ResNet; expected a GResNet'):
        to_plain(load_trained(config, checkpoint))
