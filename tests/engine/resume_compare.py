"""Whether two runs ended in the same bits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.logging import HistoryBuffer

from csgresnet_mm.engine.safe_loading import load_from_local

UNCOMPARED = (
    *('time', 'data_time', 'eta', 'memory'),
    *('cfg', 'experiment_name', 'mmengine_version'),
)
"""Last parts of keys whose values are of the clock, or of the place.

The version has the commit of the repository that the run was started in.
"""

PATHS = ('best_ckpt', 'last_ckpt')


def differences(reference: Path, other: Path) -> list[str]:
    """What differs between the results in two work folders, in words."""
    found = []
    names = sorted(path.name for path in reference.glob('*.pth'))
    others = sorted(path.name for path in other.glob('*.pth'))
    if names != others:
        found.append(f'checkpoints: {names} and {others}')
    for name in set(names) & set(others):
        first = dict(_leaves(load_from_local(str(reference / name), 'cpu')))
        second = dict(_leaves(load_from_local(str(other / name), 'cpu')))
        found += [f'{name}: {key}' for key in first.keys() ^ second.keys()]
        found += [
            f'{name}: {key}: {first[key]!r:.60} and {second[key]!r:.60}'
            for key in first.keys() & second.keys()
            if not _same(first[key], second[key])
        ]
    logs, other_logs = read_logs(reference), read_logs(other)
    found += [f'log {key}' for key in logs.keys() ^ other_logs.keys()]
    for key in logs.keys() & other_logs.keys():
        values = logs[key] + other_logs[key]
        if any(value != values[0] for value in values):
            found.append(f'log {key}: {values}')
    return found


def read_logs(folder: Path) -> dict[tuple[str, int], list[dict[str, Any]]]:
    """(train or val, step) to all that was logged then, by any process."""
    logs: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for path in folder.glob('*/vis_data/scalars.json'):
        for line in path.read_text().splitlines():
            values = {
                key: value
                for key, value in json.loads(line).items()
                if not _is_uncompared(key)
            }
            kind = 'train' if 'loss' in values else 'val'
            logs.setdefault((kind, values['step']), []).append(values)
    if not logs:
        raise ValueError(f'{folder} has no logs')
    return logs


def _leaves(value: Any, name: str = '') -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if not _is_uncompared(str(key)):
                yield from _leaves(inner, f'{name}/{key}')
    elif isinstance(value, (list, tuple)):
        for key, inner in enumerate(value):
            yield from _leaves(inner, f'{name}/{key}')
    elif isinstance(value, HistoryBuffer):
        yield name, np.stack(value.data)
    elif name.endswith(PATHS) and isinstance(value, str):
        yield name, Path(value).name
    else:
        yield name, value


def _is_uncompared(key: str) -> bool:
    return key.rpartition('/')[2] in UNCOMPARED


def _same(first: Any, second: Any) -> bool:
    if isinstance(first, torch.Tensor):
        return (
            isinstance(second, torch.Tensor)
            and first.dtype == second.dtype
            and torch.equal(first, second)
        )
    if isinstance(first, np.ndarray):
        return np.array_equal(first, second)
    return type(first) is type(second) and first == second
