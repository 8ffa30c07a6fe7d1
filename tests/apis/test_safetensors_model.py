"""One file for a network: what it says, and that it is checked."""

import json

import pytest
import safetensors.torch
import torch

from csgresnet_mm.apis.safetensors_model import (
    GOLDEN_KEY,
    INFO_KEY,
    load_safetensors_model,
    save_safetensors_model,
)
from csgresnet_mm.apis.trained import load_trained
from csgresnet_mm.programs.convert.cli import main
from tests.apis.small_run import CLASSES, write_run


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp('saved')
    config, checkpoint = write_run(folder)
    config.dump(folder / 'config.py')
    out = folder / 'model.safetensors'
    main(['safetensors', str(folder / 'config.py'), str(checkpoint), str(out)])
    return config, checkpoint, out


def rewrite(path, out, *, state=None, **metadata):
    """The same file with something changed."""
    with safetensors.safe_open(path, framework='pt') as file:
        found = dict(file.metadata())
        tensors = {key: file.get_tensor(key) for key in file.keys()}
    for key, value in metadata.items():
        found[{'info': INFO_KEY, 'golden': GOLDEN_KEY}[key]] = value
    if state:
        state(tensors)
    safetensors.torch.save_file(tensors, out, found)
    return out


def read_info(path):
    with safetensors.safe_open(path, framework='pt') as file:
        return json.loads(file.metadata()[INFO_KEY])


def test_comes_back(files):
    config, checkpoint, out = files
    trained = load_trained(config, checkpoint)
    model, info = load_safetensors_model(out)
    assert info == trained.info
    assert info.classes == CLASSES
    assert not model.training
    x = torch.randn(4, 3, 32, 32)
    with torch.no_grad():
        assert torch.equal(
            model(x, mode='tensor'), trained.model(x, mode='tensor')
        )


def test_packing_twice_gives_the_same_bytes(files, tmp_path):
    config, checkpoint, out = files
    save_safetensors_model(config, checkpoint, tmp_path / 'again')
    assert (tmp_path / 'again').read_bytes() == out.read_bytes()


def test_a_weight_changed_is_found(files, tmp_path):
    def change(state):
        state['head.fc.bias'][2] += 0.01

    changed = rewrite(files[2], tmp_path / 'a', state=change)
    with pytest.raises(ValueError, match=rf'a, {GOLDEN_KEY}: .*expected \['):
        load_safetensors_model(changed)


def test_a_setting_changed_is_found(files, tmp_path):
    """Angles and shift show in no weight."""
    info = read_info(files[2])
    model = json.loads(info['config'])
    model['backbone']['channel_shift']['directions'] = ['left', 'right']
    info['config'] = json.dumps(model)
    changed = rewrite(files[2], tmp_path / 'a', info=json.dumps(info))
    with pytest.raises(ValueError, match=GOLDEN_KEY):
        load_safetensors_model(changed)


@pytest.mark.parametrize(
    ('golden', 'message'),
    [
        ('[1.0]', 'gives 5 scores'),
        ('"x"', f'a, {GOLDEN_KEY}: '),
        ('{', f'a, {GOLDEN_KEY}: '),
    ],
)
def test_a_wrong_golden_is_found(golden, message, files, tmp_path):
    changed = rewrite(files[2], tmp_path / 'a', golden=golden)
    with pytest.raises(ValueError, match=message):
        load_safetensors_model(changed)


def test_a_hostile_config_runs_nothing(files, tmp_path, monkeypatch):
    monkeypatch.setattr('os.system', lambda *a, **k: pytest.fail('ran'))
    info = read_info(files[2])
    info['config'] = json.dumps({'type': 'os.system', 'command': 'true'})
    changed = rewrite(files[2], tmp_path / 'a', info=json.dumps(info))
    with pytest.raises(ValueError, match="a: model.type='os.system'"):
        load_safetensors_model(changed)


def test_a_missing_weight_is_named(files, tmp_path):
    changed = rewrite(
        files[2], tmp_path / 'a', state=lambda s: s.pop('head.fc.bias')
    )
    with pytest.raises(ValueError, match=r'head\.fc\.bias: in the model, not'):
        load_safetensors_model(changed)


def test_other_files_are_refused(files, tmp_path):
    with pytest.raises(
        FileNotFoundError, match='nothing: no such safetensors'
    ):
        load_safetensors_model(tmp_path / 'nothing')
    content = files[2].read_bytes()
    (tmp_path / 'half').write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match='half: cannot be read'):
        load_safetensors_model(tmp_path / 'half')
    safetensors.torch.save_file({'a': torch.zeros(1)}, tmp_path / 'bare')
    with pytest.raises(ValueError, match=rf'bare: .*expected {INFO_KEY}'):
        load_safetensors_model(tmp_path / 'bare')


def test_weights_of_another_network_are_refused(files, tmp_path):
    config, _, _ = files
    _, other = write_run(tmp_path, 1, base_channels=32)
    with pytest.raises(ValueError, match='found shape .*, expected'):
        save_safetensors_model(config, other, tmp_path / 'out')
    assert not (tmp_path / 'out').exists()
