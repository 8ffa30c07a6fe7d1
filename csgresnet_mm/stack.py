"""What is installed beside numpy: torch, one of the two MM stacks, extras."""

from importlib import import_module
from importlib.util import find_spec

STACKS = {
    'onedl': ('onedl-mmpretrain', 'onedl-mmengine', 'onedl-mmcv'),
    'openmmlab': ('mmpretrain', 'mmengine', 'mmcv', 'mmcv-lite'),
}
"""Extra of this package -> the distributions of that stack. Those of the two
stacks install the same import names and so overwrite each other."""

SUPPORTED = {
    'mmpretrain': ('1.2.0', '2.0.0'),
    'mmengine': ('0.10.4', '1.0.0'),
    'mmcv': ('2.1.0', '2.4.0'),
}
"""Import name -> lowest version, and the first that is too new."""


def _installed(distribution: str) -> str | None:
    # 30 ms, which only those spend who have a part of a stack
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def find_stack() -> str | None:
    """Give the extra whose stack is installed.

    Returns:
        ``'onedl'``, ``'openmmlab'``, or None where MMPretrain, MMEngine or
        MMCV cannot be imported.

    Raises:
        ImportError: If distributions of both stacks are installed.
    """
    missing = [name for name in SUPPORTED if find_spec(name) is None]
    if len(missing) == len(SUPPORTED):
        return None
    found = {
        extra: [name for name in names if _installed(name)]
        for extra, names in STACKS.items()
    }
    if all(found.values()):
        everything = [name for names in found.values() for name in names]
        raise ImportError(
            'both MM stacks are installed and have overwritten each other: '
            f'{", ".join(everything)}. Keep one: run\n'
            f'    pip uninstall -y {" ".join(everything)}\n'
            "    pip install 'csgresnet_mm[onedl]'"
        )
    if missing:
        return None
    return 'openmmlab' if found['openmmlab'] else 'onedl'


def require_packages(extra: str, *names: str) -> None:
    """Check that what an extra of this package brings is there.

    Args:
        extra: Of this package.
        names: Modules, which are not imported.

    Raises:
        ImportError: If one is not: naming it and the line that installs it.
    """
    missing = [name for name in names if find_spec(name) is None]
    if missing:
        raise ImportError(
            f'{", ".join(missing)} not found: '
            f"pip install 'csgresnet_mm[{extra}]'",
            name=missing[0],
        )


def require_stack() -> None:
    """Check that an MM stack is installed, and import it.

    It is imported here, before anything of the package that asks, so that the
    registration that this sets off never meets a module half imported.

    Raises:
        ImportError: If none is, naming the two extras; or if both are.
    """
    if find_stack() is None:
        needed = ('torch', *SUPPORTED)
        missing = [name for name in needed if find_spec(name) is None]
        raise ImportError(
            f'{", ".join(missing)} not found. Install one of the two stacks: '
            "pip install 'csgresnet_mm[onedl]' (the maintained forks) or "
            "pip install 'csgresnet_mm[openmmlab]' (the originals)"
        )
    import_module('mmpretrain')


def check_stack() -> None:
    """Check the versions of the installed stack.

    Raises:
        ImportError: If a version is not supported.
    """
    import mmcv
    import mmengine
    import mmpretrain
    from mmengine.utils import digit_version

    for module in (mmpretrain, mmengine, mmcv):
        lowest, too_new = SUPPORTED[module.__name__]
        found = digit_version(module.__version__)
        if not digit_version(lowest) <= found < digit_version(too_new):
            raise ImportError(
                f'{module.__name__}=={module.__version__} is installed, '
                f'expected >={lowest},<{too_new}'
            )
