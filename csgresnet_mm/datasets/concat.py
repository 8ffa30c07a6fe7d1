"""Several data sets as one, or the reason why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmengine.dataset import ConcatDataset as EngineConcatDataset
from mmpretrain.registry import DATASETS

from .reading.names import find_expression

UNKNOWN = 'unknown'
"""The alignment of faces that are not aligned alike."""


@DATASETS.register_module()
class ConcatDataset(EngineConcatDataset):
    """MMEngine's, which joins what goes together and names what does not.

    It takes its place in MMPretrain's scope. Data sets join if they number
    the same expressions alike; the spelling of the first is taken. Faces
    that are aligned differently are joined, too: the alignment is then
    'unknown', and whoever predicts has to choose. All other metainfo must be
    equal, as in MMEngine.

    Args:
        datasets: Configs or data sets, wrapped or not.
        lazy_init: As in MMEngine.
        ignore_keys: Of the metainfo: these are those of the first, whatever
            the others have.

    Raises:
        ValueError: Naming the key, what the data sets have, and what to do.
    """

    def __init__(
        self,
        datasets: Sequence[Any],
        lazy_init: bool = False,
        ignore_keys: str | list[str] | None = None,
    ) -> None:
        self.datasets = [
            DATASETS.build(part) if isinstance(part, dict) else part
            for part in datasets
        ]
        if not self.datasets:
            raise ValueError('datasets=[]; expected one or more to join')
        ignored = (
            [ignore_keys] if isinstance(ignore_keys, str) else ignore_keys
        )
        self.ignore_keys = list(ignored or ())
        self._metainfo = join_metainfo(self.datasets, self.ignore_keys)
        self._fully_initialized = False
        if not lazy_init:
            self.full_init()


def join_metainfo(
    datasets: Sequence[Any], ignored: Sequence[str]
) -> dict[str, Any]:
    """The metainfo of data sets that are to be one.

    Raises:
        ValueError: They do not go together.
    """
    metas = [dataset.metainfo for dataset in datasets]
    joined = dict(metas[0])
    keys = dict.fromkeys(key for meta in metas for key in meta)
    for key in keys:
        if key in ignored or _all_equal(key, metas):
            continue
        if key == 'alignment':
            joined[key] = UNKNOWN
        else:
            shown = '; '.join(
                f'{type(dataset).__name__} ({number}) has {_show(meta, key)}'
                for number, (dataset, meta) in enumerate(
                    zip(datasets, metas, strict=True)
                )
            )
            raise ValueError(
                f'the data sets to join differ in {key!r} of their metainfo: '
                f'{shown}. {_advice(key)}'
            )
    return joined


def _all_equal(key: str, metas: Sequence[Mapping[str, Any]]) -> bool:
    if not all(key in meta for meta in metas):
        return False
    values = [meta[key] for meta in metas]
    if key == 'classes':
        values = [
            [find_expression(str(name)) or name for name in value or ()]
            for value in values
        ]
    return all(np.array_equal(value, values[0]) for value in values[1:])


def _show(meta: Mapping[str, Any], key: str) -> str:
    if key not in meta:
        return 'none'
    value = meta[key]
    if key == 'classes' and value is not None:
        return ', '.join(f'{i} {name}' for i, name in enumerate(value))
    return f'{value!r:.120}'


def _advice(key: str) -> str:
    if key == 'classes':
        return (
            "Give all of them one class_order= ('rafdb', say, or names), and "
            'one number of classes'
        )
    return (
        f'Give all of them the same, or ignore_keys=[{key!r}], which takes '
        'the first'
    )
