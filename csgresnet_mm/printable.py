r"""Names of files in text: not every name is text, not every output takes it.

A name that is not UTF-8 comes from the system with surrogates, which no
encoding has; an output in ASCII or cp1252 has few letters. What cannot be
written appears with backslash escapes (``\udcff``, ``\u6f22``), and nothing
else is lost for it.
"""

import io
import sys
from collections.abc import Iterable

ESCAPED = 'backslashreplace'


def to_bytes(text: str) -> bytes:
    r"""UTF-8 for a file; in JSON the escapes are its own.

    >>> to_bytes('ä \udcff.jpg').decode()
    'ä \\udcff.jpg'
    """
    return text.encode('utf-8', ESCAPED)


def printable(text: str) -> str:
    """As :func:`to_bytes`, for what writes UTF-8 itself."""
    return to_bytes(text).decode()


def print_any_name() -> None:
    """Let standard output take any name; standard error does already."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors=ESCAPED)


def list_some(items: Iterable[object], most: int, between: str = ', ') -> str:
    """The first few of many, and how many more there are.

    >>> list_some('abcd', 2), list_some('ab', 2)
    ('a, b and 2 more', 'a, b')
    """
    texts = [str(item) for item in items]
    more = f' and {len(texts) - most} more' if len(texts) > most else ''
    return between.join(texts[:most]) + more
