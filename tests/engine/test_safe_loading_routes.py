"""Every way by which MMEngine and MMPretrain reach a checkpoint is safe."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import mmpretrain
import pytest
import torch
from hostile import checkpoint, shell, through_getattr, write
from mmengine import Config
from mmengine.dataset import BaseDataset
from mmengine.model import BaseModel, BaseModule
from mmengine.registry import DATASETS, MODELS, DefaultScope
from mmengine.runner import CheckpointLoader, Runner, load_checkpoint
from mmengine.runner import checkpoint as mmengine_checkpoint
from torch import nn

from csgresnet_mm.engine.safe_loading import UnsafeCheckpointError

RUNS = count()
"""MMEngine shares state between runners of one experiment name."""


@DATASETS.register_module()
class SafeLoadingPoints(BaseDataset):
    """Eight points."""

    METAINFO = {'classes': ('low', 'high')}

    def load_data_list(self) -> list[dict[str, Any]]:
        return [{'x': torch.tensor([float(i)])} for i in range(8)]


@MODELS.register_module()
class SafeLoadingLine(BaseModel):
    """One linear layer with a squared loss."""

    def __init__(self, data_preprocessor: Any = None) -> None:
        super().__init__(data_preprocessor)
        self.line = nn.Linear(1, 1)

    def forward(
        self, x: torch.Tensor, sample_idx: Any = None, mode: str = 'tensor'
    ) -> Any:
        y = self.line(x)
        return {'loss': (y - 2 * x).square().mean()} if mode == 'loss' else y


def runner(work_dir: Path, iterations: int, **options: Any) -> Runner:
    config = {
        'model': {'type': 'SafeLoadingLine'},
        'work_dir': str(work_dir),
        'experiment_name': f'safe_loading_{next(RUNS)}',
        'train_dataloader': {
            'dataset': {'type': 'SafeLoadingPoints'},
            'sampler': {'type': 'DefaultSampler', 'shuffle': False},
            'collate_fn': {'type': 'default_collate'},
            'batch_size': 2,
            'num_workers': 0,
        },
        'train_cfg': {'by_epoch': False, 'max_iters': iterations},
        'optim_wrapper': {
            'optimizer': {'type': 'SGD', 'lr': 0.01, 'momentum': 0.9}
        },
        'param_scheduler': [
            {
                'type': 'OneCycleLR',
                'eta_max': 0.01,
                'total_steps': 8,
                'end': 8,
                'by_epoch': False,
            }
        ],
        'default_hooks': {
            'checkpoint': {
                'type': 'CheckpointHook',
                'interval': 1,
                'by_epoch': False,
            },
            'logger': {'type': 'LoggerHook', 'interval': 1},
        },
        'custom_hooks': [{'type': 'EMAHook'}],
        'randomness': {'seed': 0},
        **options,
    }
    return Runner.from_cfg(Config(config))


def resumed(path: Path | str, work_dir: Path) -> Runner:
    again = runner(work_dir, 4, load_from=str(path), resume=True)
    again.train()
    return again


@pytest.fixture(scope='module', autouse=True)
def scope() -> Iterator[None]:
    """Keep the runners' default scope from the tests that follow."""
    with DefaultScope.overwrite_default_scope('mmengine'):
        yield


@pytest.fixture(scope='module')
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A runner's own checkpoint after two iterations."""
    work_dir = tmp_path_factory.mktemp('trained')
    runner(work_dir, 2).train()
    return work_dir / 'iter_2.pth'


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / 'canary'


def test_a_runner_resumes_its_own_checkpoint(
    trained: Path, tmp_path: Path
) -> None:
    loaded = CheckpointLoader.load_checkpoint(str(trained), 'cpu')
    assert {'optimizer', 'param_schedulers', 'ema_state_dict'} < set(loaded)
    assert loaded['message_hub']['log_scalars']['train/loss'].current() > 0
    again = resumed(trained, tmp_path / 'resumed')
    whole = runner(tmp_path / 'whole', 4)
    whole.train()
    assert again.iter == whole.iter == 4
    for key, value in whole.model.state_dict().items():
        assert torch.equal(again.model.state_dict()[key], value)
    history, expected = (
        one.message_hub.get_scalar('train/lr').data[0].tolist()
        for one in (again, whole)
    )
    assert history == expected
    assert len(expected) == 4
    ema, expected_ema = (
        CheckpointLoader.load_checkpoint(f'{one.work_dir}/iter_4.pth', 'cpu')[
            'ema_state_dict'
        ]
        for one in (again, whole)
    )
    for key, value in expected_ema.items():
        assert torch.equal(ema[key], value)


def code_in_config(source: Path, target: Path, canary: Path) -> str:
    content = CheckpointLoader.load_checkpoint(str(source), 'cpu')
    code = f'open({str(canary)!r}, "w").close()'
    content['meta']['config'] = code
    torch.save(content, target)
    return code


