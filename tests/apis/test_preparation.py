"""A picture gets the scores of tools/test.py, or a refusal (T13)."""

from __future__ import annotations

import copy

import cv2
import numpy as np
import pytest
import torch
from mmengine.dataset import Compose
from mmengine.registry import init_default_scope
from mmpretrain.registry import MODELS, TRANSFORMS
from torch import nn

from csgresnet_mm.apis import ExpressionPredictor
from csgresnet_mm.apis.preparation import read_test_pipeline
from csgresnet_mm.apis.run_info import read_run_info
from csgresnet_mm.apis.trained import load_trained
from csgresnet_mm.programs.onnx_export.exported_network import ExportedNetwork
from tests.apis.small_run import CLASSES, small_config, write_run

META = {'dataset_meta': {'classes': CLASSES}}


def steps(config):
    return config.test_dataloader.dataset.pipeline


@pytest.fixture
def picture(tmp_path):
    """300x200 pixels, without a loss, not alike in any part."""
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (5, 7, 3), np.uint8)
    path = tmp_path / 'wide.png'
    cv2.imwrite(str(path), cv2.resize(small, (300, 200)))
    return path


@pytest.mark.parametrize(
    'change',
    [
        {},
        dict(interpolation='nearest'),
        dict(interpolation='area', scale=(60, 40)),
        dict(keep_ratio=False, backend='cv2', clip_object_border=False),
    ],
)
def test_T13_the_scores_are_those_of_the_pipeline(tmp_path, picture, change):
    config, weights = write_run(tmp_path)
    steps(config)[1].update(change)
    init_default_scope('mmpretrain')
    model = load_trained(config, weights).model
    sample = Compose([TRANSFORMS.build(step) for step in steps(config)])(
        dict(img_path=str(picture))
    )
    batch = dict(
        inputs=sample['inputs'][None], data_samples=[sample['data_samples']]
    )
    with torch.no_grad():
        (expected,) = model.test_step(batch)
    predictor = ExpressionPredictor(config, weights, faces='whole_image')
    (found,) = predictor(picture)
    assert list(found.probabilities.values()) == pytest.approx(
        expected.pred_score.tolist(), abs=1e-5
    )


REFUSED = {
    'ratio': (1, dict(keep_ratio=True), r'Resize\(keep_ratio=True\)'),
    'other library': (1, dict(backend='pillow'), r"\(backend='pillow'\)"),
    'unknown way': (1, dict(interpolation='hamming'), "'hamming'"),
    'floats': (0, dict(to_float32=True), r'\(to_float32=True\)'),
    'alpha': (0, dict(color_type='unchanged'), r"'unchanged'"),
    'padding': (2, dict(auto_pad=True), r'CenterCrop\(auto_pad=True\)'),
    'edge': (1, dict(type='ResizeEdge'), "'ResizeEdge'"),
    'factor': (1, dict(scale=None), "'Resize'"),
}


@pytest.mark.parametrize('name', REFUSED)
def test_T13_what_would_give_other_scores_is_refused(tmp_path, name):
    place, change, message = REFUSED[name]
    config, weights = write_run(tmp_path, steps=0)
    steps(config)[place].update(change)
    if change.get('scale', 1) is None:
        del steps(config)[1].scale
        steps(config)[1].scale_factor = 0.5
    with pytest.raises(ValueError, match=f'the test pipeline has.*{message}'):
        load_trained(config, weights)


def test_T13_padded_batches_are_refused():
    config = small_config()
    config.data_preprocessor.pad_size_divisor = 64
    with pytest.raises(ValueError, match='pad_size_divisor=64'):
        read_run_info(config, META)


def test_T5_concatenated_test_sets_have_a_pipeline():
    config = small_config()
    own = config.test_dataloader.dataset
    config.test_dataloader.dataset = dict(
        type='ConcatDataset',
        datasets=[own, dict(type='RepeatDataset', dataset=own, times=1)],
    )
    assert read_test_pipeline(config).resize == (36, 36)
    other = copy.deepcopy(own)
    other.pipeline[1].scale = (40, 40)
    config.test_dataloader.dataset.datasets[1] = other
    with pytest.raises(ValueError, match=r'differently: .*36.*40'):
        read_test_pipeline(config)


@pytest.mark.parametrize('kind', ['MultiLabelLinearClsHead', 'MultiTaskHead'])
def test_T14_heads_of_several_answers_are_refused(tmp_path, kind):
    config, weights = write_run(tmp_path, steps=0)
    own = config.model.head
    config.model.head = (
        dict(type=kind, task_heads=dict(a=own, b=own))
        if kind == 'MultiTaskHead'
        else dict(own, type=kind)
    )
    with pytest.raises(
        ValueError, match=f'model.head is {kind}; expected one that gives one'
    ):
        load_trained(config, weights)


def test_T14_a_model_without_neck_is_exported():
    class Pooled(nn.Module):
        """A backbone that needs no neck."""

        def forward(self, x):
            return (x.mean((2, 3)),)

    model = MODELS.build(
        dict(
            type='ImageClassifier',
            backbone=dict(type='ResNet', depth=18),
            head=dict(type='LinearClsHead', num_classes=5, in_channels=3),
        )
    )
    model.backbone = Pooled()
    info = read_run_info(small_config(), META)
    x = torch.rand(2, 3, 32, 32)
    found = ExportedNetwork(model, info, logits=True).eval()(x)
    torch.testing.assert_close(found, model.eval()(x, mode='tensor'))
