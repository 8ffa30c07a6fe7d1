"""Parts of a config that were never on disk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from csgresnet_mm.apis.config_data.file_task import FileTask
from csgresnet_mm.apis.config_data.parts import Part
from csgresnet_mm.datasets import RAFDB
from csgresnet_mm.programs.audit.pictures import CELLS
from csgresnet_mm.programs.audit.scan import Scan


def make_part(
    split: str = 'train',
    counts: Sequence[int] = (3, 2),
    *,
    names: Sequence[str] | None = None,
    **values: Any,
) -> Part:
    """A part with images labelled class by class."""
    labels = [label for label, n in enumerate(counts) for _ in range(n)]
    if names is None:
        names = [f'{split}/face{n}.jpg' for n in range(len(labels))]
    known = dict(
        loaders=(split,),
        name=split,
        kind='SFEW',
        ours=True,
        root='/data',
        split=split,
        source=split,
        split_off=None,
        layout='',
        classes=tuple(f'class {n}' for n in range(len(counts))),
        published=None,
        names=list(names),
        labels=labels,
        groups=[''] * len(labels),
        tasks=[FileTask(name) for name in names],
        said=(),
    )
    return Part(**dict(known, **values))


RAFDB_CLASSES = RAFDB.METAINFO['classes']


def rafdb_part(split: str, counts: Sequence[int], **values: Any) -> Part:
    """A part of RAF-DB with the names of the set."""
    digits = {'train': 5, 'test': 4}[split]
    names = [
        f'/raf/{split}_{number:0{digits}d}_aligned.jpg'
        for number in range(1, sum(counts) + 1)
    ]
    known = dict(
        kind='RAFDB',
        names=names,
        classes=RAFDB_CLASSES,
        published=tuple(RAFDB.PUBLISHED[split]),
    )
    return make_part(split, counts, **dict(known, **values))


def make_scan(parts: Sequence[Part], seed: int = 0, **columns: Any) -> Scan:
    """A scan in which every image is another, and nothing is wrong."""
    sizes = [len(part) for part in parts]
    total = sum(sizes)
    rng = np.random.default_rng(seed)
    known = dict(
        part=np.repeat(np.arange(len(parts)), sizes),
        entry=np.concatenate([np.arange(size) for size in sizes]),
        key=[number.to_bytes(16, 'big') for number in range(total)],
        size=np.full((total, 2), 100),
        grey=np.zeros(total, bool),
        blank=np.zeros(total, bool),
        uniform=np.zeros(total, bool),
        hashes=rng.integers(0, 2**64, (total, 2), dtype=np.uint64),
        cells=rng.integers(0, 256, (total, CELLS, CELLS), dtype=np.uint8),
        unreadable={},
        files={},
    )
    return Scan(**dict(known, **columns))


def leaf(root: object, split: str, **options: Any) -> dict[str, Any]:
    """Settings of a RAFDB."""
    return dict(type='RAFDB', data_root=str(root), split=split, **options)
