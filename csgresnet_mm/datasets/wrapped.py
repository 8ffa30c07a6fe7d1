"""What a data set is, through the data sets that wrap it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np


def unwrap(dataset: Any) -> Iterator[Any]:
    """The data set and, if it wraps others, all that it wraps."""
    yield dataset
    inner = getattr(dataset, 'datasets', None)
    if inner is None:
        inner = [dataset.dataset] if hasattr(dataset, 'dataset') else []
    for part in inner:
        yield from unwrap(part)


def leaves(dataset: Any) -> list[Any]:
    """The data sets that wrap no other."""
    return [
        part
        for part in unwrap(dataset)
        if not hasattr(part, 'dataset') and not hasattr(part, 'datasets')
    ]


def class_names(dataset: Any) -> tuple[str, ...] | None:
    """The names of the classes in their order, or None if it names none."""
    metainfo = getattr(dataset, 'metainfo', None) or {}
    classes = metainfo.get('classes')
    return None if classes is None else tuple(classes)


def read_labels(dataset: Any) -> np.ndarray:
    """The label of each sample, in the order of the samples.

    Returns:
        Shape (n,), int64.

    Raises:
        ValueError: A sample has no label, or more than one; or the data set
            has none without reading the images.
    """
    if not hasattr(dataset, 'get_data_info'):
        raise ValueError(
            f'{type(dataset).__name__} has no get_data_info(), which gives '
            "labels without reading images; a data set of MMPretrain's or "
            "MMEngine's kind is expected"
        )
    labels = np.empty(len(dataset), np.int64)
    for index in range(len(dataset)):
        info = dataset.get_data_info(index)
        label = info.get('gt_label')
        if np.ndim(label) or label is None or label < 0:
            raise ValueError(
                f'{type(dataset).__name__}, sample {index} '
                f'({info.get("img_path")}): gt_label={label!r}; one label, 0 '
                'or more, is expected'
            )
        labels[index] = label
    return labels
