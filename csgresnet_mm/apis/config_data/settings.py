"""A config that anybody wrote."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from mmengine.config import Config


def read_config(
    path: str | os.PathLike[str], options: Mapping[str, Any] | None = None
) -> Config:
    """Read a config, which is code.

    Args:
        path: Of the file.
        options: Values to change, by their dotted names.

    Raises:
        ValueError: It cannot be read, whatever went wrong in it.
    """
    try:
        config = Config.fromfile(os.fspath(path))
        config.merge_from_dict(dict(options or {}))
    except Exception as error:  # a config may do anything
        text = ' '.join(str(error).split())
        raise ValueError(
            f'{os.fspath(path)}: not a config that can be read: '
            f'{type(error).__name__}: {text}'
        ) from error
    return config


def head_outputs(config: Config) -> int | None:
    """``model.head.num_classes``; None where the config names none."""
    model = config.get('model')
    head = model.get('head') if isinstance(model, Mapping) else None
    found = head.get('num_classes') if isinstance(head, Mapping) else None
    return found if isinstance(found, int) else None
