"""Where the configs and tools of this package lie, and their old names."""

import re
from pathlib import Path

_RENAMED = {
    r'csgresnet18_affectnet-(balanced|weighted)': r'csgresnet18_\1_affectnet',
    r'csgresnet18_custom-small': 'csgresnet18_small_custom',
    r'csgresnet18_pretrained-custom': 'csgresnet18_custom-pre_custom',
    r'csgresnet18_release_rafdb': 'csgresnet18-release_rafdb',
    r'(\w+)_affectnet-(rafdb|fer2013|fer2013-paper|sfew)': (
        r'\1_affectnet-pre_\2'
    ),
}
"""Configs of 0.1; to be dropped in 0.3."""


def new_name(name: str) -> str | None:
    """What a config of an earlier version is called today.

    Args:
        name: Without ``.py``.

    Returns:
        None where its name is not known to have changed.

    Example:
        >>> new_name('gresnet34_affectnet-sfew')
        'gresnet34_affectnet-pre_sfew'
    """
    for old, new in _RENAMED.items():
        if found := re.fullmatch(old, name):
            return found.expand(new)
    return None


def shipped_folder() -> Path:
    """The folder that has ``configs/``, ``tools/`` and ``model-index.yml``.

    Returns:
        ``.mim`` in an installed package, else the root of the checkout.

    Raises:
        FileNotFoundError: Neither has them.
    """
    package = Path(__file__).parent
    folders = (package / '.mim', package.parent)
    for folder in folders:
        if (folder / 'configs' / 'csgresnet18_rafdb.py').is_file():
            return folder
    raise FileNotFoundError(
        'configs/csgresnet18_rafdb.py is neither in '
        f'{folders[0]}, where a wheel has it, nor in {folders[1]}'
    )
