"""Images of a run's data sets, and what its network says of them."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import torch
from mmpretrain.registry import DATASETS
from torch import Tensor

from csgresnet_mm.apis.config_reading import leaf_settings
from csgresnet_mm.apis.trained import Network, probabilities
from csgresnet_mm.datasets.wrapped import read_labels
from csgresnet_mm.engine.class_order import canonical
from csgresnet_mm.evaluation import Predictions

Array = np.ndarray[Any, Any]
BATCH = 32


def build_dataset(trained: Network, split: str) -> Any:
    """The data set of a split, without augmentation.

    Args:
        trained: The network, with its run's config.
        split: 'train', 'val' or 'test'.

    Raises:
        ValueError: The config has no such data set.
    """
    key = f'{split}_dataloader'
    for name in (key, 'test_dataloader'):
        if trained.config.get(name) is None:
            raise ValueError(f'the config has no {name}; expected its data')
    settings = copy.deepcopy(trained.config[key]['dataset'])
    test = trained.config['test_dataloader']['dataset']
    pipeline = next(leaf_settings(test))['pipeline']
    for leaf in leaf_settings(settings):
        leaf['pipeline'] = pipeline
    return DATASETS.build(settings)


def read_pixels(dataset: Any, count: int | None = None) -> tuple[Array, Array]:
    """Images and labels, evenly chosen.

    Args:
        dataset: From :func:`build_dataset`.
        count: How many images; None, or more than there are, takes all.

    Returns:
        uint8 as MMCV reads them, blue first, shape (n, channels, H, W), and
        labels, shape (n,).
    """
    total = len(dataset)
    chosen = np.arange(total)
    if count is not None and count < total:
        chosen = np.linspace(0, total - 1, count).round().astype(np.int64)
    images = [dataset[int(index)]['inputs'].numpy() for index in chosen]
    return np.stack(images), read_labels(dataset)[chosen]


def normalise(trained: Network, pixels: Tensor) -> Tensor:
    """What the network takes, by the model's own preprocessor.

    Args:
        trained: The network.
        pixels: As :func:`read_pixels` gives them.

    Returns:
        float32, the same shape.
    """
    return trained.model.data_preprocessor({'inputs': pixels})['inputs']


def predict_split(trained: Network, split: str) -> Predictions:
    """What the network says of a split, without augmentation.

    Args:
        trained: The network.
        split: 'train', 'val' or 'test'.

    Raises:
        ValueError: The config has no such data, or its classes are not the
            network's.
    """
    dataset = build_dataset(trained, split)
    classes = tuple(dataset.metainfo['classes'])
    own = trained.classes or classes
    if canonical(classes) != canonical(own):
        raise ValueError(
            f'the {split} split has the classes {classes}; expected those of '
            f'the network, {own}'
        )
    scores = []
    for start in range(0, len(dataset), BATCH):
        chosen = range(start, min(start + BATCH, len(dataset)))
        pixels = torch.stack([dataset[index]['inputs'] for index in chosen])
        found = probabilities(trained.model, normalise(trained, pixels))
        scores.append(found.numpy())
    names = [
        str(dataset.get_data_info(index).get('img_path', index))
        for index in range(len(dataset))
    ]
    return Predictions(
        np.concatenate(scores).astype(np.float32),
        read_labels(dataset).astype(np.int64),
        tuple(names),
        classes,
    )
