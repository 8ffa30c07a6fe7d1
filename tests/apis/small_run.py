"""A small classifier after some steps of training, and its files."""

from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmpretrain.registry import MODELS

from csgresnet_mm.apis.safe_config import model_as_data

CLASSES = ('anger', 'fear', 'joy', 'calm', 'other')


def small_config(**backbone: Any) -> Config:
    """16 channels wide, images of 32 pixels, shifted unless told."""
    width = backbone.pop('base_channels', 16)
    orientations = 1 if backbone.get('type') == 'ResNet' else 4
    neck = [{'type': 'GlobalAveragePooling'}]
    if orientations > 1:
        neck.append({'type': 'OrientationMaxPooling'})
        backbone.setdefault('channel_shift', {'stage': 1, 'divisor': 8})
    model = {
        'type': 'ImageClassifier',
        'backbone': {
            'type': 'GResNet',
            'depth': 18,
            'base_channels': width,
            'stem_channels': width,
            **backbone,
        },
        'neck': neck,
        'head': {
            'type': 'LinearClsHead',
            'num_classes': len(CLASSES),
            'in_channels': width * 8 // orientations,
        },
    }
    grey = backbone.get('in_channels') == 1
    statistics = {
        'mean': [117.0] if grey else [123.675, 116.28, 103.53],
        'std': [57.5] if grey else [58.395, 57.12, 57.375],
        'to_rgb': not grey,
    }
    pipeline = [
        {'type': 'LoadImageFromFile'},
        {'type': 'Resize', 'scale': (36, 36)},
        {'type': 'CenterCrop', 'crop_size': 32},
        {'type': 'PackInputs'},
    ]
    return Config(
        {
            'model': model,
            'data_preprocessor': statistics,
            'test_dataloader': {'dataset': {'pipeline': pipeline}},
        }
    )


def write_run(
    folder: Path, steps: int = 8, **backbone: Any
) -> tuple[Config, Path]:
    """Train some steps on noise that has a colour for each class.

    Returns:
        The config and the checkpoint's path.
    """
    config = small_config(**backbone)
    torch.manual_seed(0)
    model = MODELS.build(model_as_data(config))
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), 0.05, momentum=0.9)
    channels = backbone.get('in_channels', 3)
    for _ in range(steps):
        labels = torch.randint(len(CLASSES), (16,))
        x = torch.randn(16, channels, 32, 32) + labels[:, None, None, None]
        loss = torch.nn.functional.cross_entropy(
            model(x, mode='tensor'), labels
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    path = folder / 'epoch_1.pth'
    meta = {'dataset_meta': {'classes': CLASSES}, 'epoch': 1}
    torch.save({'state_dict': model.state_dict(), 'meta': meta}, path)
    return config, path