def test_resume_runs_no_configuration_of_the_file(
    trained: Path, tmp_path: Path, canary: Path
) -> None:
    path = tmp_path / 'config.pth'
    code = code_in_config(trained, path, canary)
    assert resumed(path, tmp_path / 'resumed').iter == 4
    assert not canary.exists()
    # The control: what Runner.resume would have called does run it.
    Config.fromstring(code, file_format='.py')
    assert canary.exists()


def resume(path: Path, folder: Path) -> Any:
    return resumed(path, folder / 'work')


def load_from(path: Path, folder: Path) -> Any:
    return runner(folder / 'work', 4, load_from=str(path)).train()


def pretrained(path: Path, folder: Path) -> Any:
    init_cfg = {'type': 'Pretrained', 'checkpoint': str(path)}
    module = BaseModule(init_cfg={**init_cfg, 'prefix': 'line'})
    module.init_weights()
    return module


def into_model(path: Path, folder: Path) -> Any:
    return load_checkpoint(SafeLoadingLine(), str(path), strict=True)


def get_model(path: Path, folder: Path) -> Any:
    config = Config({'model': {'type': 'SafeLoadingLine'}})
    return mmpretrain.get_model(config, pretrained=str(path))


ROUTES = [resume, load_from, pretrained, into_model, get_model]
Route = Callable[[Path, Path], Any]


@pytest.mark.parametrize('route', ROUTES)
@pytest.mark.parametrize('payload', [shell, through_getattr])
def test_every_route_refuses(
    route: Route,
    payload: Callable[[Path], Any],
    tmp_path: Path,
    canary: Path,
) -> None:
    path = write(tmp_path / 'bad.pth', 'optimizer', payload(canary))
    with pytest.raises(UnsafeCheckpointError, match=f'{path} was refused'):
        route(path, tmp_path)
    assert not canary.exists()


@pytest.mark.parametrize('route', ROUTES)
def test_every_route_accepts(
    route: Route, trained: Path, tmp_path: Path
) -> None:
    route(trained, tmp_path)


def test_pretrained_weights_arrive(trained: Path) -> None:
    init_cfg = {'type': 'Pretrained', 'checkpoint': str(trained)}
    model = SafeLoadingLine()
    model.init_cfg = init_cfg
    model.init_weights()
    expected = CheckpointLoader.load_checkpoint(str(trained), 'cpu')
    for key, value in expected['state_dict'].items():
        assert torch.equal(model.state_dict()[key], value)


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Address of a loopback server of tmp_path, with an empty cache."""
    monkeypatch.setenv('no_proxy', '127.0.0.1')
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'torch_home'))
    handler = partial(QuietHandler, directory=str(tmp_path))
    server = ThreadingHTTPServer(('127.0.0.1', 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f'http://127.0.0.1:{server.server_port}'
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_download_is_read_and_kept(address: str, tmp_path: Path) -> None:
    path = tmp_path / 'good.pth'
    content = checkpoint()
    content['meta']['config'] = 'raise SystemExit'
    torch.save(content, path)
    for _ in range(2):  # the second time it is no longer served
        loaded = CheckpointLoader.load_checkpoint(f'{address}/good.pth')
        assert loaded['meta'] == {'epoch': 1, 'iter': 2}
        path.unlink(missing_ok=True)
    assert (tmp_path / 'torch_home/hub/checkpoints/good.pth').is_file()


@pytest.mark.parametrize('payload', [shell, through_getattr])
def test_a_hostile_download_is_refused(
    address: str,
    tmp_path: Path,
    canary: Path,
    payload: Callable[[Path], Any],
) -> None:
    write(tmp_path / 'bad.pth', 'state_dict', payload(canary))
    expected = rf'{address}/bad\.pth \(kept as .*bad\.pth\) was refused'
    with pytest.raises(UnsafeCheckpointError, match=expected):
        CheckpointLoader.load_checkpoint(f'{address}/bad.pth')
    assert not canary.exists()


def test_a_hostile_alias_is_refused(
    address: str,
    tmp_path: Path,
    canary: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(tmp_path / 'bad.pth', 'state_dict', shell(canary))
    aliases = {'toy': f'{address}/bad.pth'}
    for name in ('get_mmcls_models', 'get_torchvision_models'):
        monkeypatch.setattr(mmengine_checkpoint, name, lambda: aliases)
    for scheme in ('mmcls', 'torchvision'):
        with pytest.raises(UnsafeCheckpointError, match='was refused'):
            CheckpointLoader.load_checkpoint(f'{scheme}://toy')
    assert not canary.exists()


def test_a_failed_download_is_named(address: str, tmp_path: Path) -> None:
    url = f'{address}/none.pth'
    with pytest.raises(OSError, match=f'{url} could not be downloaded.*404'):
        CheckpointLoader.load_checkpoint(url)
    assert not list((tmp_path / 'torch_home').rglob('*.p*t*'))
    with pytest.raises(ValueError, match='names no file'):
        CheckpointLoader.load_checkpoint(f'{address}/')
