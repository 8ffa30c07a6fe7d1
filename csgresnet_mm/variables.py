"""Variables of the environment, as configs read them.

Any text is taken as it is: apostrophes, backslashes, spaces. In a config::

    _base_ = 'fer_112.py'
    from csgresnet_mm import variables

    data_root = variables.path('RAFDB_ROOT', 'data/RAF-DB')

``_base_`` stands before the import: MMEngine takes a config that begins with
an import for a pure-Python one.
"""

import difflib
import os

from csgresnet_mm.printable import list_some

READ: dict[str, str] = {}
"""Variable to what it, or else its default, gave the configs read so far."""


def _read(name: str, expected: str) -> str | None:
    value = os.environ.get(name)
    if value is not None and not value.strip():
        raise ValueError(f'{name} is empty; expected {expected}, or unset it')
    return value


def path(name: str, default: str) -> str:
    """The path that a variable names.

    Args:
        name: Of the variable.
        default: Where it is not set.

    Returns:
        The path; a leading ``~`` is expanded.

    Raises:
        ValueError: The variable is set, and empty.
    """
    given = _read(name, 'a path')
    READ[name] = os.path.expanduser(default if given is None else given)
    return READ[name]


def number(name: str, default: int, last: int | None = None) -> int:
    """The whole number that a variable gives.

    Args:
        name: Of the variable.
        default: Where it is not set.
        last: The largest that is meant.

    Raises:
        ValueError: The variable is set, and no whole number from 0 to last.
    """
    expected = 'a whole number' + (f' 0 to {last}' if last else '')
    given = _read(name, expected)
    value = str(default) if given is None else given.strip()
    if not value.isdecimal() or (last is not None and int(value) > last):
        raise ValueError(f'{name}={value!r}; expected {expected}')
    READ[name] = value
    return int(value)


def classes(name: str, root: str, default: int) -> int:
    """How many classes a folder of class folders has.

    Args:
        name: Of the variable that gives the number, where there is no such
            folder; beside one it must say the same.
        root: Holds the class folders, as
            :class:`~csgresnet_mm.datasets.own_folders.OwnFolders` reads them.
        default: Where neither says.

    Raises:
        ValueError: The variable is set, and no whole number, or another one
            than that of the folders; or the root is there and has none.
    """
    # not above: a config that needs no folders needs no data sets
    from csgresnet_mm.datasets.own_folders import find_classes, find_splits

    stated = number(name, default)
    if not os.path.isdir(root):
        return stated
    try:
        found = find_classes(find_splits(root))
    except ValueError as error:
        source = origin(root)
        raise ValueError(f'{error}{source and f"; {source}"}') from error
    if name in os.environ and stated != len(found):
        raise ValueError(
            f'{name}={stated}, but {root} has {len(found)} class folders '
            f'({list_some(found, 8)}); expected the same number: unset '
            f'{name}, the folders are counted'
        )
    return len(found)


def origin(value: str) -> str:
    """Which variable gave a value to a config, in words; '' where none did.

    Args:
        value: A path that a config has.
    """
    return ', '.join(
        _origin(name) for name, given in READ.items() if given == value
    )


def _origin(name: str) -> str:
    if name in os.environ:
        return f'{name} says so'
    like = difflib.get_close_matches(name, os.environ, 1, 0.85)
    found = f', {like[0]} is' if like else ''
    return f'{name} is not set{found}: set it to the path of yours'
