"""Reading MMEngine's configs, however they are written.

A ``type`` may be a registered name, with or without a scope; a class, in a
pure-Python config; or the dotted path that MMEngine dumps for one. Such a
config may name no default scope. Data sets may be wrapped and concatenated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mmengine.config import Config
from mmengine.registry import MODELS as ROOT_MODELS
from mmengine.registry import Registry, init_default_scope
from mmpretrain.registry import MODELS


def enter_scope(config: Config) -> None:
    """Make the config's scope the default, MMPretrain's if it names none."""
    init_default_scope(config.get('default_scope') or 'mmpretrain')


def find_type(kind: Any, registry: Registry) -> Any:
    """What a ``type`` names, or None if that is not known."""
    return registry.get(kind) if isinstance(kind, str) else kind


def type_name(kind: Any) -> str:
    """The name alone of a ``type``.

    >>> type_name('mmpretrain.Resize'), type_name(Config)
    ('Resize', 'Config')
    """
    if isinstance(kind, str):
        return kind.rpartition('.')[2]
    return str(getattr(kind, '__name__', kind))


def registered_name(kind: Any) -> Any:
    """The name under which the registry of models has a ``type``.

    Args:
        kind: Name, dotted path or class; it is trusted, a path is imported.

    Returns:
        The name; a class that is not registered by its dotted path, and what
        names nothing as it is.
    """
    if isinstance(kind, str) and '.' not in kind:
        return kind
    found = find_type(kind, MODELS)
    for registry in (MODELS, ROOT_MODELS):
        names = [
            name
            for name, module in registry.module_dict.items()
            if module is found
        ]
        if names:
            own = type_name(found)
            return own if own in names else names[0]
    if isinstance(found, type):
        return f'{found.__module__}.{found.__qualname__}'
    return kind


def leaf_settings(settings: Mapping[str, Any]) -> Iterator[Any]:
    """The settings of the data sets inside wrappers, which can be changed."""
    inner = settings.get('datasets')
    if inner is None:
        inner = [settings['dataset']] if 'dataset' in settings else None
    if inner is None:
        yield settings
    for part in inner or ():
        yield from leaf_settings(part)
