"""Faces keep their numbers, and what lies between is moved."""

import math

import numpy as np
import pytest

from csgresnet_mm.apis.predictor import Detection, Frame
from csgresnet_mm.apis.predictor.tracking import Smoother, Tracker, follow


def face(x, y=0, side=20, score=0.8):
    points = np.full((5, 2), (x + side / 2, y + side / 2))
    return Detection((x, y, x + side, y + side), points, score)


def test_numbers_go_with_the_boxes_not_with_the_order():
    tracker = Tracker()
    assert list(tracker(0.0, [face(0), face(100)])) == [1, 2]
    assert list(tracker(0.1, [face(104), face(4)])) == [2, 1]
    assert list(tracker(0.2, [face(50), face(8)])) == [3, 1]


def test_the_largest_overlap_wins():
    tracker = Tracker()
    tracker(0.0, [face(0), face(10)])
    assert list(tracker(0.1, [face(8)])) == [2]
    assert list(tracker(0.2, [face(9), face(6)])) == [2, 1]


@pytest.mark.parametrize(('gap', 'number'), [(0.9, 1), (1.1, 2)])
def test_a_short_gap_keeps_the_number(gap, number):
    tracker = Tracker()
    tracker(0.0, [face(0)])
    assert tracker(gap / 2, []) == {}
    assert list(tracker(gap, [face(2)])) == [number]


def test_no_faces_and_empty_boxes_have_no_overlap():
    tracker = Tracker()
    tracker(0.0, [face(0, side=0)])
    assert list(tracker(0.1, [face(0, side=0)])) == [2]


def test_smoothing_is_exponential_in_seconds():
    for rate in (10, 40):
        smooth = Smoother(0.5)
        smooth(1, 0.0, np.array([1.0, 0.0]))
        for index in range(1, rate + 1):
            row = smooth(1, index / rate, np.array([0.0, 1.0]))
        assert row[0] == pytest.approx(math.exp(-1 / 0.5))
        assert row.sum() == pytest.approx(1)
    assert smooth(2, 5.0, np.array([0.3, 0.7])).tolist() == [0.3, 0.7]


def run(found, every, times=None):
    """Detections of frame after frame, None for one without a picture."""
    asked = []

    def detect(image):
        asked.append(int(image[0, 0, 0]))
        return found[asked[-1]]

    frames = [
        Frame(
            str(index),
            None if faces is None else np.full((1, 1, 3), index, np.uint8),
            number=index,
            time=times[index] if times else index / 10,
        )
        for index, faces in enumerate(found)
    ]
    return asked, list(follow(frames, detect, every))


def test_each_frame_is_looked_at():
    asked, message = run([[face(i), face(100)] for i in range(4)], 1)
    assert asked == [0, 1, 2, 3]
    assert [list(tracks) for _, tracks in message] == [[1, 2]] * 4


def test_every_nth_and_the_last_is_looked_at_and_the_rest_is_moved():
    found = [[face(3 * i, score=0.5 + i / 20)] for i in range(9)]
    asked, message = run(found, 3)
    assert asked == [0, 3, 6, 8]
    assert [frame.number for frame, _ in message] == list(range(9))
    for index, (_, tracks) in enumerate(message):
        (moved,) = tracks.values()
        assert list(tracks) == [1]
        assert moved.box == pytest.approx(found[index][0].box)
        assert moved.landmarks == pytest.approx(found[index][0].landmarks)
        assert moved.score == pytest.approx(found[index][0].score)


def test_moving_goes_by_time():
    found = [[face(0)], [], [face(8)]]
    _, message = run(found, 2, times=[0.0, 0.3, 0.4])
    assert message[1][1][1].box[0] == pytest.approx(6)


def test_who_is_not_at_both_ends_is_not_between():
    found = [[face(0)], [], [face(0), face(60)], [], [face(60)]]
    _, message = run(found, 2)
    assert [list(tracks) for _, tracks in message] == [
        [1],
        [1],
        [1, 2],
        [2],
        [2],
    ]


def test_largest_first_between_as_well():
    found = [[face(0, side=30), face(99)], [], [face(99, side=22), face(2)]]
    _, message = run(found, 2)
    assert list(message[1][1]) == [1, 2]
    assert list(message[2][1]) == [2, 1]


def test_a_frame_without_a_picture_ends_what_waits():
    asked, message = run([[face(0)], [], [face(0)], None], 5)
    assert asked == [0, 2]
    assert [frame.number for frame, _ in message] == [0, 1, 2, 3]
    assert [len(tracks) for _, tracks in message] == [1, 1, 1, 0]
    assert run([], 3) == ([], [])
