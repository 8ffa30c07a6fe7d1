"""Where the app answers."""

import socket

import pytest

from csgresnet_mm.programs.app.address import check_address, is_loopback


@pytest.mark.parametrize(
    ('host', 'alone'),
    [
        ('127.0.0.1', True),
        ('127.1.2.3', True),
        ('::1', True),
        ('localhost', True),
        ('LOCALHOST', True),
        ('0.0.0.0', False),
        ('::', False),
        ('192.168.1.5', False),
        ('localhost.example.org', False),
        ('', False),
    ],
)
def test_loopback_is_known_from_the_rest(host, alone):
    assert is_loopback(host) is alone


def test_an_address_is_tried_before_the_page_starts():
    check_address('127.0.0.1', None)
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ValueError, match=f'127.0.0.1, port {port}: '):
            check_address('127.0.0.1', port)


@pytest.mark.parametrize('host', ['198.51.100.7', 'no host', 'a' * 70])
def test_an_address_of_another_computer_is_a_line(host):
    with pytest.raises(ValueError, match='the app cannot answer on'):
        check_address(host, None)
