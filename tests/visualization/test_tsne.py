"""Features of a classifier, and their embedding."""

import sys

import numpy as np
import pytest
import torch
from mmpretrain.registry import MODELS

from csgresnet_mm.visualization import collect_features, embed


def classifier():
    return MODELS.build(
        {
            'type': 'ImageClassifier',
            'backbone': {'type': 'ResNet', 'depth': 18},
            'neck': {'type': 'GlobalAveragePooling'},
            'head': {
                'type': 'LinearClsHead',
                'num_classes': 3,
                'in_channels': 512,
            },
        }
    )


def test_features_are_what_the_last_layer_takes():
    torch.manual_seed(0)
    model = classifier().train()
    images, labels = torch.randn(5, 3, 32, 32), torch.arange(5)
    batches = [(images[:3], labels[:3]), (images[3:], labels[3:])]
    features, found = collect_features(model, batches)
    assert features.shape == (5, 512) and found.tolist() == [0, 1, 2, 3, 4]
    assert model.training
    model.eval()
    with torch.no_grad():
        scores = model.head.fc(torch.from_numpy(features))
        torch.testing.assert_close(scores, model(images))


def test_groups_stay_apart_and_the_seed_decides():
    rng = np.random.default_rng(0)
    centres = 20 * rng.normal(size=(2, 1, 16))
    features = (centres + rng.normal(size=(2, 20, 16))).reshape(40, 16)
    found = embed(features, seed=1)
    assert found.shape == (40, 2)
    assert np.array_equal(found, embed(features, seed=1))
    one, two = found[:20], found[20:]
    apart = np.linalg.norm(one.mean(0) - two.mean(0))
    assert apart > np.linalg.norm(one - one.mean(0), axis=1).max()


def test_few_samples_are_reported():
    with pytest.raises(ValueError, match='2 samples, expected at least 3'):
        embed(np.ones((2, 4)))


def test_a_missing_package_is_named_with_its_pip_line(monkeypatch):
    monkeypatch.setitem(sys.modules, 'sklearn.manifold', None)
    with pytest.raises(ImportError, match=r"pip install 'csgresnet_mm\[repro"):
        embed(np.ones((9, 4)))
