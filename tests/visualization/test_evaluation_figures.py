"""Figures of the evaluation page."""

import numpy as np
import pytest

from csgresnet_mm.evaluation import reliability_bins, summarise
from csgresnet_mm.visualization import (
    draw_by_class,
    draw_curves,
    draw_reliability,
)
from tests.evaluation.made import make

NAN = float('nan')


@pytest.mark.parametrize('count', [1, 2000])
def test_reliability(tmp_path, count):
    bins = reliability_bins(make(count))
    files = draw_reliability(*bins, tmp_path / 'a', stamp='drawn')
    again = draw_reliability(*bins, tmp_path / 'b', stamp='drawn')
    for path, other in zip(files, again, strict=True):
        assert path.stat().st_size > 1000
        assert path.read_bytes() == other.read_bytes()


def test_bins_are_those_of_the_calibration_error():
    made = make(500)
    bins = reliability_bins(made)
    assert bins.images.sum() == 500
    gaps = np.abs(bins.confidence - bins.accuracy) * bins.images
    error = 100 * np.nansum(gaps) / 500
    assert error == pytest.approx(summarise(made).calibration_error)


def test_reliability_of_nothing_is_refused(tmp_path):
    with pytest.raises(ValueError, match='2 bins of 0 images'):
        draw_reliability([0, 0], [NAN, NAN], [NAN, NAN], tmp_path / 'a')


def test_by_class_with_classes_without_images(tmp_path):
    png, svg = draw_by_class(
        [50, NAN], [NAN, 25], [4, 0], ['a', 'b'], tmp_path / 'a'
    )
    assert png.is_file()
    assert svg.read_text().count('none') >= 2


def test_by_class_of_other_lengths_is_refused(tmp_path):
    with pytest.raises(ValueError, match='do not fit 1 classes'):
        draw_by_class([1, 2], [1, 2], [3, 4], ['a'], tmp_path / 'a')


def test_curves_may_lack_an_epochs_accuracy(tmp_path):
    rows = [
        dict(epoch=1, split='val', loss=2.0),
        dict(epoch=2, split='val', loss=1.0, top1=50.0),
        dict(epoch=3, split='val', top1=60.0),
    ]
    assert len(draw_curves({'a': rows}, tmp_path / 'curves')) == 2
