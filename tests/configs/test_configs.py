"""Every config is found, built, forwarded and counted."""

import math
from dataclasses import replace
from pathlib import Path

import mmcv
import numpy as np
import pytest
import torch
import yaml
from mmengine.analysis import get_model_complexity_info
from mmengine.config import Config
from mmengine.dataset import Compose
from mmpretrain import get_model
from mmpretrain.registry import MODELS, TRANSFORMS

from csgresnet_mm.apis.given_files import find_config
from csgresnet_mm.layers import set_execution
from csgresnet_mm.shipped import new_name
from tests.oracle.counts import Network

CONFIGS = Path(__file__).parents[2] / 'configs'
FLAT = sorted(path.stem for path in CONFIGS.glob('*.py'))
CONVERTED = ['csresnet50-gconv_rafdb']
"""Counted beside the plain network: the oracle has no bottlenecks."""
RETRIEVERS = [name for name in FLAT if 'retriever' in name]
CLASSIFIERS = [name for name in FLAT if name not in RETRIEVERS + CONVERTED]
MODELS_OF_METAFILE = {
    entry['Name']: entry
    for entry in yaml.safe_load((CONFIGS / 'metafile.yml').read_text())[
        'Models'
    ]
}
NETWORKS = {
    'resnet18': (Network(18, 7, True), 1),
    'resnet34': (Network(34, 7, True), 1),
    'gresnet18': (Network(18, 5, False), 4),
    'gresnet34': (Network(34, 5, False), 4),
    'csgresnet18': (Network(18, 5, False), 4),
    'csgresnet34': (Network(34, 5, False), 4),
    'csresnet18': (Network(18, 7, True), 1),
    'csgresnet18-grey': (Network(18, 5, False, image_channels=1), 4),
    'csgresnet18-release': (Network(18, 5, False), 4),
    'csgresnet18-half': (Network(18, 5, False, width=32), 4),
}


CLASSES = {
    'csgresnet18-half_ferplus-48px': 8,
    'csgresnet18_ferplus': 8,
    'csgresnet18_ferplus-28236': 8,
    'csgresnet18_ferplus-48px': 8,
    'csgresnet18_ferplus-soft': 8,
    'csgresnet18_rafdb-compound': 11,
}


def load(name):
    return Config.fromfile(CONFIGS / f'{name}.py')


def build_model(config):
    preprocessor = dict(type='ClsDataPreprocessor', **config.data_preprocessor)
    model = dict(config.model, data_preprocessor=preprocessor)
    return MODELS.build(model).eval()


def test_every_config_is_known():
    found = {
        path.relative_to(CONFIGS).as_posix() for path in CONFIGS.rglob('*.py')
    }
    assert len(FLAT) == 64
    examples = {
        'mmdet/csgresnet18-retinanet_custom.py',
        'mmseg/csgresnet18-upernet_custom.py',
        'python/csgresnet18_python_demo.py',
        'python/gresnet18_python_demo.py',
    }
    assert examples <= found
    assert len(found) == len(FLAT) + len(examples) + 39


@pytest.mark.parametrize('name', FLAT)
def test_names_follow_one_rule(name):
    """``{model}[_{weights}-pre][_{training}]_{data}``, as README.md has it."""
    model, *between, data = name.split('_')
    assert model.split('-')[0] in {
        path.stem for path in (CONFIGS / '_base_' / 'models').glob('*.py')
    } | {'csresnet50'}
    datasets = {path.stem for path in (CONFIGS / '_base_/datasets').iterdir()}
    assert data in datasets
    # nothing that is a network's, a start's or a training's hides in the data
    starts = [part for part in between if part.endswith('-pre')]
    assert between[: len(starts)] == starts and len(starts) <= 1
    assert set(between) - set(starts) <= {'balanced', 'small', 'weighted'}
    starting = 'Pretrained' in str(load(name).model)
    assert starting == bool(starts)


@pytest.mark.parametrize(
    ('old', 'new'),
    [
        ('csgresnet18_affectnet-weighted', 'csgresnet18_weighted_affectnet'),
        ('csgresnet18_affectnet-balanced', 'csgresnet18_balanced_affectnet'),
        ('csgresnet18_release_rafdb', 'csgresnet18-release_rafdb'),
        ('csgresnet18_custom-small', 'csgresnet18_small_custom'),
        ('csgresnet18_pretrained-custom', 'csgresnet18_custom-pre_custom'),
        *(
            (f'{network}_affectnet-{data}', f'{network}_affectnet-pre_{data}')
            for network in sorted({name.split('_')[0] for name in FLAT})
            for data in ('rafdb', 'fer2013', 'fer2013-paper', 'sfew')
            if f'{network}_affectnet-pre_{data}' in FLAT
        ),
    ],
)
def test_old_names_still_find_their_config(old, new, capsys):
    found = find_config(str(CONFIGS / f'{old}.py'))
    assert found == str(CONFIGS / f'{new}.py') and Path(found).is_file()
    assert f'{old}.py is called {new} since 0.2' in capsys.readouterr().out


