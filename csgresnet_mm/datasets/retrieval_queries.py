"""A data set of classes as the queries of an image retrieval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from mmpretrain.registry import DATASETS

from csgresnet_mm.datasets.errors import DatasetError


@DATASETS.register_module()
class RetrievalQueries:
    """Wraps a data set: the label becomes the gallery's images of the class.

    That is what MMPretrain's ``RetrievalRecall`` and
    ``RetrievalAveragePrecision`` expect of ``ImageToImageRetriever``::

        test_dataloader.dataset = dict(
            type='RetrievalQueries',
            dataset=dict(type='RAFDB', data_root=ROOT, split='test'),
            gallery=dict(type='RAFDB', data_root=ROOT, split='train'),
            pipeline=test_pipeline,
        )

    Args:
        dataset: Config of the queries, or the data set itself.
        gallery: Config of what is searched, or the data set itself: that of
            the model's ``prototype``, in the same order.
        pipeline: Of those that are given as a config; here, since the
            inferencer looks for it here.

    Raises:
        DatasetError: The two name their classes differently, or no image of
            the gallery has the class of a query.
    """

    def __init__(
        self,
        dataset: Mapping[str, Any] | Any,
        gallery: Mapping[str, Any] | Any,
        pipeline: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self.dataset = _build(dataset, pipeline)
        self.gallery = _build(gallery, pipeline)
        queries, searched = (
            tuple(each.metainfo.get('classes', ()))
            for each in (self.dataset, self.gallery)
        )
        if queries != searched:
            raise DatasetError(
                f'the queries have the classes {queries}, the gallery '
                f'{searched}; expected the same in the same order'
            )

    @property
    def metainfo(self) -> dict[str, Any]:
        """Of the queries."""
        return self.dataset.metainfo

    def full_init(self) -> None:
        """Read both indexes."""
        self.dataset.full_init()
        self.gallery.full_init()

    def get_data_info(self, idx: int) -> dict[str, Any]:
        """Entry of a query, with the label that it has of itself."""
        return self.dataset.get_data_info(idx)

    def get_cat_ids(self, idx: int) -> list[int]:
        """Class of a query."""
        return self.dataset.get_cat_ids(idx)

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, idx: int) -> dict[str, Any]:
        sample = self.dataset[idx]
        label = int(sample['data_samples'].gt_label)
        alike = np.flatnonzero(self._labels == label)
        if not len(alike):
            raise DatasetError(
                f'query {idx} has the label {label}; expected one of '
                f"the gallery's {np.unique(self._labels).tolist()}"
            )
        sample['data_samples'].set_gt_label(alike)
        return sample

    @cached_property
    def _labels(self) -> np.ndarray:
        """Label of each image of the gallery, shape (n,)."""
        return np.asarray(self.gallery.get_gt_labels())


def _build(
    dataset: Mapping[str, Any] | Any, pipeline: Sequence[Mapping[str, Any]]
) -> Any:
    if isinstance(dataset, Mapping):
        return DATASETS.build({**dataset, 'pipeline': pipeline})
    return dataset
