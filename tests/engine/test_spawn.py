"""Workers that are spawned, as on Windows and macOS (cases P2)."""

import multiprocessing
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from tiny_run import runner

HOOKS = Config.fromfile(
    Path(__file__).parents[2] / 'configs/_base_/default_runtime.py'
).custom_hooks
KINDS = {
    'weights': ([dict(type='ClassWeightsHook')], {}),
    'sampler': (
        [],
        {
            'train_dataloader.sampler': dict(
                type='ClassBalancedSampler', _delete_=True
            )
        },
    ),
}
SPAWNED = {
    'train_dataloader.num_workers': 2,
    'train_dataloader.persistent_workers': True,
    'env_cfg': dict(mp_cfg=dict(mp_start_method='spawn')),
}


@pytest.fixture(autouse=True)
def start_method():
    """MMEngine sets it for the whole process."""
    before = multiprocessing.get_start_method(allow_none=True)
    yield
    multiprocessing.set_start_method(before, force=True)


def train(work_dir: Path, kind: str, **options) -> dict[str, torch.Tensor]:
    hooks, own = KINDS[kind]
    run = runner(
        work_dir,
        train=dict(counts=(6, 4, 2)),
        hooks=[*HOOKS, *hooks],
        epochs=2,
        **own,
        **options,
    )
    run.train()
    return run.model.state_dict()


@pytest.mark.filterwarnings('ignore:Multi-processing start method')
@pytest.mark.parametrize('kind', KINDS)
def test_P2_spawned_workers_train_to_the_same_bits(tmp_path, kind):
    """With every hook, and with either sampler."""
    expected = train(tmp_path / 'alone', kind)
    found = train(tmp_path / 'spawned', kind, **SPAWNED)
    assert multiprocessing.get_start_method() == 'spawn'
    assert expected.keys() == found.keys()
    for name, value in expected.items():
        assert torch.equal(found[name], value), name


@pytest.mark.parametrize('name', ['', 'python/'])
@pytest.mark.parametrize('platform', ['linux', 'darwin', 'win32'])
def test_P2_only_linux_forks(monkeypatch, tmp_path, name, platform):
    """And a config that was dumped is read again."""
    file = f'configs/{name}csgresnet18{"_python" if name else ""}_demo.py'
    with monkeypatch.context() as patch:
        patch.setattr('sys.platform', platform)
        config = Config.fromfile(Path(__file__).parents[2] / file)
    config.dump(tmp_path / 'config.py')
    found = Config.fromfile(tmp_path / 'config.py').env_cfg.mp_cfg
    assert (found.mp_start_method == 'fork') == (platform == 'linux')
