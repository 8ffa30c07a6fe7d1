"""Names of a package that are imported when they are asked for."""

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any


def lazy_names(
    package: str, homes: Mapping[str, Iterable[str]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Give a package's ``__getattr__``, ``__dir__`` and ``__all__``.

    Args:
        package: Its ``__name__``.
        homes: Submodule below it -> the names it has. One without names is
            itself what is asked for.

    Returns:
        The three; the first raises AttributeError for an unknown name.
    """
    home = {name: module for module, names in homes.items() for name in names}
    modules = [module for module, names in homes.items() if not names]
    public = sorted([*home, *modules])

    def get(name: str) -> Any:
        if name in modules:
            return import_module(f'{package}.{name}')
        if name not in home:
            raise AttributeError(
                f'module {package!r} has no attribute {name!r}'
            )
        value = getattr(import_module(f'{package}.{home[name]}'), name)
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *public})

    return get, names, public
