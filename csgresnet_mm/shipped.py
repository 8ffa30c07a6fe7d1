"""Where the configs and tools of this package lie."""

from pathlib import Path


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
