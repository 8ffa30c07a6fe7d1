"""How the network of a run is used, from its config and checkpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.config import Config
from mmpretrain.registry import DATASETS

from csgresnet_mm.apis.config_reading import (
    find_type,
    leaf_settings,
    type_name,
)
from csgresnet_mm.apis.model_info import UNKNOWN, ModelInfo
from csgresnet_mm.apis.preparation import read_test_pipeline
from csgresnet_mm.apis.safe_config import model_as_data
from csgresnet_mm.engine.class_order import find_classes
from csgresnet_mm.engine.hooks.fingerprint_hook import META_KEY

SYNTHETIC = 'DemoFaces'


def read_run_info(
    config: Config,
    meta: Mapping[str, Any],
    classes: Sequence[str] | None = None,
) -> ModelInfo:
    """Read it from a run's config and its checkpoint's ``meta``.

    Args:
        config: With a model, a data preprocessor and a test data set.
        meta: Of the checkpoint.
        classes: For a checkpoint that names none.

    Raises:
        ValueError: The classes are not known, or the test pipeline or the
            data preprocessor does something that is not done by those who
            read this: naming it.
    """
    found = find_classes({'meta': dict(meta)}) or tuple(classes or ())
    if not found:
        raise ValueError(
            "meta['dataset_meta']['classes'] is not in the checkpoint; "
            'expected the names of the classes: give them yourself'
        )
    prepared = read_test_pipeline(config)
    order, mean, std = _read_preprocessor(config)
    return ModelInfo(
        classes=found,
        input_size=prepared.input_size,
        channel_order=order,
        mean=mean,
        std=std,
        resize=prepared.resize,
        interpolation=prepared.interpolation,
        alignment=_find_alignment(config, meta),
        synthetic=is_synthetic(config, meta),
        fingerprint=_find_fingerprint(meta),
        config=json.dumps(model_as_data(config), sort_keys=True),
        grey_data=_is_grey(config),
    )


def _read_preprocessor(
    config: Config,
) -> tuple[str, tuple[float, ...], tuple[float, ...]]:
    """Channel order, mean and standard deviation."""
    model = config['model']
    settings = model.get('data_preprocessor') or config.get(
        'data_preprocessor', {}
    )
    if settings.get('pad_size_divisor', 1) != 1:
        raise ValueError(
            f'data_preprocessor.pad_size_divisor='
            f'{settings["pad_size_divisor"]!r} is done by tools/test.py '
            'only: expected 1, else the scores would be others'
        )
    channels = model['backbone'].get('in_channels', 3)
    order = 'rgb' if settings.get('to_rgb') else 'bgr'
    if channels == 1:
        order = 'grey'
    mean = settings.get('mean') or [0.0] * channels
    std = settings.get('std') or [1.0] * channels
    return order, tuple(map(float, mean)), tuple(map(float, std))


def _find_alignment(config: Config, meta: Mapping[str, Any]) -> str:
    alignment = (meta.get('dataset_meta') or {}).get('alignment')
    if alignment is None:
        leaf = next(leaf_settings(config['test_dataloader']['dataset']))
        kind = find_type(leaf.get('type'), DATASETS)
        alignment = getattr(kind, 'METAINFO', {}).get('alignment')
    return UNKNOWN if alignment is None else str(alignment)


def _is_grey(config: Config) -> bool:
    leaf = next(leaf_settings(config['test_dataloader']['dataset']))
    return bool(getattr(find_type(leaf.get('type'), DATASETS), 'GREY', False))


def is_synthetic(config: Config, meta: Mapping[str, Any]) -> bool:
    """Whether a network was trained on drawn faces."""
    parts = (meta.get(META_KEY) or {}).get('train', ())
    if parts:
        return any(part.get('dataset') == SYNTHETIC for part in parts)
    settings = (config.get('train_dataloader') or {}).get('dataset') or {}
    return any(
        type_name(leaf.get('type')) == SYNTHETIC
        for leaf in leaf_settings(settings)
    )


def _find_fingerprint(meta: Mapping[str, Any]) -> str | None:
    parts = (meta.get(META_KEY) or {}).get('train', ())
    found = [str(part['fingerprint']) for part in parts]
    return '+'.join(found) or None
