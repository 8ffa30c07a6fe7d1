"""A file is written whole or not at all."""

import stat
from pathlib import Path

import pytest

from csgresnet_mm.whole_file import whole_file


def test_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / 'file'
    path.write_text('old')
    with whole_file(path) as file:
        file.write(b'new')
        assert path.read_text() == 'old'
    assert path.read_text() == 'new'
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize('mode', [0o600, 0o644])
def test_has_its_permissions(tmp_path: Path, mode: int) -> None:
    with whole_file(tmp_path / 'file', mode):
        pass
    assert stat.S_IMODE((tmp_path / 'file').stat().st_mode) == mode


@pytest.mark.parametrize('error', [OSError, KeyboardInterrupt])
def test_leaves_what_was_there(
    tmp_path: Path, error: type[BaseException]
) -> None:
    path = tmp_path / 'file'
    path.write_text('old')
    with pytest.raises(error), whole_file(path) as file:
        file.write(b'half')
        raise error
    assert path.read_text() == 'old'
    assert list(tmp_path.iterdir()) == [path]
