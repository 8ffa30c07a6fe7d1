"""Checkpoint files are data, whatever they contain."""

import os
import pickle
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hostile import (
    PLACES,
    checkpoint,
    rename_in_pickle,
    shell,
    through_getattr,
    write,
)
from mmengine.logging import HistoryBuffer
from mmengine.optim import OneCycleLR
from mmengine.runner import CheckpointLoader
from mmengine.runner import checkpoint as mmengine_checkpoint

from csgresnet_mm.engine import safe_loading
from csgresnet_mm.engine.safe_loading import UnsafeCheckpointError


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / 'canary'


def load(path: Path | str, map_location: Any = 'cpu') -> dict[str, Any]:
    return CheckpointLoader.load_checkpoint(str(path), map_location)


def rich_checkpoint() -> dict[str, Any]:
    """What both stacks put beside tensors."""
    history = HistoryBuffer()
    history.update(0.5)
    history.update(0.25, count=3)
    parameter = torch.nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([parameter], lr=0.1, momentum=0.9)
    schedulers = [
        OneCycleLR(optimizer, eta_max=0.1, total_steps=9, anneal_strategy=how)
        for how in ('cos', 'linear')
    ]
    return checkpoint() | {
        'message_hub': {'log_scalars': {'loss': history}},
        'param_schedulers': [one.state_dict() for one in schedulers],
        'numbers': {
            'f8': np.float64(1.5),
            'f4': np.float32(2.5),
            'i8': np.arange(3),
            'i4': np.arange(3, dtype=np.int32),
        },
    }


def assert_rich(loaded: dict[str, Any]) -> None:
    history = loaded['message_hub']['log_scalars']['loss']
    assert isinstance(history, HistoryBuffer)
    assert history.mean() == (0.5 + 0.25) / (1 + 3)
    assert history.statistics('min') == 0.25
    names = [
        scheduler['anneal_func'].__name__
        for scheduler in loaded['param_schedulers']
    ]
    assert names == ['_annealing_cos', '_annealing_linear']
    assert loaded['numbers']['f8'] == 1.5
    assert type(loaded['numbers']['f4']) is np.float32
    assert loaded['numbers']['i8'].tolist() == [0, 1, 2]
    assert loaded['numbers']['i4'].dtype == np.int32
    assert torch.equal(
        loaded['state_dict']['weight'], torch.arange(6.0).reshape(2, 3)
    )


@pytest.mark.parametrize('zipped', [True, False])
def test_a_checkpoint_of_the_stack_is_read(
    tmp_path: Path, zipped: bool
) -> None:
    path = tmp_path / 'good.pth'
    torch.save(rich_checkpoint(), path, _use_new_zipfile_serialization=zipped)
    assert_rich(load(path))


def test_names_of_the_other_numpy_are_read(tmp_path: Path) -> None:
    path = tmp_path / 'good.pth'
    torch.save(rich_checkpoint(), path)
    ours, other = b'numpy._core.multiarray', b'numpy.core.multiarray'
    if ours not in path.read_bytes():
        ours, other = other, ours
    rename_in_pickle(path, ours, other)
    assert ours not in path.read_bytes()
    assert_rich(load(path))


def test_the_shell_payload_is_live(canary: Path) -> None:
    # The control: plain pickle does run it.
    pickle.loads(pickle.dumps(shell(canary)))
    assert canary.exists()


@pytest.mark.parametrize('zipped', [True, False])
@pytest.mark.parametrize('place', PLACES)
def test_os_system_is_refused(
    tmp_path: Path, canary: Path, place: str, zipped: bool
) -> None:
    path = write(
        tmp_path / 'bad.pth',
        place,
        shell(canary),
        _use_new_zipfile_serialization=zipped,
    )
    expected = rf'{path} was refused: it names {os.name}\.system, which is'
    with pytest.raises(UnsafeCheckpointError, match=expected):
        load(path)
    assert not canary.exists()


