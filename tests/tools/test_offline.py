"""Nothing reaches another machine, at import or in a run."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name('offline.py')


def run(*arguments: str | Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        env=dict(os.environ, MPLBACKEND='agg', OMP_NUM_THREADS='1'),
    )


@pytest.mark.slow
def test_training_test_flops_audit_and_pictures_need_no_network(tmp_path):
    done = run(SCRIPT, tmp_path)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert (tmp_path / 'work/epoch_1.pth').is_file()
    assert (tmp_path / 'audit/report.json').is_file()
    assert (tmp_path / 'faces.png').is_file()


@pytest.mark.parametrize(
    'reach',
    [
        "socket.create_connection(('192.0.2.1', 80))",
        "socket.getaddrinfo('example.org', 80)",
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'', ('192.0.2.1', 9))",
        "urllib.request.urlopen('http://example.org')",
    ],
)
def test_the_guard_guards(reach):
    code = (
        f'import socket, sys, urllib.request; '
        f'sys.path.insert(0, {str(SCRIPT.parent)!r}); '
        f'import offline; offline.shut_network(); {reach}'
    )
    done = run('-c', code)
    assert done.returncode == 1
    assert 'NetworkError' in done.stderr.splitlines()[-1]


def test_the_loopback_is_open():
    with socket.create_server(('127.0.0.1', 0)) as server:
        port = server.getsockname()[1]
        code = (
            f'import socket, sys; sys.path.insert(0, {str(SCRIPT.parent)!r}); '
            f'import offline; offline.shut_network(); '
            f"socket.create_connection(('127.0.0.1', {port})).close()"
        )
        assert run('-c', code).returncode == 0
