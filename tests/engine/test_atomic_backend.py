"""Checkpoints on file systems that cannot do everything (cases P1)."""

import errno
import os
import stat
from pathlib import Path

import pytest
from tiny_run import log_of, runner

from csgresnet_mm.engine import AtomicBackend, atomic_backend
from csgresnet_mm.engine.saved_checkpoints import find_newest

TOLD = 'its file system does not say when a file is on the disk'


@pytest.fixture(autouse=True)
def warn_anew():
    """It is logged once in a process."""
    atomic_backend._warn_once.cache_clear()


def no_folder_sync(monkeypatch, code: int) -> None:
    original = os.fsync

    def fsync(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(code, os.strerror(code))
        original(handle)

    monkeypatch.setattr(os, 'fsync', fsync)


def no_folder_open(monkeypatch, code: int) -> None:
    original = os.open

    def open_file(path, flags, *rest, **options):
        if os.path.isdir(path):
            raise OSError(code, os.strerror(code), path)
        return original(path, flags, *rest, **options)

    monkeypatch.setattr(os, 'open', open_file)


def no_sync(monkeypatch, code: int) -> None:
    def fsync(handle: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, 'fsync', fsync)


KINDS = [
    (no_folder_sync, errno.EINVAL),  # FUSE, Google Drive
    (no_folder_sync, errno.ENOTSUP),  # SMB
    (no_folder_sync, errno.EIO),
    (no_folder_open, errno.EACCES),  # Windows
    (no_folder_open, errno.EISDIR),
    (no_sync, errno.ENOSYS),  # of files neither
]


@pytest.mark.parametrize(('machine', 'code'), KINDS)
def test_P1_a_folder_that_cannot_be_synced_keeps_the_new_file(
    tmp_path, monkeypatch, machine, code
):
    machine(monkeypatch, code)
    lines = []
    monkeypatch.setattr(
        atomic_backend,
        'print_log',
        lambda text, *rest, **_: lines.append(text),
    )
    path = tmp_path / 'file'
    for content in (b'old', b'new'):
        AtomicBackend().put(content, path)
    assert path.read_bytes() == b'new'
    assert os.listdir(tmp_path) == ['file']
    (said,) = lines
    assert TOLD in said
    assert os.strerror(code) in said and 'is kept' not in said


@pytest.mark.parametrize('code', [errno.EIO, errno.ENOSPC, errno.EDQUOT])
def test_P1_a_file_that_the_disk_did_not_take_raises(
    tmp_path, monkeypatch, code
):
    path = tmp_path / 'file'
    AtomicBackend().put(b'old', path)
    no_sync(monkeypatch, code)
    with pytest.raises(OSError, match='what was there is kept') as error:
        AtomicBackend().put(b'new', path)
    assert error.value.errno == code
    assert path.read_bytes() == b'old'
    assert os.listdir(tmp_path) == ['file']


def test_P1_a_disk_that_became_read_only_is_reported(tmp_path, monkeypatch):
    def fail(*arguments, **options):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, 'replace', fail)
    monkeypatch.setattr(Path, 'unlink', fail)
    with pytest.raises(OSError, match='is kept: Read-only file system'):
        AtomicBackend().put(b'new', tmp_path / 'file')


@pytest.mark.parametrize(('machine', 'code'), [KINDS[0], KINDS[3]])
def test_P1_such_a_machine_trains_and_resumes(
    tmp_path, monkeypatch, machine, code
):
    machine(monkeypatch, code)
    options = {
        'default_hooks': dict(
            checkpoint=dict(
                type='CheckpointHook',
                interval=1,
                backend_args=dict(backend='atomic'),
            )
        )
    }
    hooks = [dict(type='SeedingHook'), dict(type='ExactResumeHook')]
    first = runner(tmp_path, train={}, hooks=hooks, epochs=2, **options)
    first.train()
    assert (tmp_path / 'epoch_2.pth').is_file()
    assert log_of(first).count(TOLD) == 1
    second = runner(
        tmp_path, train={}, hooks=hooks, epochs=3, resume=True, **options
    )
    second.train()
    assert second.epoch == 3 and (tmp_path / 'epoch_3.pth').is_file()
    assert 'resumed epoch: 2' in log_of(second)


def test_P1_the_newest_is_known_where_times_are_coarse(tmp_path):
    """FAT keeps two seconds: checkpoints of small runs have one time."""
    for epoch in (8, 9, 10):
        path = tmp_path / f'epoch_{epoch}.pth'
        AtomicBackend().put(b'\x80\x02', path)
        os.utime(path, ns=(0, 0))
    newest, _ = find_newest(tmp_path, 'epoch_*.pth', tmp_path / 'none')
    assert newest is not None and newest.name == 'epoch_10.pth'
