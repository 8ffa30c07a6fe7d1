"""MMPretrain's functions by the names of our configs: function x name."""

import os
from pathlib import Path

import cv2
import mmpretrain
import numpy as np
import pytest
import torch
import yaml
from mmengine.config import Config
from mmpretrain import (
    FeatureExtractor,
    ImageClassificationInferencer,
    ImageRetrievalInferencer,
    ModelHub,
    get_model,
    inference_model,
    list_models,
)

from csgresnet_mm.model_index import register_model_index
from csgresnet_mm.models import GResNet
from csgresnet_mm.weights import list_weights

ROOT = Path(__file__).parents[1]
NAMES = sorted(path.stem for path in (ROOT / 'configs').glob('*.py'))
RETRIEVER = 'csgresnet18-retriever_demo'
CLASSES = {
    'csgresnet18_rafdb': 7,
    'csgresnet18-release_rafdb': 7,
    'csgresnet34_rafdb': 7,
    'gresnet18_rafdb': 7,
    'gresnet34_rafdb': 7,
    'csresnet18_rafdb': 7,
    'resnet18_rafdb': 7,
    'resnet34_rafdb': 7,
    'csgresnet18-half_rafdb': 7,
    'csgresnet18_rafdb-compound': 11,
    'csgresnet18_fer2013-48px': 7,
    'csgresnet18-half_ferplus-48px': 8,
    'csgresnet18_ferplus-48px': 8,
    'csgresnet18_affectnet-pre_rafdb': 7,
    'csgresnet18_jaffe': 7,
    'csgresnet18_kdef': 7,
    'csgresnet18_demo': 7,
}
"""Name -> its classes: each network and each kind of data once.

Not here: csgresnet18-grey_rafdb, since MMPretrain's inferencers read every
image in colour, whatever the config's pipeline says.
"""


