"""Types may be classes or dotted names, the scope may be missing (T6)."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from mmengine.config import Config
from mmpretrain.models import GlobalAveragePooling
from torch import nn

from csgresnet_mm.apis import ExpressionPredictor
from csgresnet_mm.apis.config_data.parts import open_parts
from csgresnet_mm.apis.config_reading import registered_name
from csgresnet_mm.apis.run_images import build_dataset, read_pixels
from csgresnet_mm.apis.run_info import read_run_info
from csgresnet_mm.apis.safe_config import model_as_data
from csgresnet_mm.apis.safetensors_model import save_safetensors_model
from csgresnet_mm.apis.trained import load_trained
from csgresnet_mm.layers import GConv
from csgresnet_mm.models import GResNet
from csgresnet_mm.programs.browse import browse
from csgresnet_mm.programs.onnx_export.cli import main as export_main
from tests.apis.small_run import CLASSES, small_config, write_run

CONFIG = """
from mmcv.transforms import CenterCrop, LoadImageFromFile, Resize
from mmengine.dataset import ConcatDataset
from mmpretrain.datasets import PackInputs
from mmpretrain.models import (
    ClsDataPreprocessor, GlobalAveragePooling, ImageClassifier, LinearClsHead)
from torch.nn import BatchNorm2d

from csgresnet_mm.datasets import DemoFaces
from csgresnet_mm.models import GResNet, OrientationMaxPooling

default_scope = None
model = dict(
    type=ImageClassifier,
    data_preprocessor=dict(
        type=ClsDataPreprocessor, mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375], to_rgb=True),
    backbone=dict(
        type=GResNet, depth=18, base_channels=16, stem_channels=16,
        norm_cfg=dict(type=BatchNorm2d, requires_grad=True),
        channel_shift=dict(stage=1, divisor=8)),
    neck=[dict(type=GlobalAveragePooling), dict(type=OrientationMaxPooling)],
    head=dict(type=LinearClsHead, num_classes=5, in_channels=32))
pipeline = [
    dict(type=LoadImageFromFile),
    dict(type=Resize, scale=(36, 36)),
    dict(type=CenterCrop, crop_size=32),
    dict(type=PackInputs)]
dataset = dict(
    type=DemoFaces, data_root='ROOT', num_train=7, num_test=7,
    pipeline=pipeline)
train_dataloader = dict(dataset=dict(
    type=ConcatDataset, datasets=[dataset]))
test_dataloader = dict(dataset=dict(dataset, split='test'))
"""


@pytest.fixture(params=['classes', 'dumped', 'dumped, names of scopes'])
def config(request, tmp_path):
    """A pure-Python config without a scope; or what MMEngine dumps of it."""
    path = tmp_path / 'pure.py'
    path.write_text(CONFIG.replace('ROOT', str(tmp_path / 'faces')))
    found = Config.fromfile(path)
    if request.param == 'classes':
        return found
    path = tmp_path / 'dumped.py'
    found.dump(path)
    text = path.read_text()
    assert "type='csgresnet_mm.models.GResNet'" in text
    if 'scopes' in request.param:
        path.write_text(
            text.replace('csgresnet_mm.models.GResNet', 'mmpretrain.GResNet')
        )
    return Config.fromfile(path)


def test_T6_the_network_is_the_one_that_names_describe(config):
    expected = model_as_data(small_config())
    expected['data_preprocessor']['type'] = 'ClsDataPreprocessor'
    found = model_as_data(config)
    assert found['backbone'].pop('norm_cfg')['type'] == 'BN'
    assert found == expected
    info = read_run_info(config, {'dataset_meta': {'classes': CLASSES}})
    assert info.resize == (36, 36)
    assert info.alignment == 'rafdb'
    assert info.synthetic


@pytest.mark.filterwarnings('ignore:the weights come from the synthetic')
def test_T6_pack_and_predict_take_it(config, tmp_path):
    _, weights = write_run(tmp_path)
    picture = np.random.default_rng(0).integers(0, 256, (50, 40, 3), np.uint8)
    packed = tmp_path / 'x.safetensors'
    save_safetensors_model(config, weights, packed)
    named, message = (
        ExpressionPredictor(*source, faces='whole_image')(picture)[0]
        for source in ((small_config(), weights), (None, packed))
    )
    # ONNX Runtime here, torch there
    assert named.probabilities == pytest.approx(
        message.probabilities, abs=1e-6
    )
    assert load_trained(config, weights).info.synthetic


def test_T6_data_are_audited_drawn_and_read(config, tmp_path):
    train, test = open_parts(config, None)
    assert (train.kind, test.kind) == ('DemoFaces', 'DemoFaces')
    assert train.ours and len(test) == 7
    browse(config, 'train', 1, 1, 0, tmp_path / 'x.png')
    assert (tmp_path / 'x.png').is_file()
    _, weights = write_run(tmp_path, steps=0)
    data = build_dataset(load_trained(config, weights), 'train')
    pixels, labels = read_pixels(data)  # T5: of a concatenated set
    assert pixels.shape == (7, 3, 32, 32)
    assert sorted(labels) == list(range(7))


@pytest.mark.parametrize(
    ('given', 'name'),
    [
        ('ResNet', 'ResNet'),
        ('mmpretrain.ResNet', 'ResNet'),
        (GResNet, 'GResNet'),
        (GConv, 'GConv'),
        ('csgresnet_mm.models.GResNet', 'GResNet'),
        (GlobalAveragePooling, 'GlobalAveragePooling'),
        (nn.ReLU, 'ReLU'),
        (nn.BatchNorm2d, 'BN'),
        (dict, 'builtins.dict'),
        ('no.such', 'no.such'),
        (None, None),
    ],
)
def test_T6_names_of_types(given, name):
    assert registered_name(given) == name


def test_T5_images_of_joined_sets_are_read(config, tmp_path):
    faces = config.test_dataloader.dataset
    config.test_dataloader.dataset = dict(
        type='ConcatDataset', datasets=[faces, faces]
    )
    _, weights = write_run(tmp_path, steps=0)
    pixels, _ = read_pixels(
        build_dataset(load_trained(config, weights), 'test')
    )
    assert pixels.shape == (14, 3, 32, 32)


def test_T5_images_for_int8_are_looked_for_before_the_export(tmp_path):
    config, weights = write_run(tmp_path, steps=0)
    config.dump(tmp_path / 'x.py')
    out = tmp_path / 'x.onnx'
    arguments = [tmp_path / 'x.py', weights, out, '--int8']
    with (
        patch('csgresnet_mm.programs.onnx_export.cli.export_onnx') as export,
        pytest.raises((SystemExit, ValueError)),
    ):
        export_main([str(argument) for argument in arguments])
    assert not export.called
