"""What makes this package known to MMEngine and MMPretrain, and when."""

from collections.abc import Container
from importlib import import_module
from types import ModuleType

from csgresnet_mm.stack import check_stack, find_stack, require_packages

REGISTERED = (
    'csgresnet_mm.models',
    'csgresnet_mm.datasets',
    'csgresnet_mm.evaluation.present_classes',
    'csgresnet_mm.evaluation.recorded_access',
    'csgresnet_mm.evaluation.save_predictions',
    'csgresnet_mm.model_index',
    'csgresnet_mm.weights.loader',
)
"""Modules that register something when they are imported."""


def register() -> None:
    """Register models, data sets, metrics, the model index and our weights.

    Again changes nothing.

    Raises:
        ImportError: If a version of the stack is not supported.
    """
    check_stack()
    for name in REGISTERED:
        import_module(name)


def name_package(mmengine: ModuleType | None = None) -> None:
    """Let ``csgresnet_mm::_base_/...`` name a config of this package.

    MMEngine takes bases of the packages in this table only, and has no other
    way to add one.

    Args:
        mmengine: Not used: what a post-import hook is given.
    """
    utils = import_module('mmengine.config.utils')
    utils.MODULE2PACKAGE['csgresnet_mm'] = 'csgresnet_mm'


def register_when_possible(loaded: Container[str]) -> None:
    """Register now, or as soon as the stack has been imported.

    Args:
        loaded: Names of the modules that are imported already.

    Raises:
        ImportError: If distributions of both stacks are installed, wrapt is
            missing beside one, or, where MMEngine is imported already, a
            version is not supported.
    """
    if find_stack() is None:
        return
    if 'mmengine' in loaded:
        name_package()
        register()
        return
    require_packages('onedl', 'wrapt')
    import wrapt

    wrapt.register_post_import_hook(name_package, 'mmengine')
    # MMPretrain imports MMEngine first.
    wrapt.register_post_import_hook(lambda module: register(), 'mmpretrain')
