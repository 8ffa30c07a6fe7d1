"""No code runs, memory is bounded, and the error names the file."""

import pickle
import re
import resource
from pathlib import Path

import pytest
from hostile import shell
from hostile_tools import PACKED, TOOLS
from hostile_zoo import ZOO
from mmengine.registry import DefaultScope

from csgresnet_mm.engine.safe_loading import UnsafeCheckpointError

CLEAR = (ValueError, OSError, UnsafeCheckpointError)
ROOM = 400 * 2**20
"""Bytes that a file may cost; each large one would take a gigabyte or more."""


@pytest.fixture
def bounded():
    """Gives a function that forbids the process more than ROOM from then."""
    before = resource.getrlimit(resource.RLIMIT_DATA)

    def bound() -> None:
        status = Path('/proc/self/status').read_text()
        data = int(re.search(r'VmData:\s+(\d+) kB', status)[1]) * 1024
        resource.setrlimit(resource.RLIMIT_DATA, (data + ROOM, before[1]))

    yield bound
    resource.setrlimit(resource.RLIMIT_DATA, before)


EXHIBITS = [
    *(pytest.param(exhibit, id=exhibit.name) for exhibit in (*ZOO, *TOOLS)),
    *(
        pytest.param(exhibit, id=exhibit.name, marks=pytest.mark.onnx)
        for exhibit in PACKED
    ),
]


@pytest.mark.parametrize('exhibit', EXHIBITS)
def test_the_zoo(exhibit, tmp_path, bounded, monkeypatch):
    monkeypatch.setenv('no_proxy', '127.0.0.1')
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'torch_home'))
    monkeypatch.setenv('CSGRESNET_DATA_CACHE', str(tmp_path / 'cache'))
    folder, canary = tmp_path / 'zoo', tmp_path / 'canary'
    folder.mkdir()
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        use = exhibit.show(folder, canary)
        bounded()
        if exhibit.message:
            with pytest.raises(CLEAR) as caught:
                use()
            text = str(caught.value)
            assert re.search(exhibit.message, text, re.DOTALL), text
            assert len(text) < 2000
        else:
            use()
    assert not canary.exists()


def test_the_canary_sings(tmp_path):
    pickle.loads(pickle.dumps(shell(tmp_path / 'canary')))
    assert (tmp_path / 'canary').exists()


def test_the_bound_binds(bounded):
    bounded()
    with pytest.raises(MemoryError):
        bytearray(2 * ROOM)
