"""A predictor whose answers are known, and what it looks at."""

import cv2
import numpy as np
import pytest

from csgresnet_mm.apis import ExpressionPredictor
from tests.apis.predictor.conftest import ColourNetwork, find_squares, squares


@pytest.fixture
def predictor():
    return ExpressionPredictor(ColourNetwork(), detector=find_squares)


@pytest.fixture
def write_video(tmp_path):
    """Writes frames, RGB, to an AVI of ten frames a second."""

    def write(frames, name='clip.avi'):
        path = tmp_path / name
        height, width = frames[0].shape[:2]
        codec = cv2.VideoWriter.fourcc(*'MJPG')
        writer = cv2.VideoWriter(str(path), codec, 10, (width, height))
        for frame in frames:
            writer.write(np.ascontiguousarray(frame[..., ::-1]))
        writer.release()
        return str(path)

    return write


@pytest.fixture
def red_then_blue():
    """Ten frames of a red square, five of none, ten of a blue one."""
    red, blue = (squares((8, 8, 32, colour)) for colour in (0, 2))
    return [red] * 10 + [squares()] * 5 + [blue] * 10
