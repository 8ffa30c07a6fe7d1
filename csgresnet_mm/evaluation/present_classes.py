"""Means over the classes that a test set has."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.logging import print_log
from mmpretrain.evaluation import SingleLabelMetric
from mmpretrain.registry import METRICS


@METRICS.register_module()
class PresentClassesMetric(SingleLabelMetric):
    """MMPretrain's SingleLabelMetric over the classes that have images.

    MMPretrain counts a class without images as one of recall 0, so that a
    perfect network on three classes of seven has a mean class accuracy of
    43 %. Here its macro means are over the classes that the data have, as in
    scikit-learn's ``balanced_accuracy_score``, and the log names the others.
    With ``average`` other than 'macro' nothing differs.

    Args:
        *args: As in SingleLabelMetric.
        **kwargs: As in SingleLabelMetric.
    """

    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, Any]:
        """See the base class."""
        if self.average != 'macro':
            return super().compute_metrics(results)
        labels = torch.cat([result['gt_label'] for result in results])
        present = labels.unique()
        self.average = None  # each class by itself
        try:
            by_class = super().compute_metrics(results)
        finally:
            self.average = 'macro'
        sizes = {len(values) for values in by_class.values()}
        self._log(present.tolist(), max(sizes, default=0))
        return {
            key.removesuffix('_classwise'): self._mean(key, values, present)
            for key, values in by_class.items()
        }

    @staticmethod
    def _mean(key: str, values: list[float], present: torch.Tensor) -> float:
        found = torch.tensor(values, dtype=torch.float32)[present]
        total = key.startswith('support')
        return (found.sum() if total else found.mean()).item()

    def _log(self, present: list[int], size: int) -> None:
        names = (self.dataset_meta or {}).get('classes') or range(size)
        absent = [
            str(name)
            for label, name in enumerate(names)
            if label not in present
        ]
        if absent:
            print_log(
                f'Classes without images, left out of means over classes: '
                f'{", ".join(absent)}',
                logger='current',
            )
