"""Networks and detectors whose answers are known."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpretrain.registry import MODELS

from csgresnet_mm.apis.model_info import ModelInfo
from csgresnet_mm.apis.predictor import Detection

CONFIG = Path(__file__).parents[3] / 'configs' / 'csgresnet18_demo.py'
COLOURS = ('red', 'green', 'blue')
INFO = ModelInfo(
    classes=COLOURS,
    input_size=(8, 8),
    channel_order='rgb',
    mean=(0.0, 0.0, 0.0),
    std=(1.0, 1.0, 1.0),
    resize=(8, 8),
    interpolation='bilinear',
    alignment='none',
    synthetic=False,
    fingerprint=None,
    config='{}',
)


class ColourNetwork:
    """The parts of red, green and blue in the left half of a face."""

    info = INFO

    def __init__(self):
        self.batches = []

    def __call__(self, faces):
        self.batches.append(len(faces))
        assert faces.dtype == np.uint8 and faces.shape[1:] == (8, 8, 3)
        sums = faces[:, :, :4].astype(np.float32).sum((1, 2)) + 1e-3
        return sums / sums.sum(1, keepdims=True)


def find_squares(image):
    """Boxes of the bright columns, from right to left: not by size."""
    bright = np.flatnonzero(np.append(image.max((0, 2)) > 100, False))
    found = []
    for run in np.split(bright, np.flatnonzero(np.diff(bright) > 1) + 1):
        if len(run):
            rows = np.flatnonzero(image[:, run].max((1, 2)) > 100)
            box = (run[0], rows[0], run[-1] + 1, rows[-1] + 1)
            found.append(Detection(tuple(map(float, box)), None, 0.9))
    return found[::-1]


def squares(*places, size=(60, 100)):
    """A dark picture with squares of (left, top, side, colour index)."""
    image = np.zeros((*size, 3), np.uint8)
    for left, top, side, colour in places:
        image[top : top + side, left : left + side, colour] = 200
    return image


@pytest.fixture(scope='session')
def checkpoint(tmp_path_factory):
    """Random weights of the demo's network, as a run would save them."""
    torch.manual_seed(0)
    config = Config.fromfile(CONFIG)
    init_default_scope('mmpretrain')
    model = MODELS.build(config.model)
    model.init_weights()
    for name, buffer in model.named_buffers():
        if name.endswith('running_var'):
            buffer.uniform_(0.5, 2)
        if name.endswith('running_mean'):
            buffer.normal_()
    names = tuple('Surprise Fear Disgust Happy Sad Anger Neutral'.split())
    meta = {'dataset_meta': {'classes': names, 'alignment': 'rafdb'}}
    path = tmp_path_factory.mktemp('weights') / 'epoch_1.pth'
    torch.save({'state_dict': model.state_dict(), 'meta': meta}, path)
    return path
