"""Checkpoints are read as data: no code in a checkpoint file ever runs.

Importing this module replaces MMEngine's loaders of local files and of
http(s) addresses, on either stack, so that ``--resume``, ``load_from``,
``init_cfg=dict(type='Pretrained')``, ``get_model(pretrained=...)`` and the
test tool all go through ``torch.load(weights_only=True)`` with a short list
of what an MMEngine checkpoint holds beside tensors. A config asks for it::

    custom_imports = dict(
        imports=['csgresnet_mm', 'csgresnet_mm.engine.safe_loading'],
        allow_failed_imports=False)

``import csgresnet_mm`` alone leaves MMEngine as it is.
"""

import os
import pickle
import re
import struct
import urllib.error
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from urllib.parse import urlparse

import numpy as np
import torch
from mmengine.dist import get_dist_info
from mmengine.logging import HistoryBuffer
from mmengine.optim import OneCycleParamScheduler
from mmengine.runner import checkpoint as mmengine_checkpoint

from csgresnet_mm.mmengine_private import replace_readers
from csgresnet_mm.stored_zip import require_stored

from .builtin_containers import DTYPES
from .pretrained_part import load_part

ATTRIBUTES = {
    HistoryBuffer: ('min', 'max', 'current', 'mean'),
    OneCycleParamScheduler: ('_annealing_cos', '_annealing_linear'),
}
"""Methods that MMEngine's checkpoints name; no other attribute is given."""

ZIP_MAGIC = b'PK\x03\x04'
LEGACY_MAGIC = b'\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.'
"""How the files of ``torch.save`` start: today, and before torch 1.6."""

UNREADABLE = (
    OSError,
    RuntimeError,
    EOFError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
    MemoryError,
    OverflowError,
    struct.error,
    zipfile.BadZipFile,
)
"""What torch.load raises on a damaged file, or on a wrong map_location."""


class UnsafeCheckpointError(RuntimeError):
    """The file asks for something that is not plain checkpoint data."""


def _attribute(owner: Any, name: str) -> Any:
    """Stand in for ``builtins.getattr``, which would give away everything."""
    known = isinstance(owner, type) and name in ATTRIBUTES.get(owner, ())
    if not known:
        described = getattr(owner, '__qualname__', repr(owner))
        raise UnsafeCheckpointError(
            f'builtins.getattr({described}, {name!r}) is not allowed'
        )
    return getattr(owner, name)


def _dtype(name: str, align: bool = False, copy: bool = True) -> np.dtype:
    """Stand in for ``numpy.dtype``: four numeric types, nothing else.

    Gives numpy's own instance although pickles ask for a copy: a copy's
    ``__setstate__`` accepts a layout that does not fit its item size.
    """
    if name not in DTYPES:
        raise UnsafeCheckpointError(
            f'numpy.dtype({name!r}) is not allowed, expected one of {DTYPES}'
        )
    return np.dtype(name)


def _config_dict(values: dict[str, Any]) -> dict[str, Any]:
    """Stand in for MMEngine's ConfigDict, which older files may hold."""
    return dict(values)


def _allowed() -> list[Callable | tuple[Callable, str]]:
    reconstruct = np.zeros(0).__reduce__()[0]
    scalar = np.float64(0).__reduce__()[0]
    numpy_names: list[Callable | tuple[Callable, str]] = []
    for module in ('numpy._core.multiarray', 'numpy.core.multiarray'):
        numpy_names.append((reconstruct, f'{module}._reconstruct'))
        numpy_names.append((scalar, f'{module}.scalar'))
    return [
        HistoryBuffer,
        OneCycleParamScheduler,
        np.ndarray,
        *(type(np.dtype(name)) for name in DTYPES),
        (_attribute, 'builtins.getattr'),
        (_dtype, 'numpy.dtype'),
        (_config_dict, 'mmengine.config.config.ConfigDict'),
        *numpy_names,
    ]


ALLOWED = _allowed()
"""What a checkpoint may name beside torch's own list of tensor parts."""

UNGUARDED = (getattr, np.dtype)
"""What the stand-ins stand in for."""


@contextmanager
def allow_list() -> Iterator[None]:
    """Allow ALLOWED, with the stand-ins alone under their two names.

    ``add_safe_globals([getattr])`` is common advice for MMEngine's files. A
    process that followed it would let a checkpoint run code.
    """
    before = torch.serialization.get_safe_globals()
    torch.serialization.clear_safe_globals()
    torch.serialization.add_safe_globals(
        [
            entry
            for entry in before
            if (entry[0] if isinstance(entry, tuple) else entry)
            not in UNGUARDED
        ]
    )
    try:
        with torch.serialization.safe_globals(ALLOWED):
            yield
    finally:
        torch.serialization.clear_safe_globals()
        torch.serialization.add_safe_globals(before)


