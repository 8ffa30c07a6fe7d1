"""A file is written whole or not at all."""

import errno
import os
import stat
from pathlib import Path

import pytest

from csgresnet_mm.atomic_write import atomic_write


def test_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / 'file'
    path.write_text('old')
    with atomic_write(path) as file:
        file.write(b'new')
        assert path.read_text() == 'old'
    assert path.read_text() == 'new'
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize('mode', [0o600, 0o644])
def test_has_its_permissions(tmp_path: Path, mode: int) -> None:
    with atomic_write(tmp_path / 'file', mode):
        pass
    assert stat.S_IMODE((tmp_path / 'file').stat().st_mode) == mode


@pytest.mark.parametrize('error', [OSError, KeyboardInterrupt])
def test_leaves_what_was_there(
    tmp_path: Path, error: type[BaseException]
) -> None:
    path = tmp_path / 'file'
    path.write_text('old')
    with pytest.raises(error), atomic_write(path) as file:
        file.write(b'half')
        raise error
    assert path.read_text() == 'old'
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize('code', [errno.EPERM, errno.ENOTSUP, errno.ENOSYS])
def test_P1_a_file_system_without_permissions_takes_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def chmod(path: str, mode: int) -> None:
        raise OSError(code, os.strerror(code), path)

    monkeypatch.setattr(os, 'chmod', chmod)
    with atomic_write(tmp_path / 'file', 0o644) as file:
        file.write(b'new')
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b'new']


@pytest.mark.parametrize('name', ['n' * 255, 'ü' * 127, '\udcff' * 255])
def test_P2_a_name_of_the_longest_length_is_written(
    tmp_path: Path, name: str
) -> None:
    with atomic_write(tmp_path / name) as file:
        file.write(b'new')
    assert os.listdir(tmp_path) == [name]
