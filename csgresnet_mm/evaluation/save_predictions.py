"""A metric that keeps what the network said about each image."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from mmpretrain.registry import METRICS

from csgresnet_mm.evaluation.predictions import Predictions


@METRICS.register_module()
class SavePredictions(BaseMetric):
    """Writes :class:`Predictions` at the end of a validation or test.

    It adds no figure to the log. Put it beside other metrics::

        test_evaluator = [
            dict(type='Accuracy', topk=(1,)),
            dict(type='SavePredictions', out_file='work/predictions.npz'),
        ]

    Each image is there once, in the order of the data set: also with several
    processes, among which a sampler repeats some.

    Args:
        out_file: Path of the .npz file; an older one is replaced.
        collect_device: As in MMEngine.
        collect_dir: As in MMEngine.

    Raises:
        ValueError: A sample has no ``pred_score``, not one ``gt_label``, or
            no ``sample_idx``; an image came twice; or the data set names no
            classes.
    """

    default_prefix = 'predictions'  # without one, MMEngine warns

    def __init__(
        self,
        out_file: str | os.PathLike[str],
        *,
        collect_device: str = 'cpu',
        collect_dir: str | None = None,
    ) -> None:
        super().__init__(
            collect_device=collect_device, collect_dir=collect_dir
        )
        self.out_file = os.fspath(out_file)

    def process(
        self, data_batch: Any, data_samples: Sequence[Mapping[str, Any]]
    ) -> None:
        """Keep a batch.

        Args:
            data_batch: Not used.
            data_samples: What the network gave, one a sample.
        """
        self.results.extend(_row(sample) for sample in data_samples)

    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, Any]:
        """Write the file; there are no figures."""
        classes = (self.dataset_meta or {}).get('classes')
        if not classes:
            raise ValueError(
                'the data set names no classes; expected metainfo["classes"]'
            )
        rows = sorted(results, key=lambda row: row['index'])
        for row, following in zip(rows, rows[1:], strict=False):
            if row['index'] == following['index']:
                raise ValueError(
                    f'sample_idx {row["index"]} came twice '
                    f'({row["name"]}, {following["name"]}); expected every '
                    'image once, of one data set'
                )
        Predictions(
            np.stack([row['scores'] for row in rows]),
            np.array([row['label'] for row in rows], np.int64),
            tuple(row['name'] for row in rows),
            tuple(classes),
        ).save(self.out_file)
        print_log(f'Wrote {self.out_file}', logger='current')
        return {}


def _row(sample: Mapping[str, Any]) -> dict[str, Any]:
    index = sample.get('sample_idx')
    scores, label = sample.get('pred_score'), sample.get('gt_label')
    if index is None:
        raise ValueError(
            f'{sample.get("img_path")}: no sample_idx; expected it among '
            "meta_keys of the pipeline's PackInputs"
        )
    name = str(sample.get('img_path', f'#{index}'))
    if scores is None:
        raise ValueError(
            f'{name}: no pred_score; expected a head that gives probabilities'
        )
    if label is None or label.numel() != 1:
        raise ValueError(f'{name}: gt_label={label}; expected one label')
    return {
        'index': int(index),
        'name': name,
        'scores': scores.float().cpu().numpy(),
        'label': int(label),
    }