def _refusal(error: pickle.UnpicklingError) -> str:
    """Give the reason alone: torch's message advises to switch safety off."""
    text = str(error)
    named = re.search(r'GLOBAL (\S+)', text)
    if named:
        return f'it names {named[1]}, which is not checkpoint data'
    reason = text.split('\n\nCheck the documentation')[0].strip()
    return reason.splitlines()[-1]


def _read(
    file: str | BytesIO, source: str, map_location: Any
) -> dict[str, Any]:
    """Read a checkpoint without its ``meta['config']``.

    ``Runner.resume`` runs that key as Python code.
    """
    try:
        if zipfile.is_zipfile(file):
            require_stored(file)
        with allow_list():
            checkpoint = torch.load(
                file, map_location=map_location, weights_only=True
            )
    except pickle.UnpicklingError as error:
        raise UnsafeCheckpointError(
            f'{source} was refused: {_refusal(error)}'
        ) from None
    except UnsafeCheckpointError as error:
        raise UnsafeCheckpointError(f'{source} was refused: {error}') from None
    except (FileNotFoundError, PermissionError):
        raise
    except UNREADABLE as error:
        raise ValueError(
            f'{source} cannot be read as a checkpoint, it may be damaged or '
            f'truncated ({type(error).__name__}: {error})'
        ) from error
    if not isinstance(checkpoint, dict):
        raise ValueError(
            f'{source} holds a {type(checkpoint).__name__}, expected a '
            'checkpoint dict'
        )
    if isinstance(meta := checkpoint.get('meta'), dict):
        meta.pop('config', None)
    return checkpoint


def _read_path(path: str, source: str, map_location: Any) -> dict[str, Any]:
    if not os.path.isfile(path):
        raise FileNotFoundError(f'{source}: no such checkpoint file')
    with open(path, 'rb') as stream:
        head = stream.read(len(LEGACY_MAGIC))
    if not head.startswith(ZIP_MAGIC) and head != LEGACY_MAGIC:
        raise ValueError(
            f'{source} is not a file that torch.save wrote: it starts with '
            f'{head!r}'
        )
    return _read(path, source, map_location)


def load_from_local(filename: str, map_location: Any = None) -> dict[str, Any]:
    """Load a checkpoint file as data.

    Args:
        filename: path; a leading ``~`` is expanded.
        map_location: as in :func:`torch.load`.

    Returns:
        The checkpoint, without ``meta['config']``.

    Raises:
        FileNotFoundError: If there is no such file.
        UnsafeCheckpointError: If it names anything but checkpoint data.
        ValueError: If it is damaged or not a checkpoint.
    """
    path = os.path.expanduser(filename)
    return _read_path(path, path, map_location)


def load_from_http(
    filename: str,
    map_location: Any = None,
    model_dir: str | None = None,
    progress: bool | None = None,
) -> dict[str, Any]:
    """Download a checkpoint, unless the cache has it, and load it as data.

    The cache is torch's own (``torch.hub.get_dir()/checkpoints``), by file
    name. As in MMEngine, the first process downloads before the others.

    Args:
        filename: http or https address.
        map_location: as in :func:`torch.load`.
        model_dir: another folder for the download.
        progress: show a progress bar; by default on a terminal.

    Returns: as :func:`load_from_local`.

    Raises:
        OSError: If the download fails.
        UnsafeCheckpointError: If it names anything but checkpoint data.
        ValueError: If it is damaged or not a checkpoint.
    """
    name = os.path.basename(urlparse(filename).path)
    if not name:
        raise ValueError(f'{filename} names no file')
    folder = model_dir or os.path.join(torch.hub.get_dir(), 'checkpoints')
    path = os.path.join(folder, name)
    rank, world_size = get_dist_info()
    if rank == 0:
        _download(filename, path, progress)
    if world_size > 1:
        torch.distributed.barrier()
        _download(filename, path, progress)
    return _read_path(path, f'{filename} (kept as {path})', map_location)


def _download(url: str, path: str, progress: bool | None) -> None:
    if os.path.exists(path):
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    shown = os.isatty(0) if progress is None else progress
    try:
        torch.hub.download_url_to_file(url, path, progress=shown)
    except urllib.error.URLError as error:
        raise OSError(f'{url} could not be downloaded: {error}') from error


def _safe_torch_load(
    file: str | BytesIO, map_location: Any = None, weights_only: Any = None
) -> dict[str, Any]:
    """Take the place of the forks' reader, which may fall back to pickle."""
    if isinstance(file, str):
        return load_from_local(file, map_location)
    return _read(file, 'the checkpoint stream', map_location)


def install() -> None:
    """Put the loaders above into MMEngine; doing it twice is harmless."""
    register = mmengine_checkpoint.CheckpointLoader.register_scheme
    register('', load_from_local, force=True)
    register(('http://', 'https://'), load_from_http, force=True)
    # torchvision://, mmcls:// and open-mmlab:// call it by this name.
    mmengine_checkpoint.load_from_http = load_from_http
    replace_readers(mmengine_checkpoint, load_part, _safe_torch_load)


install()
