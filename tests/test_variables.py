"""Configs take any text of the environment, and name what is wrong with it."""

import re

import pytest
from mmengine.config import Config

from csgresnet_mm import variables
from tests.tools.conftest import ROOT

CONFIGS = ROOT / 'configs'
PATHS = (
    "/data/it's here/RAF-DB",
    r'C:\data\new\RAF-DB',
    '/data/a "b" # c/100 %',
    '/daten/Müller/表情',
    '/data/\\1\\g<0>/$HOME',
)
READ = re.compile(r"variables\.path\(\s*'(\w+)'")


def reading():
    """Every config that reads a path itself, and the variable."""
    for path in sorted(CONFIGS.rglob('*.py')):
        for name in READ.findall(path.read_text()):
            yield pytest.param(path, name, id=f'{path.stem}-{name}')


def test_every_config_reads_in_this_way():
    assert len(list(reading())) == 24
    for path in CONFIGS.rglob('*.py'):
        text = path.read_text()
        assert '{{$' not in text and 'environ' not in text


@pytest.fixture(autouse=True)
def nothing_read(monkeypatch):
    monkeypatch.setattr(variables, 'READ', {})


@pytest.mark.parametrize(('path', 'name'), list(reading()))
def test_E1_every_config_names_its_variable(path, name, monkeypatch):
    key = 'checkpoint' if name.endswith('_PTH') else 'data_root'
    monkeypatch.setenv(name, PATHS[0])
    config = Config.fromfile(path)
    assert config[key] == PATHS[0]
    assert 'variables' not in config
    assert variables.origin(PATHS[0]) == f'{name} says so'
    monkeypatch.delenv(name)
    default = Config.fromfile(path)[key]
    assert default.startswith(('data/', 'work_dirs/'))
    assert variables.origin(default).startswith(f'{name} is not set')


@pytest.mark.parametrize('given', PATHS)
def test_E4_any_path_is_taken(given, monkeypatch, tmp_path):
    monkeypatch.setenv('RAFDB_ROOT', given)
    monkeypatch.setenv('AFFECTNET_PTH', given)
    config = Config.fromfile(CONFIGS / 'csgresnet18_affectnet-pre_rafdb.py')
    config.dump(tmp_path / 'kept.py')
    for made in (config, Config.fromfile(tmp_path / 'kept.py')):
        assert made.train_dataloader.dataset.data_root == given
        assert made.model.backbone.init_cfg.checkpoint == given


@pytest.mark.parametrize('name', ['RAFDB_ROOT', 'AFFECTNET_PTH'])
def test_E3_an_empty_variable_is_named(name, monkeypatch):
    monkeypatch.setenv(name, ' ')
    with pytest.raises(ValueError, match=f'^{name} is empty; expected a path'):
        Config.fromfile(CONFIGS / 'csgresnet18_affectnet-pre_rafdb.py')


@pytest.mark.parametrize('value', ['x', '', '-1', '1.5', '10', '0x1'])
@pytest.mark.parametrize('name', ['CKPLUS', 'JAFFE', 'KDEF'])
def test_E3_a_fold_that_is_none_names_its_variable(name, value, monkeypatch):
    monkeypatch.setenv(f'{name}_FOLD', value)
    message = f'^{name}_FOLD.*expected a whole number 0 to 9'
    with pytest.raises(ValueError, match=message):
        Config.fromfile(CONFIGS / f'csgresnet18_{name.lower()}.py')


def test_a_fold_is_taken(monkeypatch):
    monkeypatch.setenv('CKPLUS_FOLD', ' 9')
    config = Config.fromfile(CONFIGS / 'csgresnet18_ckplus.py')
    assert config.train_dataloader.dataset.fold == 9


def test_E3_own_classes_are_counted(monkeypatch, tmp_path):
    path = CONFIGS / 'csgresnet18_custom.py'
    for name in ('a', 'b', 'c', '.ipynb_checkpoints'):
        (tmp_path / 'train' / name).mkdir(parents=True)
    (tmp_path / 'train' / 'notes.txt').touch()
    monkeypatch.setenv('CUSTOM_ROOT', str(tmp_path))
    config = Config.fromfile(path)
    assert config.model.head.num_classes == 3
    assert config.data_preprocessor.num_classes == 3
    monkeypatch.setenv('CUSTOM_CLASSES', '3')
    assert Config.fromfile(path).model.head.num_classes == 3
    monkeypatch.setenv('CUSTOM_CLASSES', '7')
    with pytest.raises(ValueError, match=r'CUSTOM_CLASSES=7.*3 class .*a, b'):
        Config.fromfile(path)
    monkeypatch.setenv('CUSTOM_ROOT', str(tmp_path / 'nowhere'))
    assert Config.fromfile(path).model.head.num_classes == 7
    monkeypatch.setenv('CUSTOM_CLASSES', 'three')
    with pytest.raises(ValueError, match="CUSTOM_CLASSES='three'"):
        Config.fromfile(path)


def test_reading_a_home_folder(monkeypatch):
    monkeypatch.setenv('HOME', '/home/somebody')
    monkeypatch.setenv('RAFDB_ROOT', '~/RAF-DB')
    config = Config.fromfile(CONFIGS / 'csgresnet18_rafdb.py')
    assert config.data_root == '/home/somebody/RAF-DB'