def test_os_system_is_refused_where_torch_is_set_otherwise(
    tmp_path: Path, canary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD', '1')
    path = write(tmp_path / 'bad.pth', 'meta', shell(canary))
    with pytest.raises(UnsafeCheckpointError, match='system'):
        load(path)
    assert not canary.exists()


def test_the_getattr_payload_is_live(tmp_path: Path, canary: Path) -> None:
    # The control: a raw getattr on the list is enough to run code.
    path = write(tmp_path / 'bad.pth', 'meta', through_getattr(canary))
    with torch.serialization.safe_globals([getattr, HistoryBuffer]):
        torch.load(path, weights_only=True)
    assert canary.exists()


def test_getattr_is_refused(tmp_path: Path, canary: Path) -> None:
    path = write(tmp_path / 'bad.pth', 'meta', through_getattr(canary))
    expected = (
        rf"{path} was refused: builtins\.getattr\(HistoryBuffer, 'update'\)"
    )
    with pytest.raises(UnsafeCheckpointError, match=expected):
        load(path)
    assert not canary.exists()


def test_getattr_is_refused_where_the_process_allows_it(
    tmp_path: Path, canary: Path
) -> None:
    path = write(tmp_path / 'bad.pth', 'meta', through_getattr(canary))
    unguarded = [getattr, (getattr, 'builtins.getattr')]
    with torch.serialization.safe_globals(unguarded):
        before = set(torch.serialization.get_safe_globals())
        with safe_loading.allow_list():
            allowed = set(torch.serialization.get_safe_globals())
        # Which of two entries of one name torch takes is a matter of luck.
        assert not allowed.intersection(unguarded)
        with pytest.raises(UnsafeCheckpointError, match=r'builtins\.getattr'):
            load(path)
        assert set(torch.serialization.get_safe_globals()) == before
    assert not canary.exists()


@pytest.mark.parametrize(
    ('owner', 'name'),
    [
        (HistoryBuffer, '__init__'),
        (HistoryBuffer, '__dict__'),
        (HistoryBuffer, '_annealing_cos'),
        (HistoryBuffer(), 'mean'),
        ([], 'append'),
        (os, 'system'),
    ],
)
def test_only_listed_attributes_are_given(owner: Any, name: str) -> None:
    with pytest.raises(UnsafeCheckpointError, match=f"{name}'.* not allowed"):
        safe_loading._attribute(owner, name)


@pytest.mark.parametrize('dtype', ['O', 'U8', 'V8', 'M8[s]', 'f8,O'])
def test_other_dtypes_are_refused(tmp_path: Path, dtype: str) -> None:
    array = np.zeros(2, dtype=dtype)
    path = write(tmp_path / 'bad.pth', 'meta', array)
    with pytest.raises(UnsafeCheckpointError, match=f'{path} was refused'):
        load(path)


def test_python_code_in_the_configuration_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / 'config.pth'
    content = checkpoint()
    content['meta']['config'] = 'raise SystemExit'
    torch.save(content, path)
    assert load(path)['meta'] == {'epoch': 1, 'iter': 2}


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / 'none.pth'
    with pytest.raises(FileNotFoundError, match=f'{path}: no such'):
        load(path)


@pytest.mark.parametrize('zipped', [True, False])
@pytest.mark.parametrize('kept', [0.3, 0.6, 0.95])
def test_a_truncated_file_is_named(
    tmp_path: Path, zipped: bool, kept: float
) -> None:
    path = tmp_path / 'cut.pth'
    torch.save(rich_checkpoint(), path, _use_new_zipfile_serialization=zipped)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(
        (ValueError, UnsafeCheckpointError), match=str(path)
    ) as caught:
        load(path)
    if zipped:
        assert 'may be damaged or truncated' in str(caught.value)


@pytest.mark.parametrize('data', [b'', b'hello\n', b'PK', b'\x80\x04K\x01.'])
def test_another_kind_of_file_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / 'text.pth'
    path.write_bytes(data)
    with pytest.raises(ValueError, match=f'{path} is not a file that torch'):
        load(path)


def test_another_object_is_named(tmp_path: Path) -> None:
    path = tmp_path / 'list.pth'
    torch.save([1, 2], path)
    with pytest.raises(ValueError, match=f'{path} holds a list, expected'):
        load(path)


def test_map_location_is_obeyed(tmp_path: Path) -> None:
    path = tmp_path / 'good.pth'
    torch.save(checkpoint(), path)
    loaded = load(path, map_location='meta')
    assert loaded['state_dict']['weight'].device.type == 'meta'
    asked = []

    def place(storage: Any, location: str) -> Any:
        asked.append(location)
        return storage

    load(path, map_location=place)
    assert asked == ['cpu']


def test_a_home_folder_is_expanded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save(checkpoint(), tmp_path / 'good.pth')
    monkeypatch.setenv('HOME', str(tmp_path))
    assert load('~/good.pth')['meta']['epoch'] == 1


def test_the_reader_of_the_forks_is_replaced(canary: Path) -> None:
    # The forks' other schemes (s3://, open-mmlab://) call it by this name.
    ours = safe_loading._safe_torch_load
    assert getattr(mmengine_checkpoint, ours.__name__, ours) is ours
    stream = BytesIO()
    torch.save({'payload': shell(canary)}, stream)
    stream.seek(0)
    with pytest.raises(UnsafeCheckpointError, match='the checkpoint stream'):
        ours(stream, map_location='cpu')
    assert not canary.exists()


def run_python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, '-c', code],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1]


REPORT = """
from mmengine.runner import checkpoint as c
schemes = ('', 'http://', 'https://')
loaders = [c.CheckpointLoader._schemes[s] for s in schemes]
loaders += [c.load_from_http, getattr(c, '_safe_torch_load', loaders[0])]
print(*sorted({loader.__module__ for loader in loaders}))
"""


@pytest.mark.parametrize(
    ('imports', 'owner'),
    [
        ('csgresnet_mm', 'mmengine.runner.checkpoint'),
        ('csgresnet_mm.engine', 'mmengine.runner.checkpoint'),
        (
            'csgresnet_mm.engine.safe_loading',
            'csgresnet_mm.engine.safe_loading',
        ),
    ],
)
def test_only_its_own_name_switches_it_on(imports: str, owner: str) -> None:
    assert run_python(f'import {imports}\n{REPORT}') == owner


def test_switching_it_on_twice_changes_nothing() -> None:
    before = dict(CheckpointLoader._schemes)
    safe_loading.install()
    assert CheckpointLoader._schemes == before
