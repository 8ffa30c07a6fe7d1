"""Builds the native kernel on first use, into a cache the user owns.

The library is compiled once for each combination of source, flags, compiler
and CPU, so that a home folder shared by different machines is safe. The file
name carries the digest of the file's own bytes: a truncated file is noticed
before it is loaded, and one rename publishes it, so that processes that build
at once do not disturb each other.

Environment variables: `CXX` (compiler), `CSGRESNET_CACHE` (cache folder),
`CSGRESNET_NATIVE_MARCH` (`native`, or an older instruction set for tests) and
`CSGRESNET_NATIVE_SANITIZE=1` (address and undefined behaviour sanitizers).
"""

import hashlib
import logging
import os
import platform
import shlex
import shutil
import stat
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from csgresnet_mm.cpus import available_cpus

LOGGER = logging.getLogger('csgresnet_mm')
TIMEOUT_S = 900  # of half a minute, on a machine that others use


class BuildError(RuntimeError):
    """The native library cannot be built here; the message says why."""


def build() -> Path:
    """Return the library for this machine, compiled now if need be.

    Returns:
        Path of a shared library whose bytes match the digest in its name.

    Raises:
        BuildError: no compiler, a failing compilation, or a cache folder
            that is unusable or that other users can write.
    """
    user = _user()
    compiler = _compiler()
    flags = _flags()
    key = _key(compiler, flags)
    try:
        folder = _cache_folder(user)
        for path in sorted(folder.glob(f'native-{key}-*')):
            if _is_intact(path, user):
                return path
            path.unlink(missing_ok=True)
        return _compile(compiler, flags, folder, key)
    except OSError as error:
        raise BuildError(f'cache folder: {error}') from error


def _sources() -> list[Path]:
    here = Path(__file__).parent
    return sorted(here.glob('*.cpp')) + sorted(here.glob('*.h'))


def _user() -> int:
    """Who must own the cache, where files have owners."""
    if not hasattr(os, 'geteuid'):
        raise BuildError(f'no native kernel on {platform.system()}')
    return os.geteuid()


def _compiler() -> list[str]:
    asked = shlex.split(os.environ.get('CXX', ''))
    for words in [asked] if asked else [['c++'], ['g++'], ['clang++']]:
        found = shutil.which(words[0])
        if found:
            return [found, *words[1:]]
    raise BuildError(
        f'no C++ compiler: {" ".join(asked) or "c++, g++, clang++"} not found'
    )


def _flags() -> list[str]:
    march = os.environ.get('CSGRESNET_NATIVE_MARCH') or 'native'
    arm = platform.machine() in ('aarch64', 'arm64')
    flags = ['-O3', '-std=c++17', '-shared', '-fPIC', '-fvisibility=hidden']
    flags += ['-ffp-contract=fast', '-fno-trapping-math', '-fno-math-errno']
    flags += [f'-mcpu={march}' if arm else f'-march={march}']
    if platform.system() == 'Darwin':
        flags += ['-undefined', 'dynamic_lookup']
    if os.environ.get('CSGRESNET_NATIVE_SANITIZE') == '1':
        flags += ['-O1', '-fsanitize=address,undefined']
    return flags


def _key(compiler: list[str], flags: list[str]) -> str:
    digest = hashlib.sha256()
    for path in _sources():
        digest.update(path.name.encode() + b'\0' + path.read_bytes())
    for word in [*compiler, *flags, _version(compiler), _cpu()]:
        digest.update(b'\0' + word.encode())
    return digest.hexdigest()[:20]


def _version(compiler: list[str]) -> str:
    return _run([*compiler, '--version'], os.environ)


def _cpu() -> str:
    """What decides the meaning of -march=native on this machine."""
    info = Path('/proc/cpuinfo')
    if not info.exists():
        return f'{platform.machine()} {platform.processor()}'
    names = ('vendor_id', 'cpu family', 'model', 'flags', 'Features', 'CPU p')
    first = info.read_text().split('\n\n', 1)[0].splitlines()
    return '\n'.join(line for line in first if line.startswith(names))


def _cache_folder(user: int) -> Path:
    """The cache folder, created if missing and checked to be ours alone."""
    asked = os.environ.get('CSGRESNET_CACHE')
    home = os.environ.get('XDG_CACHE_HOME') or '~/.cache'
    try:
        folder = Path(asked or Path(home) / 'csgresnet_mm').expanduser()
    except RuntimeError as error:
        raise BuildError(f'cache folder: {error} Set CSGRESNET_CACHE') from (
            error
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = folder.resolve()
    status = folder.stat()
    if status.st_uid != user or status.st_mode & 0o022:
        raise BuildError(
            f'cache folder {folder} has owner {status.st_uid} and mode '
            f'{stat.S_IMODE(status.st_mode):04o}, expected owner '
            f'{user} and no write permission for others'
        )
    for parent in folder.parents:
        mode = parent.stat().st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            raise BuildError(
                f'anyone can replace the cache folder {folder}: its parent '
                f'{parent} has mode {stat.S_IMODE(mode):04o}'
            )
    return folder


def _is_intact(path: Path, user: int) -> bool:
    status = path.lstat()
    return (
        stat.S_ISREG(status.st_mode)
        and status.st_uid == user
        and not status.st_mode & 0o022
        and path.stem.rpartition('-')[2] == _digest(path)
    )


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:32]


def _compile(
    compiler: list[str], flags: list[str], folder: Path, key: str
) -> Path:
    with tempfile.TemporaryDirectory(dir=folder, prefix='tmp-') as scratch:
        library = Path(scratch) / 'native.so'
        environment = {**os.environ, 'TMPDIR': scratch}

        def compile_one(source: Path) -> str:
            to = str(Path(scratch) / f'{source.stem}.o')
            _run([*compiler, *flags, '-c', str(source), '-o', to], environment)
            return to

        sources = [path for path in _sources() if path.suffix == '.cpp']
        with ThreadPoolExecutor(available_cpus()) as pool:
            objects = list(pool.map(compile_one, sources))
        _run([*compiler, *flags, *objects, '-o', str(library)], environment)
        library.chmod(0o600)
        target = folder / f'native-{key}-{_digest(library)}.so'
        os.replace(library, target)
    return target


def _run(command: list[str], environment: 'os._Environ | dict') -> str:
    try:
        done = subprocess.run(
            command,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(f'{command[0]}: {error}') from error
    if done.returncode:
        errors = [s for s in done.stderr.splitlines() if 'error' in s.lower()]
        lines = errors or done.stderr.splitlines() or ['no message']
        raise BuildError(
            f'{command[0]} ended with status {done.returncode}: {lines[0]}'
        )
    return done.stdout
