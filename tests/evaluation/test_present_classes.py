"""Means over classes leave out those without images."""

from __future__ import annotations

import pytest
import torch
from mmpretrain.evaluation import SingleLabelMetric
from mmpretrain.registry import METRICS

from csgresnet_mm.evaluation import PresentClassesMetric, present_classes

CLASSES = tuple('abcdefg')


@pytest.fixture
def logged(monkeypatch):
    found = []
    monkeypatch.setattr(
        present_classes, 'print_log', lambda text, **_: found.append(text)
    )
    return found


def evaluate(labels, given, kind=PresentClassesMetric, **options):
    metric = kind(**options)
    metric.dataset_meta = {'classes': CLASSES}
    scores = torch.nn.functional.one_hot(torch.tensor(given), len(CLASSES))
    samples = [
        dict(pred_score=score.float(), gt_label=torch.tensor([label]))
        for score, label in zip(scores, labels, strict=True)
    ]
    metric.process(None, samples)
    return metric.evaluate(len(samples))


def test_E9_mean_class_accuracy_of_three_classes_of_seven(logged):
    labels, given = [0, 0, 2, 2, 5, 5], [0, 1, 2, 2, 6, 6]
    found = evaluate(labels, given)
    assert found['single-label/recall'] == pytest.approx(50)
    assert found['single-label/precision'] == pytest.approx(200 / 3)
    assert found['single-label/f1-score'] == pytest.approx(500 / 9)
    assert logged == [
        'Classes without images, left out of means over classes: b, d, e, g'
    ]
    theirs = evaluate(labels, given, SingleLabelMetric)
    assert theirs['single-label/recall'] == pytest.approx(150 / 7)


@pytest.mark.parametrize(
    'options',
    [
        dict(average=None),
        dict(average='micro'),
        dict(items=['recall', 'support']),
        dict(thrs=[0.2, None], items=['recall']),
    ],
)
def test_nothing_else_differs(logged, options):
    labels, given = list(range(7)) * 2, [0, 1, 2, 3, 4, 5, 5] * 2
    ours = evaluate(labels, given, **options)
    theirs = evaluate(labels, given, SingleLabelMetric, **options)
    assert ours == {key: pytest.approx(theirs[key]) for key in theirs}
    assert logged == []


def test_it_can_be_used_twice(logged):
    metric = METRICS.build(dict(type='PresentClassesMetric'))
    for _ in range(2):
        metric.process(
            None,
            [dict(pred_score=torch.eye(7)[0], gt_label=torch.tensor([0]))],
        )
        assert metric.evaluate(1)['single-label/recall'] == 100
    assert metric.average == 'macro'
