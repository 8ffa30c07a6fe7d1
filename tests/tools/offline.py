"""Run commands where every way to another machine raises.

python tests/tools/offline.py FOLDER
"""

from __future__ import annotations

import ipaddress
import runpy
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

ROOT = Path(__file__).parents[2]
LOCAL = ('localhost', '', None)


class NetworkError(AssertionError):
    """Something wanted to reach another machine."""


def _check(host: Any) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name in LOCAL or name == socket.gethostname():
        return
    try:
        local = ipaddress.ip_address(name).is_loopback
    except ValueError:
        local = False
    if not local:
        raise NetworkError(f'{name!r} was to be reached')


def _guarded(
    function: Callable[..., Any], find_host: Callable[..., Any]
) -> Any:
    def guarded(*arguments: Any, **options: Any) -> Any:
        _check(find_host(*arguments))
        return function(*arguments, **options)

    return guarded


def _address(used: socket.socket, address: Any, *_: Any) -> Any:
    return '' if used.family == socket.AF_UNIX else address[0]


def _last(used: socket.socket, *arguments: Any) -> Any:
    return '' if used.family == socket.AF_UNIX else arguments[-1][0]


def shut_network() -> None:
    """From now on; also in processes that are forked."""
    for name, host in (
        ('connect', _address),
        ('connect_ex', _address),
        ('sendto', _last),
    ):
        setattr(
            socket.socket,
            name,
            _guarded(getattr(socket.socket, name), host),
        )
    for name in ('getaddrinfo', 'gethostbyname', 'gethostbyname_ex'):
        guarded = _guarded(getattr(socket, name), lambda host, *_: host)
        setattr(socket, name, guarded)


def call(tool: str, *arguments: str) -> None:
    """A tool, as from the command line; its exit code must be 0."""
    path = ROOT / 'tools' / tool
    print(f'== {tool}', flush=True)
    with patch.object(sys, 'argv', [str(path), *arguments]):
        try:
            runpy.run_path(str(path), run_name='__main__')
        except SystemExit as end:
            if end.code not in (0, None):
                raise


def main(folder: Path) -> None:
    shut_network()
    config = str(ROOT / 'configs/csgresnet18_demo.py')
    sizes = []
    for loader in ('train', 'val', 'test'):
        place = f'{loader}_dataloader.dataset'
        sizes += [
            f'{place}.data_root={folder}/data',
            f'{place}.num_train=35',
            f'{place}.num_test=14',
        ]
    options = ['--cfg-options', *sizes]
    work = str(folder / 'work')
    call(
        'train.py',
        *(config, '--work-dir', work, *options, 'train_cfg.max_epochs=1'),
    )
    call(
        'test.py', config, f'{work}/epoch_1.pth', '--work-dir', work, *options
    )
    call('get_flops.py', config, '--shape', '48', '48')
    call('browse_dataset.py', config, '--out', f'{folder}/faces.png', *options)
    call('check_dataset.py', config, '--out', f'{folder}/audit', *options)


if __name__ == '__main__':
    main(Path(sys.argv[1]))
