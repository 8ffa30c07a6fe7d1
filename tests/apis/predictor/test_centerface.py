"""Boxes are compared and suppressed; what is damaged is named."""

import numpy as np
import pytest

from csgresnet_mm.apis.predictor import centerface


@pytest.fixture(autouse=True)
def fresh():
    centerface.open_centerface.cache_clear()
    yield
    centerface.open_centerface.cache_clear()


def test_overlaps_are_intersection_over_union():
    one = np.array([[0, 0, 10, 10], [0, 0, 10, 20], [3, 3, 3, 3]])
    other = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [20, 0, 30, 10]])
    wanted = [[1, 1 / 3, 0], [0.5, 0.2, 0], [0, 0, 0]]
    assert centerface.overlaps(one, other) == pytest.approx(np.array(wanted))
    assert centerface.overlaps(one[:0], other).shape == (0, 3)


def test_of_boxes_that_overlap_the_surest_stays():
    boxes = np.array(
        [[0, 0, 10, 10], [2, 0, 12, 10], [8, 0, 18, 10], [50, 0, 60, 10]]
    )
    scores = np.array([0.5, 0.9, 0.6, 0.7])
    # the third overlaps the second by a quarter only
    assert centerface.suppress(boxes, scores).tolist() == [1, 3, 2]
    assert centerface.suppress(boxes[:0], scores[:0]).tolist() == []


def test_a_map_of_heat_is_decoded():
    """One cell, by hand: row 2, column 3 of an input of 32 x 32 pixels."""
    outputs = [np.zeros((1, n, 8, 8), np.float32) for n in (1, 2, 2, 10)]
    heat, size, offset, landmarks = outputs
    heat[0, 0, 2, 3] = 0.75
    size[0, :, 2, 3] = np.log([5, 3])  # height 20, width 12
    offset[0, :, 2, 3] = [0.25, -0.5]  # y, x
    landmarks[0, :2, 2, 3] = [0.5, 0.25]  # y, x of the first
    boxes, points, scores = centerface._decode(outputs, 0.5)
    # centre: x (3 - 0.5 + 0.5) * 4 = 12, y (2 + 0.25 + 0.5) * 4 = 11
    assert boxes[0] == pytest.approx([6, 1, 18, 21])
    assert points[0, 0] == pytest.approx([6 + 0.25 * 12, 1 + 0.5 * 20])
    assert points[0, 1] == pytest.approx([6, 1])
    assert scores.tolist() == [0.75]
    assert centerface._decode(outputs, 0.8)[0].shape == (0, 4)


def test_a_damaged_file_is_named(monkeypatch, tmp_path):
    path = tmp_path / 'centerface.onnx'
    path.write_bytes(bytes(100))
    monkeypatch.setattr(centerface, 'find_detector', lambda: path)
    with pytest.raises(ValueError, match=r'centerface\.onnx: no ONNX file'):
        centerface.open_centerface()


@pytest.mark.predict
def test_one_network_for_a_process():
    assert centerface.open_centerface() is centerface.open_centerface()
