"""Every figure against scikit-learn, MMPretrain or a closed form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mmpretrain.evaluation import (
    Accuracy,
    ConfusionMatrix,
    SingleLabelMetric,
)
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    recall_score,
)

from csgresnet_mm.evaluation import Predictions, summarise
from csgresnet_mm.evaluation.tallies import BINS, STATISTICS, tally

from .made import from_pairs, make

SIZE = 4
PAIRS = st.lists(
    st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1)),
    min_size=1,
    max_size=40,
)


def check_against_sklearn(predictions: Predictions) -> None:
    found = summarise(predictions)
    true, given_ = predictions.labels, predictions.given
    size = len(predictions.classes)
    there = sorted(set(true.tolist()))
    close = dict(rel=1e-5, abs=1e-4)
    assert found.n == len(true)
    assert found.accuracy == pytest.approx(
        100 * accuracy_score(true, given_), **close
    )
    recall = recall_score(
        true, given_, labels=range(size), average=None, zero_division=np.nan
    )
    assert found.class_recall == pytest.approx(
        100 * recall, nan_ok=True, **close
    )
    # balanced_accuracy_score, which warns of classes only in the output
    assert found.mean_class_accuracy == pytest.approx(
        100 * np.nanmean(recall), **close
    )
    score = f1_score(
        true, given_, labels=there, average='macro', zero_division=0
    )
    assert found.macro_f1 == pytest.approx(100 * score, **close)
    assert np.array_equal(
        found.confusion,
        confusion_matrix(true, given_, labels=range(size)),
    )


@settings(derandomize=True, deadline=None, max_examples=60)
@given(PAIRS)
def test_figures_are_those_of_sklearn_with_absent_classes_too(pairs):
    check_against_sklearn(from_pairs(pairs, SIZE))


def test_figures_of_many_images():
    check_against_sklearn(make(1000))


@settings(derandomize=True, deadline=None, max_examples=60)
@given(PAIRS)
def test_sums_give_the_figures_of_the_summary(pairs):
    predictions = from_pairs(pairs, SIZE)
    found = summarise(predictions)
    sums = tally(predictions).weighted(np.ones((1, len(pairs))))
    for name, compute in STATISTICS.items():
        assert compute(sums) == pytest.approx(
            [getattr(found, name)], rel=1e-5, abs=1e-4
        )


def test_figures_are_those_of_mmpretrains_metrics():
    predictions = make(500)
    found = summarise(predictions)
    given_, true = predictions.given, predictions.labels
    size = len(predictions.classes)
    _, recall, f1, images = SingleLabelMetric.calculate(
        given_, true, num_classes=size, average=None
    )
    assert (images > 0).all()  # MMPretrain counts an absent class as 0
    close = dict(rel=1e-5)
    assert found.accuracy == pytest.approx(
        float(Accuracy.calculate(given_, true)), **close
    )
    assert found.class_recall == pytest.approx(recall.tolist(), **close)
    assert found.mean_class_accuracy == pytest.approx(
        float(recall.mean()), **close
    )
    assert found.macro_f1 == pytest.approx(float(f1.mean()), **close)
    confusion = ConfusionMatrix.calculate(given_, true, size)
    assert np.array_equal(found.confusion, confusion)


def test_a_class_of_equal_probabilities_is_one_in_every_figure():
    scores = np.full((4, 2), 0.5, np.float32)
    predictions = Predictions(
        scores, np.array([0, 0, 0, 1]), tuple('abcd'), ('x', 'y')
    )
    found = summarise(predictions)
    assert found.accuracy == 75
    assert found.confusion.tolist() == [[3, 0], [1, 0]]
    assert found.class_recall == (100, 0)


def loop_calibration_error(predictions: Predictions) -> float:
    """Guo et al. 2017, Eq. 3, image by image."""
    count = len(predictions)
    total = 0.0
    for bin_ in range(15):
        inside = []
        for row, label in zip(
            predictions.scores.astype(np.float64),
            predictions.labels,
            strict=True,
        ):
            confidence = max(row)
            if bin_ / 15 < confidence <= (bin_ + 1) / 15:
                inside.append((confidence, np.argmax(row) == label))
        if inside:
            confidences, rights = zip(*inside, strict=True)
            gap = abs(np.mean(confidences) - np.mean(rights))
            total += len(inside) / count * gap
    return 100 * total


@pytest.mark.parametrize('sharpness', [0, 1, 4])
def test_calibration_error_is_the_papers_sum(sharpness):
    made = make(300, sharpness=sharpness)
    found = summarise(made).calibration_error
    assert found == pytest.approx(loop_calibration_error(made))


def test_calibration_error_is_that_of_sklearns_reliability_curve():
    made = make(400, sharpness=1)
    confidence = made.scores.max(axis=1).astype(np.float64)
    rights, confidences = calibration_curve(
        made.right, confidence, n_bins=BINS
    )
    edges = np.linspace(0, 1, BINS + 1)
    counts = np.histogram(confidence, edges)[0]
    gaps = np.abs(rights - confidences) * counts[counts > 0] / 400
    assert summarise(made).calibration_error == pytest.approx(100 * gaps.sum())


@pytest.mark.parametrize(
    ('right', 'confidence', 'expected'),
    [(10, 1.0, 0), (0, 1.0, 100), (5, 0.75, 25), (5, 0.5, 0)],
)
def test_calibration_error_in_closed_form(right, confidence, expected):
    # ten images of class 0, given as 0 or 1
    pairs = [(0, 0)] * right + [(0, 1)] * (10 - right)
    predictions = from_pairs(pairs, 2, confidence)
    if confidence == 0.5:  # equal probabilities: always class 0
        predictions = Predictions(
            predictions.scores,
            np.array([0, 1] * 5),
            predictions.names,
            predictions.classes,
        )
    found = summarise(predictions).calibration_error
    assert found == pytest.approx(expected, abs=1e-4)


def test_a_confidence_is_in_its_bin():
    # no float32 between 0 and 1 is on an edge, a multiple of 1/15
    for confidence, bin_ in ((1.0, 14), (0.6, 9), (0.5, 7)):
        columns = tally(from_pairs([(0, 1)], 2, confidence))
        filled = np.flatnonzero(columns.gaps[0])
        exact = float(np.float32(confidence))
        assert filled.tolist() == [bin_]
        assert bin_ / 15 < exact <= (bin_ + 1) / 15
