"""The metric that keeps predictions: alone, among others, over processes."""

from __future__ import annotations

import os

import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmpretrain.evaluation import Accuracy
from mmpretrain.structures import DataSample
from torch import multiprocessing

from csgresnet_mm.evaluation import Predictions, SavePredictions
from tests.gloo import in_group

from .made import CLASSES, make


def samples(made: Predictions, order):
    """What a network gives of some images, in some order."""
    found = []
    for index in order:
        sample = DataSample(
            metainfo=dict(
                sample_idx=int(index), img_path=made.names[int(index)]
            )
        )
        sample.set_pred_score(torch.from_numpy(made.scores[index]))
        sample.set_pred_label(int(made.given[index]))
        sample.set_gt_label(int(made.labels[index]))
        found.append(sample)
    return found


def evaluator(path, *others):
    found = Evaluator([SavePredictions(path), *others])
    found.dataset_meta = dict(classes=CLASSES)
    return found


def check_same(found: Predictions, made: Predictions):
    assert np.array_equal(found.scores, made.scores)
    assert np.array_equal(found.labels, made.labels)
    assert (found.names, found.classes) == (made.names, made.classes)


def test_rows_are_in_the_order_of_the_data_set(tmp_path):
    made, path = make(10), tmp_path / 'p.npz'
    judge = evaluator(path, Accuracy(topk=(1,)))
    shuffled = samples(made, np.random.default_rng(0).permutation(10))
    judge.process(shuffled[:6], None)
    judge.process(shuffled[6:], None)
    figures = judge.evaluate(10)
    # no figure of its own, and those of others are untouched
    assert figures == {'accuracy/top1': pytest.approx(100 * made.right.mean())}
    check_same(Predictions.load(path), made)


def test_a_second_evaluation_replaces_the_first(tmp_path):
    path = tmp_path / 'p.npz'
    judge = evaluator(path)
    for seed in (0, 1):
        made = make(4, seed)
        judge.process(samples(made, range(4)), None)
        judge.evaluate(4)
        check_same(Predictions.load(path), made)


def test_half_precision_is_taken(tmp_path):
    made = make(6)
    found = samples(made, range(6))
    for sample in found:
        sample.pred_score = sample.pred_score.half()
    judge = evaluator(tmp_path / 'p.npz')
    judge.process(found, None)
    judge.evaluate(6)
    kept = Predictions.load(tmp_path / 'p.npz').scores
    assert np.array_equal(
        kept, made.scores.astype(np.float16).astype(np.float32)
    )


def without(name):
    def change(sample):
        delattr(sample, name)

    return change


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (without('sample_idx'), 'test_0000.jpg: no sample_idx; .*PackInputs'),
        (without('pred_score'), 'test_0000.jpg: no pred_score'),
        (without('gt_label'), 'test_0000.jpg: gt_label=None'),
        (
            lambda sample: sample.set_gt_label([0, 1]),
            'test_0000.jpg: gt_label=.*one label',
        ),
    ],
)
def test_what_is_missing_is_named(tmp_path, change, message):
    found = samples(make(2), range(2))
    change(found[0])
    with pytest.raises(ValueError, match=message):
        evaluator(tmp_path / 'p.npz').process(found, None)


def test_an_image_without_a_path_has_its_number_for_a_name(tmp_path):
    found = samples(make(2), range(2))
    for sample in found:
        del sample.img_path
    judge = evaluator(tmp_path / 'p.npz')
    judge.process(found, None)
    judge.evaluate(2)
    assert Predictions.load(tmp_path / 'p.npz').names == ('#0', '#1')


def test_an_image_that_comes_twice_is_refused(tmp_path):
    judge = evaluator(tmp_path / 'p.npz')
    judge.process(samples(make(3), [0, 1, 1]), None)
    with pytest.raises(ValueError, match='sample_idx 1 came twice'):
        judge.evaluate(3)
    assert not (tmp_path / 'p.npz').exists()


def test_a_data_set_without_classes_is_refused(tmp_path):
    judge = evaluator(tmp_path / 'p.npz')
    judge.dataset_meta = {}
    judge.process(samples(make(3), range(3)), None)
    with pytest.raises(ValueError, match='names no classes'):
        judge.evaluate(3)


COUNT, PROCESSES = 7, 2


def work(rank, folder):
    os.chdir(folder)  # MMEngine's metrics put their parts here
    with in_group(rank, folder, PROCESSES):
        # MMEngine's sampler deals 7 images out as 4 and 4: 0 comes again
        dealt = [*range(COUNT), 0][rank::PROCESSES]
        metric = SavePredictions('p.npz')
        metric.dataset_meta = dict(classes=CLASSES)
        metric.process(
            None, [each.to_dict() for each in samples(make(COUNT), dealt)]
        )
        figures = metric.evaluate(COUNT)
        torch.save(figures, f'{rank}.pth')


def test_padding_of_two_processes_is_left_out(tmp_path):
    multiprocessing.start_processes(
        work, (str(tmp_path),), nprocs=PROCESSES, start_method='fork'
    )
    check_same(Predictions.load(tmp_path / 'p.npz'), make(COUNT))
    assert [torch.load(tmp_path / f'{r}.pth') for r in (0, 1)] == [{}, {}]
