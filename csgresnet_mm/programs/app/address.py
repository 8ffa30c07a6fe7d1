"""Where the app answers."""

from __future__ import annotations

import ipaddress
import socket

LOOPBACK = '127.0.0.1'


def is_loopback(host: str) -> bool:
    """Whether only this computer reaches an address.

    Args:
        host: A name or an address.
    """
    if host.lower() == 'localhost':
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_address(host: str, port: int | None) -> None:
    """See that the app could answer there.

    Args:
        host: A name or an address.
        port: None: any.

    Raises:
        ValueError: It is no address of this computer, or the port is taken
            or not allowed: naming both.
    """
    place = f'{host}, port {port}' if port else host
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port or 0, type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(address)
    except (OSError, UnicodeError) as error:
        raise ValueError(
            f'the app cannot answer on {place}: {error}'
        ) from error
