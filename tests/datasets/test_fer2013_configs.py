"""The configs of FER2013 and FER+ read the parts they name."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmpretrain.registry import DATASETS, MODELS

import csgresnet_mm.models
from csgresnet_mm.datasets import fer2013, ferplus
from csgresnet_mm.datasets.layouts.fer2013 import write_csv
from csgresnet_mm.datasets.layouts.ferplus import write_csv as write_plus

CONFIGS = Path(__file__).parents[2] / 'configs'
REGISTERED = (csgresnet_mm.models, fer2013, ferplus)
PARTS = {
    'fer2013': ({}, ('train', 'val', 'test'), (28, 14, 14)),
    'fer2013-paper': (
        dict(seed=0),
        ('paper_train', 'paper_test', 'paper_test'),
        (49, 7, 7),
    ),
    'ferplus': (
        dict(label_source='fer2013new', rule='majority'),
        ('train', 'val', 'test'),
        (32, 16, 16),
    ),
    'ferplus-28236': (
        dict(label_source='label_csv', rule='majority'),
        ('trainval', 'test', 'test'),
        (48, 16, 16),
    ),
    'ferplus-soft': (
        dict(label_source='fer2013new'),
        ('train', 'val', 'test'),
        (33, 16, 16),
    ),
}


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_csv(tmp_path / 'fer', 4, 0)
    write_plus(tmp_path / 'plus', 4, 0)
    monkeypatch.setenv('FER2013_ROOT', str(tmp_path / 'fer'))
    monkeypatch.setenv('FERPLUS_ROOT', str(tmp_path / 'plus'))
    return lambda name: Config.fromfile(CONFIGS / f'csgresnet18_{name}.py')


@pytest.mark.parametrize('name', PARTS)
def test_parts(load, name: str) -> None:
    options, splits, sizes = PARTS[name]
    config = load(name)
    for loader, split, size in zip(
        ('train', 'val', 'test'), splits, sizes, strict=True
    ):
        found = config[f'{loader}_dataloader']
        assert found.batch_size == 64
        assert found.sampler.shuffle is (loader == 'train')
        data = DATASETS.build(found.dataset)
        assert (data.split, len(data)) == (split, size)
        assert data.test_mode is (loader != 'train')
        for option, value in options.items():
            assert getattr(data, option) == value
        classes = len(data.CLASSES)
        assert config.model.head.num_classes == classes
        assert config.data_preprocessor.num_classes == classes


def test_soft_labels_are_trained(load) -> None:
    """The loss is that of the shares of the votes."""
    config = load('ferplus-soft')
    data = DATASETS.build(config.train_dataloader.dataset)
    preprocessor = dict(type='ClsDataPreprocessor', **config.data_preprocessor)
    model = MODELS.build(dict(config.model, data_preprocessor=preprocessor))
    model.eval()
    # images 0 and 1: six votes to three, and a tie
    batch = pseudo_collate([data[0], data[1]])
    batch = model.data_preprocessor(batch, training=False)
    shares = torch.zeros(2, 8)
    shares[0, :2] = torch.tensor([2 / 3, 1 / 3])
    shares[1, :2] = 0.5
    logits = model(batch['inputs'], mode='tensor')
    expected = -(shares * logits.log_softmax(1)).sum(1).mean()
    loss = model(**batch, mode='loss')['loss']
    torch.testing.assert_close(loss, expected)


def test_hard_labels_beside_soft_ones(load) -> None:
    config = load('ferplus-soft')
    data = DATASETS.build(config.val_dataloader.dataset)
    sample = data[0]['data_samples']
    assert 'gt_score' not in sample
    labels = Counter(data.get_gt_labels().tolist())
    assert labels == dict.fromkeys(range(8), 2)
