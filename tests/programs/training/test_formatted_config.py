"""The text of a config, formatted no oftener than it changes."""

import copy
import pickle
from pathlib import Path

import pytest
from mmengine.config import Config

import csgresnet_mm
from csgresnet_mm.programs.training.formatted_config import FormattedConfig

CONFIGS = Path(csgresnet_mm.__file__).parents[1] / 'configs'


@pytest.fixture
def formatted(monkeypatch):
    """The configs whose text MMEngine was asked for."""
    configs = []
    original = Config.pretty_text.fget

    def count(config):
        configs.append(config)
        return original(config)

    monkeypatch.setattr(Config, 'pretty_text', property(count))
    return configs


@pytest.mark.parametrize(
    'name', ['csgresnet18_demo.py', 'csgresnet18_fer2013-48px.py']
)
def test_the_text_is_that_of_mmengine(name, formatted, tmp_path):
    plain = Config.fromfile(CONFIGS / name)
    wanted = plain.pretty_text
    formatted.clear()
    config = FormattedConfig.of(plain)
    assert config.pretty_text == config.pretty_text == config.dump() == wanted
    config.dump(tmp_path / 'dumped.py')
    assert (tmp_path / 'dumped.py').read_text() == wanted
    assert len(formatted) == 1
    assert config.filename == plain.filename and config.text == plain.text
    assert config.to_dict() == plain.to_dict()


def test_a_config_of_python_imports_is_taken_too():
    path = next((CONFIGS / 'python').glob('*.py'))
    plain = Config.fromfile(path)
    assert FormattedConfig.of(plain).pretty_text == plain.pretty_text


def change_value(config):
    config.model.head.num_classes = 8


def change_key(config):
    config.work_dir = 'elsewhere'


def change_list(config):
    config.custom_hooks.append(dict(type='EMAHook'))


def merge(config):
    config.merge_from_dict({'train_dataloader.batch_size': 3})


@pytest.mark.parametrize(
    'change', [change_value, change_key, change_list, merge]
)
def test_a_change_is_formatted(change, formatted):
    config = FormattedConfig.of(
        Config.fromfile(CONFIGS / 'csgresnet18_demo.py')
    )
    before = config.pretty_text
    change(config)
    after = config.pretty_text
    assert after != before and len(formatted) == 2
    assert after == Config(config.to_dict()).pretty_text


@pytest.mark.parametrize(
    'copy_of',
    [copy.deepcopy, copy.copy, lambda c: pickle.loads(pickle.dumps(c))],
)
def test_copies_are_configs_of_their_own(copy_of):
    config = FormattedConfig.of(
        Config.fromfile(CONFIGS / 'csgresnet18_demo.py')
    )
    before = config.pretty_text
    other = copy_of(config)
    assert type(other) is FormattedConfig
    assert other.pretty_text == before
    other.log_level = 'ERROR'
    assert 'ERROR' in other.pretty_text
    assert config.pretty_text == before
    assert '_formatted' not in config.to_dict()