@pytest.fixture(scope='module')
def face(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp('face') / 'face.png'
    pixels = np.random.default_rng(0).integers(0, 256, (60, 50, 3), np.uint8)
    cv2.imwrite(str(path), pixels)
    return str(path)


def test_every_config_is_listed():
    listed = set(list_models())
    assert set(NAMES) <= listed
    ours = {name for name in NAMES if 'gresnet' in name}
    assert ours == set(list_models('*gresnet*'))
    classifiers = list_models('*gresnet*', task='Image Classification')
    assert set(classifiers) == ours - {RETRIEVER}
    assert list_models('*gresnet*', task='Image Retrieval') == [RETRIEVER]


def test_registering_again_changes_nothing():
    before = dict(ModelHub._models_dict)
    register_model_index()
    assert ModelHub._models_dict == before


def test_every_name_gives_the_config_of_its_file():
    for name in NAMES:
        found = Path(ModelHub._models_dict[name].config)
        assert found.samefile(ROOT / 'configs' / f'{name}.py')
    found = ModelHub.get(NAMES[0]).config
    assert found.filename == ModelHub._models_dict[NAMES[0]].config


def test_no_name_is_one_of_mmpretrains():
    where = Path(mmpretrain.__file__).parent / '.mim'
    index = yaml.safe_load((where / 'model-index.yml').read_text())
    theirs = {
        model['Name'].lower()
        for file in index['Import']
        for model in yaml.safe_load((where / file).read_text())['Models']
    }
    assert len(theirs) > 300
    assert not theirs & set(NAMES)


def find_as_mim_does(root: Path, name: str) -> list[str]:
    """The search of ``mim train PACKAGE NAME`` (onedl-mim 0.5.1, openmim).

    Below the folder of an editable install or the installed package, links
    followed; another number of files than one is refused.
    """
    return [
        os.path.join(folder, name)
        for folder, _, files in os.walk(root, followlinks=True)
        if name in files
    ]


def test_mim_finds_each_config_once_in_an_editable_install_T12():
    # of a checkout: what people trained there is theirs
    for part in ('csgresnet_mm', 'configs', 'tools', 'demo', 'tests'):
        assert (ROOT / part).is_dir()
    for name in NAMES:
        found = [
            path
            for part in ('csgresnet_mm', 'configs', 'tools', 'demo', 'tests')
            for path in find_as_mim_does(ROOT / part, f'{name}.py')
        ]
        assert found == [str(ROOT / 'configs' / f'{name}.py')]
    assert (ROOT / 'tools' / 'train.py').is_file()  # what mim runs then


def test_P2_mmengine_finds_fragments_and_index_without_links():
    """Git on Windows writes a file of text in a symbolic link's place.

    A new fragment needs one line in ``csgresnet_mm/.mim/configs``.
    """
    mim = ROOT / 'csgresnet_mm' / '.mim'
    assert not any(path.is_symlink() for path in mim.rglob('*'))
    fragments, found = (
        {
            path.relative_to(folder): Config.fromfile(path).to_dict()
            for path in (folder / 'configs' / '_base_').rglob('*.py')
        }
        for folder in (ROOT, mim)
    )
    assert fragments and found == fragments
    (imported,) = yaml.safe_load((mim / 'model-index.yml').read_text())[
        'Import'
    ]  # from .mim, as MMEngine does
    assert (mim / imported).samefile(ROOT / 'configs' / 'metafile.yml')


@pytest.mark.parametrize('name', CLASSES)
def test_get_model(name):
    model = get_model(name)
    assert not model.training
    assert model.head.fc.out_features == CLASSES[name]
    assert len(model._dataset_meta['classes']) == CLASSES[name]
    assert model._metainfo.name == name


def test_get_model_takes_changes():
    model = get_model('csgresnet18_rafdb', head=dict(num_classes=3))
    assert model.head.fc.out_features == 3
    assert type(model.backbone) is GResNet


def test_those_with_weights_are_those_that_ship():
    named = [name for name in CLASSES if ModelHub.get(name).weights]
    assert named == list_weights()


@pytest.mark.parametrize('name', sorted({*CLASSES} - {*list_weights()}))
def test_pretrained_without_weights_is_reported_by_mmpretrain(name):
    assert ModelHub.get(name).weights is None
    with pytest.warns(UserWarning, match='Unable to find pre-defined check'):
        get_model(name, pretrained=True)


def test_pretrained_weights_are_those_of_the_metafile(tmp_path, monkeypatch):
    name = 'csgresnet18_demo'
    trained = get_model(name)
    torch.nn.init.normal_(trained.head.fc.weight)
    path = tmp_path / 'epoch_20.pth'
    torch.save({'state_dict': trained.state_dict(), 'meta': {}}, path)
    entry = ModelHub._models_dict[name]
    monkeypatch.setitem(entry.data, 'Weights', str(path))
    for model in (
        get_model(name, pretrained=True),
        get_model(name, pretrained=str(path)),
        ImageClassificationInferencer(name).model,
    ):
        assert torch.equal(model.head.fc.weight, trained.head.fc.weight)


@pytest.mark.parametrize('name', CLASSES)
def test_inferencers(name, face):
    model = get_model(name)
    by_function = inference_model(model, face)
    inferencer = ImageClassificationInferencer(name, pretrained=False)
    # the same weights: without any there are new random ones
    inferencer.model.load_state_dict(model.state_dict())
    (by_class,) = inferencer(face)
    assert by_class['pred_label'] == by_function['pred_label']
    np.testing.assert_allclose(
        by_class['pred_scores'], by_function['pred_scores'], rtol=1e-5
    )
    assert by_class['pred_scores'].shape == (CLASSES[name],)
    assert by_class['pred_class'] in model._dataset_meta['classes']


@pytest.mark.parametrize('name', CLASSES)
def test_feature_extractor(name, face):
    extractor = FeatureExtractor(name, pretrained=False)
    (features,) = extractor(face)
    network = name.split('_')[0]
    width = 256 if network.endswith('half') else 512
    if 'gresnet' in network:
        width //= 4
    assert [tuple(each.shape) for each in features] == [(width,)]
    (stages,) = FeatureExtractor(
        name, pretrained=False, backbone=dict(out_indices=(2, 3))
    )(face, stage='backbone')
    assert len(stages) == 2


def test_inference_model_by_name(face):
    with pytest.warns(UserWarning, match='Unable to find pre-defined check'):
        found = inference_model('csgresnet18_demo', face)
    assert found['pred_scores'].shape == (7,)


def test_image_retrieval(tmp_path, face):
    rng = np.random.default_rng(1)
    for index in range(4):
        pixels = rng.integers(0, 256, (60, 50, 3), np.uint8)
        cv2.imwrite(str(tmp_path / f'{index}.png'), pixels)
    (tmp_path / 'face.png').write_bytes(Path(face).read_bytes())
    inferencer = ImageRetrievalInferencer(
        RETRIEVER, prototype=str(tmp_path), pretrained=False
    )
    (found,) = inferencer(face, topk=3)
    assert len(found) == 3
    assert found[0]['sample']['img_path'] == str(tmp_path / 'face.png')
    assert float(found[0]['match_score']) == pytest.approx(1, abs=1e-5)
    scores = [float(each['match_score']) for each in found]
    assert scores == sorted(scores, reverse=True)
