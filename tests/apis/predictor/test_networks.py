"""A network's file becomes probabilities as in the run's own test."""

import dataclasses

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmpretrain import ImageClassificationInferencer

from csgresnet_mm.apis import ExpressionPredictor
from csgresnet_mm.apis.predictor import SyntheticWeightsWarning
from csgresnet_mm.apis.predictor.face_input import to_input
from csgresnet_mm.apis.predictor.networks import open_network
from csgresnet_mm.apis.trained import load_trained

from .conftest import CONFIG, INFO


@pytest.fixture
def faces():
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (3, 7, 7, 3), np.uint8)
    return np.stack([cv2.resize(face, (56, 56)) for face in small])


def test_input_is_cropped_ordered_and_normalised():
    info = dataclasses.replace(
        INFO,
        resize=(10, 12),
        channel_order='bgr',
        mean=(1.0, 2.0, 3.0),
        std=(4.0, 5.0, 6.0),
    )
    faces = np.random.default_rng(0).integers(0, 256, (2, 10, 12, 3), np.uint8)
    found = to_input(faces, info)
    assert found.shape == (2, 3, 8, 8) and found.dtype == np.float32
    for n, c, y, x in [(0, 0, 0, 0), (1, 1, 3, 5), (1, 2, 7, 7)]:
        pixel = float(faces[n, y + 1, x + 2, 2 - c])
        wanted = (pixel - (1, 2, 3)[c]) / (4, 5, 6)[c]
        assert found[n, c, y, x] == pytest.approx(wanted, abs=1e-5)


def test_grey_is_weighed_as_in_reading():
    info = dataclasses.replace(
        INFO, channel_order='grey', mean=(0.0,), std=(1.0,)
    )
    faces = np.zeros((1, 8, 8, 3), np.uint8)
    faces[..., 0] = 100
    assert to_input(faces, info).tolist() == [[[[30.0] * 8] * 8]]


def test_mmpretrains_inferencer_agrees(checkpoint, faces):
    """Which reads our config, test pipeline and preprocessor itself."""
    config = Config.fromfile(CONFIG)
    inferencer = ImageClassificationInferencer(
        config, pretrained=str(checkpoint), device='cpu'
    )
    bgr = [face[..., ::-1] for face in faces]
    theirs = inferencer(bgr, batch_size=3)
    ours = open_network(CONFIG, checkpoint)(faces)
    for row, output in zip(ours, theirs, strict=True):
        assert np.abs(row - output['pred_scores']).max() < 1e-5
        assert output['pred_class'] == inferencer.classes[row.argmax()]
    assert np.abs(ours[0] - ours[1]).max() > 1e-4


def test_the_network_is_deployed_and_agrees(checkpoint, faces):
    trained = load_trained(CONFIG, checkpoint)
    network = open_network(CONFIG, checkpoint)
    x = torch.from_numpy(to_input(faces, trained.info))
    with torch.no_grad():
        wanted = trained.model(x, mode='tensor').softmax(1).numpy()
    assert np.abs(network(faces) - wanted).max() < 1e-5
    kinds = {type(module).__name__ for module in network.model.modules()}
    assert 'BatchNorm2d' not in kinds


def test_the_file_names_classes_and_alignment(checkpoint):
    with pytest.warns(SyntheticWeightsWarning):
        predictor = ExpressionPredictor(
            CONFIG, checkpoint, detector=lambda image: []
        )
    assert predictor.classes[3] == 'Happy'
    assert predictor.alignment == 'rafdb'


def test_files_that_do_not_fit_are_reported(checkpoint, tmp_path):
    with pytest.raises(ValueError, match='give it .--config'):
        open_network(None, checkpoint)
    with pytest.raises(FileNotFoundError, match='no such file of weights'):
        open_network(CONFIG, tmp_path / 'a.pth')
    for name, message in (
        ('a.txt', 'expected weights in'),
        ('a.onnx', 'holds its config: leave'),
        ('a.safetensors', 'holds its config: leave'),
    ):
        (tmp_path / name).write_bytes(b'x')
        with pytest.raises(ValueError, match=message):
            open_network(CONFIG, tmp_path / name)


def test_a_hostile_checkpoint_runs_nothing(tmp_path):
    class Payload:
        def __reduce__(self):
            return (tmp_path.joinpath('ran').touch, ())

    torch.save({'state_dict': {}, 'x': Payload()}, tmp_path / 'a.pth')
    with pytest.raises(RuntimeError, match='refused'):
        open_network(CONFIG, tmp_path / 'a.pth')
    assert not (tmp_path / 'ran').exists()
