"""The networks that ship: found by name, by every loader, and described."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.runner import CheckpointLoader
from mmpretrain import ImageClassificationInferencer, ModelHub, get_model
from mmpretrain.registry import MODELS

import csgresnet_mm.weights as weights
from csgresnet_mm.apis.predictor import ExpressionPredictor
from csgresnet_mm.apis.safetensors_model import load_safetensors_model
from csgresnet_mm.demo_faces import draw_face
from csgresnet_mm.safetensors_file import read_safetensors
from csgresnet_mm.shipped import shipped_folder

NAMES = weights.list_weights()


def test_the_default_ships():
    assert weights.DEFAULT in NAMES
    assert weights.resolve_weights(None) == weights.find_weights(
        weights.DEFAULT
    )


def test_they_are_small():
    sizes = [weights.find_weights(name).stat().st_size for name in NAMES]
    assert sum(sizes) <= 8 * 2**20


def test_listing_imports_no_torch():
    program = (
        'import sys; from csgresnet_mm.apis import list_weights\n'
        'print(list_weights()); print("torch" in sys.modules)'
    )
    said = subprocess.run(
        [sys.executable, '-c', program],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert said == [str(NAMES), 'False']


@pytest.mark.parametrize('name', NAMES)
def test_a_card_says_what_must_be_known(name):
    assert weights.weights_title(name).startswith(f'{name}: ')
    card = ' '.join(weights.read_card(name).split())
    for words in (
        'tools/train.py',
        'PublicTest',
        'PrivateTest',
        'identical twin in Training',
        'is not a feeling',
        'not for decisions about people',
        'bias is unmeasured',
        'Apache-2.0',
        'SHA-256',
    ):
        assert words in card, words


@pytest.mark.parametrize('name', NAMES)
def test_the_card_names_the_files_hash(name):
    import hashlib

    content = weights.find_weights(name).read_bytes()
    assert hashlib.sha256(content).hexdigest() in weights.read_card(name)


def test_a_file_comes_before_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / weights.DEFAULT).write_bytes(b'')
    found = weights.resolve_weights(weights.DEFAULT)
    assert found == Path(weights.DEFAULT)
    for given in ('~/no.pth', weights.SCHEME + 'nobody'):
        with pytest.raises(FileNotFoundError, match=weights.DEFAULT):
            weights.resolve_weights(given)
    given = weights.SCHEME + weights.DEFAULT
    assert weights.resolve_weights(given).suffix == '.safetensors'


@pytest.mark.parametrize('name', NAMES)
def test_mmengine_loads_them_by_address(name):
    loaded = CheckpointLoader.load_checkpoint(f'csgresnet://{name}')
    state, _ = read_safetensors(weights.find_weights(name))
    assert loaded['state_dict'].keys() == state.keys()
    for key, value in loaded['state_dict'].items():
        wanted = state[key]
        assert torch.equal(value.to(wanted.dtype), wanted)
        assert value.dtype in (torch.float32, torch.int64, torch.bool)
    model, info = load_safetensors_model(weights.find_weights(name))
    assert loaded['meta']['dataset_meta']['classes'] == info.classes
    assert not info.synthetic and info.grey_data


def test_an_unknown_address_is_reported():
    with pytest.raises(ValueError, match="'nobody' ship.*expected one of cs"):
        CheckpointLoader.load_checkpoint('csgresnet://nobody')


@pytest.mark.parametrize('name', NAMES)
def test_the_zoo_has_them(name):
    packed, info = load_safetensors_model(weights.find_weights(name))
    model = get_model(name, pretrained=True)
    wanted = packed.state_dict()
    for key, value in model.state_dict().items():
        assert torch.equal(value, wanted[key]), key
    assert tuple(model._dataset_meta['classes']) == info.classes
    assert ModelHub.get(name).weights == f'csgresnet://{name}'


def test_an_inferencer_and_ours_agree(tmp_path):
    face, _ = draw_face(0, 'train', 0, 3, size=48)
    grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
    cv2.imwrite(str(tmp_path / 'face.png'), grey)
    theirs = ImageClassificationInferencer(weights.DEFAULT)
    said = theirs(str(tmp_path / 'face.png'))[0]['pred_scores']
    (ours,) = ExpressionPredictor(faces='whole_image')(tmp_path / 'face.png')
    found = np.array(list(ours.probabilities.values()))
    np.testing.assert_allclose(found, said, atol=1e-5)


def test_colours_do_not_count():
    """The network saw grey faces only: a photograph is made grey."""
    face, _ = draw_face(0, 'train', 1, 2, size=48)
    tint = (face * np.array([1.0, 0.7, 0.5])).astype(np.uint8)
    grey = cv2.cvtColor(tint, cv2.COLOR_RGB2GRAY)
    predictor = ExpressionPredictor(faces='whole_image')
    (coloured,), (plain,) = predictor.predict([tint, grey])
    assert coloured.probabilities == plain.probabilities


def test_fine_tuning_starts_from_them():
    config = Config.fromfile(
        shipped_folder() / 'configs' / 'csgresnet18_custom.py'
    )
    config.model.head.num_classes = 3
    config.model.backbone.init_cfg = dict(
        type='Pretrained',
        checkpoint=f'csgresnet://{weights.DEFAULT}',
        prefix='backbone',
    )
    model = MODELS.build(config.model)
    model.init_weights()
    state, _ = read_safetensors(weights.find_weights(weights.DEFAULT))
    kernel = state['backbone.layer3.0.conv1.weight'].float()
    assert torch.equal(model.backbone.layer3[0].conv1.weight, kernel)
    assert model.head.fc.out_features == 3
