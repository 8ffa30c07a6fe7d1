"""Checkpoints are whole, or known not to be."""

import os
import resource
import signal
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.fileio import get_file_backend

from csgresnet_mm.engine import AtomicBackend
from csgresnet_mm.engine.checksums import COMMENT, find_damage, sign
from csgresnet_mm.engine.saved_checkpoints import find_newest

CONTENT = bytes(range(256)) * 1000


@pytest.fixture
def backend():
    found = get_file_backend(backend_args=dict(backend='atomic'))
    assert isinstance(found, AtomicBackend)
    return found


def test_files_are_written_and_replaced(tmp_path, backend):
    path = tmp_path / 'new/folder/file'
    backend.put(b'first', path)
    backend.put_text('zwölf', str(path), encoding='utf-16')
    assert backend.get_text(path, encoding='utf-16') == 'zwölf'
    assert os.listdir(path.parent) == ['file']


@contextmanager
def full_disk():
    """No file may exceed 1000 bytes, pytest's own log neither: be brief."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_keeps_what_was_there(tmp_path, backend):
    path = tmp_path / 'file'
    backend.put(CONTENT, path)
    with pytest.raises(OSError) as error, full_disk():
        backend.put(CONTENT * 2, path)
    assert str(path) in str(error.value)
    assert '512000 bytes could not be written' in str(error.value)
    with pytest.raises(OSError, match='could not be written'), full_disk():
        backend.put(CONTENT, tmp_path / 'other')
    assert path.read_bytes() == CONTENT
    assert os.listdir(tmp_path) == ['file']


@pytest.mark.parametrize('step', ['_write', '_rename', 'after'])
def test_a_kill_leaves_the_old_file_or_the_new(tmp_path, backend, step):
    path = tmp_path / 'file'
    backend.put(b'old', path)
    child = os.fork()
    if child == 0:
        original = os.replace

        def die(*arguments):
            os.kill(os.getpid(), signal.SIGKILL)

        if step == 'after':
            os.replace = lambda *names: (original(*names), die())
        else:
            setattr(backend, step, die)
        backend.put(CONTENT, path)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -9
    whole = CONTENT if step == 'after' else b'old'
    assert path.read_bytes() == whole
    backend.put(b'next', path)
    assert os.listdir(tmp_path) == ['file']


def save(folder: Path, epoch: int, time: int | None = None) -> Path:
    path = folder / f'epoch_{epoch}.pth'
    torch.save(dict(w=torch.arange(999.0) + epoch, epoch=epoch), path)
    time = epoch if time is None else time
    os.utime(path, ns=(time, time))
    return path


def flip(path: Path, place: int, bit: int = 0) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1 << bit
    times = path.stat().st_mtime_ns
    path.write_bytes(data)
    os.utime(path, ns=(times, times))


def newest(folder: Path) -> tuple[Path | None, list[str]]:
    return find_newest(folder, 'epoch_*.pth', folder / 'last_checkpoint')


def same(path: Path) -> bool:
    return torch.equal(torch.load(path)['w'], torch.arange(999.0) + 1)


def test_a_bit_is_found(tmp_path, backend):
    path = save(tmp_path, 1)
    backend.put(path.read_bytes(), path)
    assert find_damage(path) is None
    assert same(path)
    signed = path.stat().st_size - COMMENT
    for place in np.linspace(0, signed - 1, 500).astype(int):
        flip(path, int(place))
        assert find_damage(path) is not None, place
        flip(path, int(place))
    for place in range(signed, signed + COMMENT):  # of the checksum
        flip(path, place)
        assert find_damage(path) is not None or same(path)
        flip(path, place)


def test_a_bit_of_a_weight_is_found_without_our_checksum(tmp_path):
    path = save(tmp_path, 1)
    assert find_damage(path) is None
    place = path.read_bytes().index(np.float32(900).tobytes())
    flip(path, place)
    assert not same(path)  # torch does not see it
    assert 'the checksum of' in str(find_damage(path))


def test_only_archives_get_a_checksum(tmp_path):
    for content in (b'', b'PK', CONTENT):
        assert sign(content) == content
    content = save(tmp_path, 1).read_bytes()
    assert sign(sign(content)) == sign(content) != content


@pytest.mark.parametrize('part', [0, 1, 100, 0.5, 0.98])
@pytest.mark.parametrize('signed', [True, False])
def test_a_cut_file_is_damaged(tmp_path, backend, part, signed):
    path = save(tmp_path, 1)
    if signed:
        backend.put(path.read_bytes(), path)
    size = path.stat().st_size
    os.truncate(path, int(part * size) if isinstance(part, float) else part)
    assert find_damage(path) is not None


@pytest.mark.parametrize('missing', [1, 2, 30, COMMENT + 1])
def test_a_file_without_the_end_is_damaged(tmp_path, backend, missing):
    path = save(tmp_path, 1)
    backend.put(path.read_bytes(), path)
    os.truncate(path, path.stat().st_size - missing)
    assert find_damage(path) is not None


def test_other_files_are_judged(tmp_path):
    path = tmp_path / 'file'
    assert 'FileNotFoundError' in str(find_damage(path))
    torch.save({}, path, _use_new_zipfile_serialization=False)
    assert find_damage(path) is None


def test_the_pointed_at_comes_first_then_the_newest(tmp_path):
    assert newest(tmp_path) == (None, [])
    first, second, third = (save(tmp_path, epoch) for epoch in (1, 2, 3))
    assert newest(tmp_path) == (third, [])
    # an older run of more epochs in the same folder
    save(tmp_path, 20, time=0)
    assert newest(tmp_path) == (third, [])
    pointer = tmp_path / 'last_checkpoint'
    for text in ('', 'epo', '/gone/epoch_9.pth', '\0\xff'):
        pointer.write_text(text)
        assert newest(tmp_path) == (third, [])
    pointer.write_text(f'/where/it/was/{second.name}')
    assert newest(tmp_path) == (second, [])
    flip(second, 1500)
    chosen, damages = newest(tmp_path)
    assert chosen == third
    assert [str(second) in line for line in damages] == [True]
    flip(third, 1500)
    assert newest(tmp_path)[0] == first


def test_nothing_whole_is_an_error(tmp_path):
    pointer = tmp_path / 'last_checkpoint'
    pointer.write_text('/x/epoch_1.pth')
    with pytest.raises(FileNotFoundError, match='names epoch_1.pth, but'):
        newest(tmp_path)
    flip(save(tmp_path, 1), 1500)
    with pytest.raises(ValueError) as error:
        newest(tmp_path)
    assert 'epoch_1.pth is damaged (the checksum of' in str(error.value)
