"""Whether the files that a command line names are there."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config

from csgresnet_mm import variables
from csgresnet_mm.printable import list_some
from csgresnet_mm.program import describe
from csgresnet_mm.shipped import new_name, shipped_folder

CONFIG_SUFFIXES = ('.py', '.yml', '.yaml', '.json')


def read_config(name: str) -> Config:
    """Read a config; what it raises names the file.

    Args:
        name: Of the command line.

    Raises:
        FileNotFoundError: It is not there.
        ValueError: It is no config, or cannot be run.
    """
    path = find_config(name)
    try:
        return Config.fromfile(path)
    except (ValueError, OSError, ImportError):
        raise
    except Exception as error:
        raise ValueError(
            f'{name} cannot be read as a config: {describe(error)}'
        ) from error


def find_config(name: str) -> str:
    """The config that a command line names; one not there is refused.

    Args:
        name: Of the command line. What an earlier version called one of ours
            still finds it, with a line that says so.

    Returns:
        Its path.

    Raises:
        FileNotFoundError: It is not there: naming those that are like it.
        IsADirectoryError: It is a folder.
        ValueError: It is another kind of file.
    """
    path = Path(name).expanduser()
    if path.is_dir():
        raise IsADirectoryError(f'{name} is a folder; expected a config, .py')
    if path.is_file():
        if path.suffix not in CONFIG_SUFFIXES:
            raise ValueError(
                f'{name} is no config, which ends in '
                f'{", ".join(CONFIG_SUFFIXES)} and is named first'
            )
        return name
    renamed = new_name(path.stem)
    if renamed and (found := path.with_name(f'{renamed}.py')).is_file():
        print(f'{name} is called {renamed} since 0.2, also in work_dirs')
        return str(found)
    near = sorted(path.parent.glob('*.py')) if path.parent.is_dir() else []
    near += sorted((shipped_folder() / 'configs').glob('*.py'))
    by_name = {each.name: each for each in reversed(near)}
    wanted = path.name if path.suffix == '.py' else f'{path.name}.py'
    meant = difflib.get_close_matches(wanted, by_name, 1)
    hint = f'; did you mean {by_name[meant[0]]}?' if meant else ''
    raise FileNotFoundError(f'{name}: no such config{hint}')


def check_checkpoint(name: str | None, said: str = '') -> None:
    """Refuse a checkpoint file that is not there; addresses are left alone.

    Args:
        name: Of the command line or config; None passes.
        said: Where the name comes from.

    Raises:
        FileNotFoundError: It is not there: naming what is.
        IsADirectoryError: It is a folder.
    """
    if name is None or '://' in name or Path(name).expanduser().is_file():
        return
    path = Path(name).expanduser()
    folder = path if path.is_dir() else path.parent
    found = (
        sorted(folder.glob('*.pth'), key=lambda file: -file.stat().st_mtime_ns)
        if folder.is_dir()
        else []
    )
    names = list_some([each.name for each in found], 5)
    there = (
        f'{folder} has {names or "no .pth"}'
        if folder.is_dir()
        else f'there is no folder {folder}'
    )
    said = f'; {said}' if said else ''
    if path.is_dir():
        raise IsADirectoryError(
            f'{name} is a folder; expected a checkpoint: {there}{said}'
        )
    raise FileNotFoundError(f'{name}: no such checkpoint; {there}{said}')


def check_starts(model: Any) -> None:
    """Refuse weights to start from that are not there.

    Args:
        model: Of a config.

    Raises:
        FileNotFoundError: A file is not there: naming the variable that
            named it.
        IsADirectoryError: It is a folder.
    """
    for settings in _mappings(model):
        if settings.get('type') == 'Pretrained':
            name = settings.get('checkpoint')
            check_checkpoint(name, variables.origin(str(name)))


def _mappings(node: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, (list, tuple)):
        for part in node:
            yield from _mappings(part)
    elif isinstance(node, Mapping):
        yield node
        for part in node.values():
            yield from _mappings(part)
