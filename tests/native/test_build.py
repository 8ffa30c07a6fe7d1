"""The build: cache, compiler failures, and who may write where."""

import errno
import logging
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from csgresnet_mm.native import binding, build

pytestmark = pytest.mark.compiler

# A compiler of a few lines: answers --version, copies a text to the output,
# and notes each library, not its parts.
COMPILER = """#!/bin/sh
[ "$1" = --version ] && echo "fake 1.0" && exit 0
for last; do :; done
case " $* " in *" -c "*) ;; *) echo run >> {log} ;; esac
{action}
"""
WRITE = 'head -c 5000 /dev/zero > "$last"; echo $$ >> "$last"'


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / 'cache'
    monkeypatch.setenv('CSGRESNET_CACHE', str(folder))
    return folder


@pytest.fixture
def compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def install(action: str = WRITE) -> Path:
        script, log = tmp_path / 'cc', tmp_path / 'log'
        script.write_text(COMPILER.format(log=log, action=action))
        script.chmod(0o700)
        monkeypatch.setenv('CXX', str(script))
        return log

    return install


def test_builds_once_and_reuses(cache: Path, compiler) -> None:
    log = compiler()
    first = build.build()
    assert build.build() == first
    assert log.read_text() == 'run\n'
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    assert [p.name for p in cache.iterdir()] == [first.name]


@pytest.mark.parametrize('keep', [0, 100, 4999])
def test_rebuilds_a_truncated_file(cache: Path, compiler, keep: int) -> None:
    log = compiler()
    path = build.build()
    path.write_bytes(path.read_bytes()[:keep])
    again = build.build()
    assert again.stat().st_size > 5000
    assert log.read_text() == 'run\nrun\n'


def test_rebuilds_a_file_that_others_can_write(cache: Path, compiler) -> None:
    log = compiler()
    build.build().chmod(0o666)
    assert stat.S_IMODE(build.build().stat().st_mode) == 0o600
    assert log.read_text() == 'run\nrun\n'


@pytest.mark.parametrize('mode', [0o770, 0o707, 0o777])
def test_refuses_a_cache_that_others_can_write(
    cache: Path, compiler, mode: int
) -> None:
    compiler()
    cache.mkdir()
    cache.chmod(mode)
    with pytest.raises(build.BuildError, match=f'{mode:04o}'):
        build.build()


def test_refuses_a_cache_that_others_can_replace(
    tmp_path: Path, compiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler()
    (tmp_path / 'open').mkdir()
    (tmp_path / 'open').chmod(0o777)
    monkeypatch.setenv('CSGRESNET_CACHE', str(tmp_path / 'open' / 'cache'))
    with pytest.raises(build.BuildError, match='parent'):
        build.build()


def test_refuses_a_cache_of_another_user(
    cache: Path, compiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler()
    monkeypatch.setattr(os, 'geteuid', lambda: os.getuid() + 1)
    with pytest.raises(build.BuildError, match='owner'):
        build.build()


def test_key_depends_on_what_decides_the_code(
    cache: Path, compiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler()
    names = {build.build().name}
    monkeypatch.setenv('CSGRESNET_NATIVE_MARCH', 'x86-64')
    names.add(build.build().name)
    monkeypatch.setattr(build, '_cpu', lambda: 'another')
    names.add(build.build().name)
    monkeypatch.setattr(build, '_version', lambda compiler: 'fake 2.0')
    names.add(build.build().name)
    assert len({name.rpartition('-')[0] for name in names}) == 4


def library_with_log(caplog: pytest.LogCaptureFixture) -> str:
    """The one line that a fresh, failing `library()` logs."""
    binding.library.cache_clear()
    with caplog.at_level(logging.INFO, logger='csgresnet_mm'):
        assert binding.library() is None
        assert binding.library() is None
    binding.library.cache_clear()
    [record] = caplog.records
    assert '\n' not in record.getMessage()
    return record.getMessage()


def test_survives_no_compiler(
    cache: Path, monkeypatch: pytest.MonkeyPatch, caplog
) -> None:
    monkeypatch.delenv('CXX', raising=False)
    monkeypatch.setenv('PATH', '')
    assert 'no C++ compiler' in library_with_log(caplog)


@pytest.mark.parametrize(
    'action',
    [
        'echo "x.cpp:1: error: no such thing" >&2; exit 1',
        'echo "fatal error: No space left on device" >&2; exit 1',
        'kill -9 $$',
        'exit 0',
    ],
)
def test_survives_a_failing_compiler(
    cache: Path, compiler, caplog, action: str
) -> None:
    compiler(action)
    assert 'native kernel not available' in library_with_log(caplog)
    assert list(cache.iterdir()) == []


def test_survives_a_library_that_does_not_load(
    cache: Path, compiler, caplog
) -> None:
    compiler()
    assert 'native kernel not available' in library_with_log(caplog)


def test_survives_an_unusable_cache(
    tmp_path: Path, compiler, monkeypatch: pytest.MonkeyPatch, caplog
) -> None:
    compiler()
    (tmp_path / 'file').write_text('')
    monkeypatch.setenv('CSGRESNET_CACHE', str(tmp_path / 'file' / 'cache'))
    assert 'cache folder' in library_with_log(caplog)


def test_two_processes_build_at_once(cache: Path, compiler) -> None:
    compiler('sleep 0.5; ' + WRITE)
    command = [sys.executable, '-m', 'csgresnet_mm.native']
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in running:
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        (*_, line) = output.splitlines()
        library = Path(line.split(' ready after')[0])
        assert build._is_intact(library, os.getuid())
    assert build._is_intact(build.build(), os.getuid())


@pytest.mark.slow
def test_command_builds_the_real_library(cache: Path) -> None:
    done = subprocess.run(
        [sys.executable, '-m', 'csgresnet_mm.native'],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert str(cache) in done.stdout


def test_command_reports_a_failure(cache: Path, compiler) -> None:
    compiler('exit 1')
    done = subprocess.run(
        [sys.executable, '-m', 'csgresnet_mm.native'],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert 'not built' in done.stderr


def test_P2_survives_a_user_without_a_home(
    compiler, monkeypatch: pytest.MonkeyPatch, caplog
) -> None:
    compiler()
    for name in ('HOME', 'CSGRESNET_CACHE', 'XDG_CACHE_HOME'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr('posixpath.expanduser', lambda path: path)
    assert 'Set CSGRESNET_CACHE' in library_with_log(caplog)


@pytest.mark.parametrize('step', ['mkdtemp', 'replace'])
def test_P2_survives_a_cache_that_is_read_only_or_full(
    cache: Path, compiler, monkeypatch: pytest.MonkeyPatch, caplog, step: str
) -> None:
    compiler()
    cache.mkdir(mode=0o700)

    def fail(*arguments, **options):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(
        build.tempfile if step == 'mkdtemp' else os, step, fail
    )
    assert 'Read-only file system' in library_with_log(caplog)


def test_P2_takes_what_lies_in_a_cache_that_is_read_only(
    cache: Path, compiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = compiler()
    path = build.build()

    def fail(*arguments, **options):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(build.tempfile, 'mkdtemp', fail)
    assert build.build() == path
    assert log.read_text() == 'run\n'
