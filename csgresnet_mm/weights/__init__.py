"""Networks that are part of this package.

A network is one file, ``NAME.safetensors``, as ``tools/convert.py`` writes it,
and beside it its card, ``NAME.md``. The face detector's lies beside them.
Importing this package imports neither torch nor the stack.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

SCHEME = 'csgresnet://'
"""Before a name, where MMEngine expects the address of a checkpoint."""
DEFAULT = 'csgresnet18_ferplus-48px'
"""Taken where nobody names one."""

_FOLDER = Path(__file__).parent
_SUFFIX = '.safetensors'


def list_weights() -> list[str]:
    """Names of the networks that ship, sorted.

    Example:
        >>> 'csgresnet18_ferplus-48px' in list_weights()
        True
    """
    return sorted(path.stem for path in _FOLDER.glob(f'*{_SUFFIX}'))


def find_weights(name: str) -> Path:
    """The file of a network that ships.

    Args:
        name: One of :func:`list_weights`.

    Raises:
        ValueError: There is none of that name.
    """
    if name not in list_weights():
        raise ValueError(
            f'no weights called {name!r} ship with this package; expected '
            f'one of {", ".join(list_weights())}'
        )
    return _FOLDER / f'{name}{_SUFFIX}'


def find_detector() -> Path:
    """The file of CenterFace, ONNX; ``centerface.md`` has its licence."""
    return _FOLDER / 'centerface.onnx'


def read_card(name: str) -> str:
    """The card of a network that ships, Markdown.

    Args:
        name: One of :func:`list_weights`.

    Raises:
        ValueError: There is none of that name.
    """
    return find_weights(name).with_suffix('.md').read_text('utf-8')


def weights_title(name: str) -> str:
    """The first line of its card: what it distinguishes, and how well."""
    return read_card(name).splitlines()[0].removeprefix('# ')


def resolve_weights(weights: str | os.PathLike[str] | None) -> Path:
    """The file that is meant by a name or a path.

    Args:
        weights: A path, or one of :func:`list_weights`; None: the
            :data:`DEFAULT`. A file that is there comes first.

    Raises:
        FileNotFoundError: It is neither a file nor such a name.
        IsADirectoryError: It is a folder.
    """
    if weights is None:
        return find_weights(DEFAULT)
    path = Path(weights).expanduser()
    name = os.fspath(weights).removeprefix(SCHEME)
    if not path.exists() and name in list_weights():
        return find_weights(name)
    if not path.exists():
        raise FileNotFoundError(
            f'{path}: no such file of weights, and no weights of that name '
            f'ship: {", ".join(list_weights())}'
        )
    if not path.is_file():
        raise IsADirectoryError(
            f'{path} is a folder; expected a file of weights in it'
        )
    return path


def identify(weights: str | os.PathLike[str] | None) -> tuple[str, str]:
    """What answers are to be signed with.

    Args:
        weights: As :func:`resolve_weights` has it.

    Returns:
        The name of weights that ship, else of the file; and the file's
        SHA-256, 64 digits.

    Raises:
        OSError: It cannot be read.
    """
    path = resolve_weights(weights)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    ships = path.parent == _FOLDER
    return path.stem if ships else path.name, digest