def test_names_that_did_not_change_are_left():
    for name in FLAT:
        assert new_name(name) is None


def input_size(config):
    """Side of the pictures that the test pipeline gives, in pixels."""
    sizes = [
        step.get('crop_size', step.get('scale'))
        for step in config.test_dataloader.dataset.pipeline
    ]
    last = [size for size in sizes if size is not None][-1]
    return last if isinstance(last, int) else last[0]


def multiply_adds(model, channels, side):
    """As get_flops.py counts: backbone and neck, in the dense form."""
    set_execution(model, 'dense')
    model.forward = model.extract_feat
    return get_model_complexity_info(
        model, (channels, side, side), show_table=False, show_arch=False
    )['flops']


@pytest.mark.parametrize('name', CLASSIFIERS)
def test_config_builds_forwards_and_counts(name):
    network, orientations = NETWORKS[name.split('_')[0]]
    config = load(name)
    side = input_size(config)
    network = replace(network, image=side)
    model = build_model(config)
    # Those of seven classes, and what more classes need in the head.
    classes = CLASSES.get(name, 7)
    features = network.widths[-1] // orientations
    channels = network.image_channels
    parameters = sum(p.numel() for p in model.parameters())
    assert parameters == (
        network.parameters(orientations) + (classes - 7) * (features + 1)
    )
    scores = model(torch.rand(2, channels, side, side), mode='tensor')
    assert scores.shape == (2, classes)
    assert torch.isfinite(scores).all()
    counted = multiply_adds(model, channels, side)
    assert counted == (
        network.dense() + network.norm_flops() + network.pool_flops()
    )
    check_metafile(name, config, parameters, counted)


@pytest.mark.parametrize('name', RETRIEVERS)
def test_retriever_builds_forwards_and_counts(name):
    config = load(name)
    side = input_size(config)
    model = get_model(config)
    (features,) = model(torch.rand(2, 3, side, side), mode='tensor')
    assert features.shape == (2, 128)
    network = replace(NETWORKS['csgresnet18'][0], image=side)
    parameters = sum(p.numel() for p in model.parameters())
    assert parameters == network.parameters(4)
    counted = multiply_adds(model, 3, side)
    assert counted == (
        network.dense() + network.norm_flops() + network.pool_flops()
    )
    check_metafile(name, config, parameters, counted)


def check_metafile(name, config, parameters, counted):
    """The entry of configs/metafile.yml holds what was measured."""
    entry = MODELS_OF_METAFILE[name]
    assert entry['Config'] == f'configs/{name}.py'
    stated = dict(entry['Metadata'])
    assert stated.pop('Training Data')
    assert stated == {
        'FLOPs': counted,
        'Parameters': parameters,
        'Epochs': config.train_cfg.max_epochs,
        'Batch Size': config.train_dataloader.batch_size,
    }


def test_metafile_has_every_config_and_no_other():
    assert sorted(MODELS_OF_METAFILE) == FLAT


def test_converted_config_builds_forwards_and_counts():
    (name,) = CONVERTED
    config = load(name)
    model = build_model(config)
    assert model(torch.rand(2, 3, 112, 112), mode='tensor').shape == (2, 7)
    plain_config = config.copy()
    plain_config.model.backbone = config.model.backbone.backbone
    plain = build_model(plain_config)
    spatial = [
        m.weight
        for m in plain.modules()
        if isinstance(m, torch.nn.Conv2d) and m.kernel_size == (3, 3)
    ]
    assert len(spatial) == 16
    saved = sum(w.numel() for w in spatial) * 3 // 4
    before, after = (
        sum(p.numel() for p in net.parameters()) for net in (plain, model)
    )
    assert after == before - saved
    counted = multiply_adds(model, 3, 112)
    assert counted == multiply_adds(plain, 3, 112)
    check_metafile(name, config, after, counted)


