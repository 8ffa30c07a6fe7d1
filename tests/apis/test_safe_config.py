"""A stranger's config builds known layers, and runs nothing."""

import json
import os

import pytest
from mmengine.config import Config, ConfigDict

from csgresnet_mm.apis.safe_config import build_safely, model_as_data
from tests.apis.small_run import small_config


def test_training_is_left_out():
    config = small_config()
    config.model.backbone.init_cfg = dict(
        type='Pretrained', checkpoint='https://example.org/a.pth'
    )
    config.model.pretrained = 'b.pth'
    config.model.train_cfg = dict(augments=dict(type='Mixup', alpha=1.0))
    config.model.backbone.type = 'mmpretrain.GResNet'
    found = model_as_data(config)
    assert found == model_as_data(small_config())
    assert json.loads(json.dumps(found)) == found
    assert found['data_preprocessor']['to_rgb'] is True


def test_objects_are_named():
    config = small_config()
    config.model.head.topk = print
    with pytest.raises(ValueError, match=r'model\.head\.topk is <built-in'):
        model_as_data(config)


@pytest.mark.parametrize(
    'name', ['csgresnet18_demo', 'csgresnet34_rafdb', 'resnet18_rafdb']
)
def test_shipped_models_are_allowed(name):
    config = Config.fromfile(f'configs/{name}.py')
    model = build_safely(json.loads(json.dumps(model_as_data(config))))
    assert not model.training


def hostile(**changes):
    model = json.loads(json.dumps(model_as_data(small_config())))
    for path, value in changes.items():
        target = model
        *parents, last = path.split('__')
        for part in parents:
            target = target[part]
        target[last] = value
    return model


@pytest.mark.parametrize(
    'name',
    [
        'os.system',
        'posix.system',
        'subprocess.Popen',
        'evil.ResNet',
        'TIMMBackbone',
        'HuggingFaceClassifier',
        'NoSuchLayer',
        17,
        None,
    ],
)
@pytest.mark.parametrize('place', ['type', 'backbone__type', 'head__type'])
def test_a_hostile_type_runs_nothing(name, place, tmp_path, monkeypatch):
    monkeypatch.setattr(os, 'system', lambda *a, **k: pytest.fail('ran'))
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'evil').mkdir()
    (tmp_path / 'evil' / '__init__.py').write_text('')
    registry = tmp_path / 'evil' / 'registry.py'
    registry.write_text("open('ran', 'w')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    key = rf'model\.{place.replace("__", ".")}='
    with pytest.raises(ValueError, match=key):
        build_safely(hostile(**{place: name}))
    assert not (tmp_path / 'ran').exists()


@pytest.mark.parametrize(
    'changes',
    [
        {'backbone__init_cfg': {'type': 'Pretrained', 'checkpoint': 'a'}},
        {'pretrained': 'https://example.org/a.pth'},
        {'backbone___scope_': 'evil'},
        {'backbone__norm_cfg': {'type': 'os.system'}},
        {'neck': [{'type': 'GlobalAveragePooling'}, {'type': 'os.system'}]},
    ],
)
def test_what_would_load_is_refused(changes):
    with pytest.raises(ValueError, match='is not allowed'):
        build_safely(hostile(**changes))


def test_the_guard_is_needed():
    """MMEngine itself imports what a type names."""
    from mmpretrain.registry import MODELS

    assert MODELS.get('os.getcwd') is os.getcwd
    assert isinstance(small_config().model, ConfigDict)