@pytest.mark.parametrize('name', [n for n in FLAT if n.endswith('_rafdb')])
def test_rafdb_configs_hold_the_papers_recipe(name):
    config = load(name)
    assert config.train_dataloader.batch_size == 64
    assert config.train_cfg.max_epochs == 150
    assert config.train_cfg.val_interval == 1
    assert config.optim_wrapper.optimizer == dict(
        type='SGD', lr=0.005, momentum=0.9, weight_decay=0
    )
    assert config.optim_wrapper.clip_grad == dict(max_norm=1e30)
    assert config.param_scheduler == dict(
        type='ConstantLR', factor=1.0, by_epoch=True
    )
    assert 'save_best' not in config.default_hooks.checkpoint
    assert config.val_dataloader.dataset.split == 'test'
    assert config.test_dataloader == config.val_dataloader
    assert config.model.backbone.get('zero_init_residual', False) is False
    assert config.auto_scale_lr.base_batch_size == 64
    assert isinstance(config.randomness.seed, int)


def test_release_config_differs_in_angles_and_directions_only():
    paper = load('csgresnet18_rafdb').model.backbone
    release = load('csgresnet18-release_rafdb').model.backbone
    angles = release.pop('orientations')
    assert angles == pytest.approx(
        (0, math.pi / 4, math.pi / 2, 3 * math.pi / 4), abs=1e-15
    )
    assert release.channel_shift.pop('directions') == ('left', 'right')
    assert release == paper
    assert paper.channel_shift == dict(stage=3, divisor=16, position='start')


def test_one_word_moves_all_loaders(monkeypatch):
    monkeypatch.setenv('RAFDB_ROOT', '/elsewhere/raf')
    config = load('csgresnet18_rafdb')
    for loader in ('train', 'val', 'test'):
        dataset = config[f'{loader}_dataloader'].dataset
        assert dataset.data_root == '/elsewhere/raf'


def test_custom_config_takes_the_number_of_classes(monkeypatch):
    monkeypatch.setenv('CUSTOM_CLASSES', '5')
    model = build_model(load('csgresnet18_custom'))
    assert model.head.num_classes == 5
    assert model(torch.rand(1, 3, 32, 32), mode='tensor').shape == (1, 5)


@pytest.fixture
def pipeline():
    """The paper's train pipeline without the reading of a file."""
    steps = load('csgresnet18_rafdb').train_dataloader.dataset.pipeline
    assert steps[0].type == 'LoadImageFromFile'
    with TRANSFORMS.switch_scope_and_registry('mmpretrain'):
        return Compose(steps[1:])


def test_rotation_is_even_in_ten_degrees(pipeline, monkeypatch):
    angles = []
    rotate = mmcv.imrotate

    def record(image, angle, **kwargs):
        angles.append(angle)
        assert kwargs['interpolation'] == 'bilinear'
        return rotate(image, angle, **kwargs)

    monkeypatch.setattr(mmcv, 'imrotate', record)
    np.random.seed(0)
    image = np.zeros((100, 100, 3), np.uint8)
    count = 2000
    for _ in range(count):
        pipeline(dict(img=image, gt_label=0))
    angles = np.sort(angles)
    assert len(angles) == count
    assert -10 <= angles[0] < -9.9
    assert 9.9 < angles[-1] <= 10
    # Kolmogorov-Smirnov distance; 1.95 / sqrt(n) is the 0.1 % level
    expected = (angles + 10) / 20
    distance = np.abs(expected - (np.arange(count) + 0.5) / count).max()
    assert distance < 1.95 / math.sqrt(count)


def test_crop_offsets_and_flip(pipeline, monkeypatch):
    np.random.seed(0)
    # Columns and rows numbered: what the crop took can be read off
    image = np.zeros((130, 130, 3), np.uint8)
    image[..., 0] = np.arange(130)[None]
    image[..., 1] = np.arange(130)[:, None]
    steps = [
        step for step in pipeline.transforms if 'Rotate' not in repr(step)
    ]
    left, top, flips = [], [], 0
    for _ in range(400):
        results = Compose(steps)(dict(img=image, gt_label=0))
        pixels = results['inputs'].numpy()
        assert pixels.shape == (3, 112, 112)
        flipped = bool(pixels[0, 0, 0] > pixels[0, 0, -1])
        flips += flipped
        left.append(int(pixels[0].min()))
        top.append(int(pixels[1].min()))
    assert (min(left), max(left)) == (0, 18) == (min(top), max(top))
    assert 160 < flips < 240


def test_images_become_rgb():
    config = load('csgresnet18_rafdb')
    model = build_model(config)
    blue_bgr = torch.zeros(3, 4, 4, dtype=torch.uint8)
    blue_bgr[0] = 255  # channel 0 of BGR
    inputs = model.data_preprocessor(dict(inputs=[blue_bgr]))['inputs']
    expected = (
        torch.tensor([0.0, 0, 255]) - torch.tensor([123.675, 116.28, 103.53])
    ) / torch.tensor([58.395, 57.12, 57.375])
    torch.testing.assert_close(inputs[0, :, 0, 0], expected)
